//! Who may do what, who learns of it, and who learns nothing.

use crate::support::{World, token};
use release_app::releases::{diagnostics, get, timeline};
use release_app::{AppError, approvals};
use release_domain::access::Permission;
use release_domain::actor::Channel;
use release_domain::approval::Verdict;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::Page;
use release_testkit::fixtures;

#[tokio::test]
async fn a_viewer_who_posts_approve_is_denied_and_the_denial_is_told_in_the_global_chain_alone() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    let before = world.told(id).await;
    let denied = world.approve(&world.vera.caller, id).await.unwrap_err();
    assert_eq!(denied, AppError::Forbidden(Permission::ApprovalDecide));
    assert_eq!(world.told(id).await, before);
    let told = world.newest("access.denied").await;
    assert!(told["release"].is_null());
    assert_eq!(told["actor"]["name"], "vera");
    assert_eq!(told["data"]["permission"], "approval:decide");
    assert_eq!(told["data"]["method"], "POST");
    world.closes().await;
}

#[tokio::test]
async fn every_command_asks_for_its_own_permission() {
    let world = World::new().await;
    let (id, shown) = world.previewed().await;
    let vera = &world.vera.caller;
    let denied = |error: AppError| match error {
        AppError::Forbidden(permission) => permission.as_str(),
        other => panic!("{other:?}"),
    };
    let edit = Default::default();
    assert_eq!(denied(world.edit(vera, id, 2, edit).await.unwrap_err()), "release:edit");
    assert_eq!(denied(world.preview(vera, id).await.unwrap_err()), "release:preview");
    assert_eq!(
        denied(world.submit(vera, id, &shown).await.unwrap_err()),
        "release:submit"
    );
    assert_eq!(
        denied(world.apply(vera, id, &shown).await.unwrap_err()),
        "release:apply"
    );
    assert_eq!(
        denied(world.break_glass(vera, id, &shown).await.unwrap_err()),
        "release:apply"
    );
    assert_eq!(denied(world.cancel(vera, id).await.unwrap_err()), "release:cancel");
    assert_eq!(
        denied(world.rollback_preview(vera, id, None).await.unwrap_err()),
        "release:rollback"
    );
    assert_eq!(
        denied(world.rollback(vera, id, &shown).await.unwrap_err()),
        "release:rollback"
    );
    let made = world.create(vera, &world.target, Default::default()).await.unwrap_err();
    assert_eq!(denied(made), "release:create");
    assert_eq!(world.state(id).await, LifecycleState::Previewed);
    assert_eq!(world.count("access.denied").await, 9);
    world.closes().await;
}

#[tokio::test]
async fn sensitive_reads_are_denied_one_by_one_and_told() {
    let world = World::new().await;
    let id = world.applied().await;
    let (nina, vera) = (&world.nina.caller, &world.vera.caller);
    let page = || Page { limit: 50, after: None };
    let denied = AppError::Forbidden;
    assert_eq!(
        get::get(&world.app, nina, id).await.unwrap_err(),
        denied(Permission::ReleaseRead)
    );
    let events = timeline::timeline(&world.app, nina, id, page()).await;
    assert_eq!(events.unwrap_err(), denied(Permission::TimelineRead));
    let found = diagnostics::diagnostics(&world.app, vera, id).await;
    assert_eq!(found.unwrap_err(), denied(Permission::DiagnosticsRead));
    assert!(timeline::timeline(&world.app, vera, id, page()).await.is_ok());
    let told = world.newest("access.denied").await;
    assert_eq!(told["data"]["release_id"], id.to_string());
    assert_eq!(world.count("access.denied").await, 3);
    world.closes().await;
}

#[tokio::test]
async fn an_unknown_id_is_not_found_to_whoever_sees_everything_and_forbidden_to_everybody_else() {
    let world = World::new().await;
    let unknown = fixtures::id();
    assert_eq!(
        get::get(&world.app, &world.root.caller, unknown).await.unwrap_err(),
        AppError::NotFound
    );
    for who in [&world.ada, &world.vera, &world.nina] {
        let denied = get::get(&world.app, &who.caller, unknown).await.unwrap_err();
        assert_eq!(denied, AppError::Forbidden(Permission::ReleaseRead));
    }
    let ticket = fixtures::id();
    let hash = Some(fixtures::hash("plan"));
    let call = release_app::Call::plain(&world.bob.caller);
    let decided = approvals::decide::decide(&world.app, &call, ticket, Verdict::Approved, hash, None).await;
    assert_eq!(decided.unwrap_err(), AppError::Forbidden(Permission::ApprovalDecide));
    assert_eq!(
        world.cancel(&world.root.caller, unknown).await.unwrap_err(),
        AppError::NotFound
    );
    world.closes().await;
}

#[tokio::test]
async fn a_tokens_scopes_narrow_what_its_owner_may() {
    let world = World::new().await;
    let id = world.draft().await;
    let narrow = world
        .ada
        .with_token(&[Permission::ReleaseRead, Permission::ReleasePreview], Channel::Cli);
    let shown = world.preview(&narrow, id).await.unwrap();
    let denied = world.submit(&narrow, id, &token(&shown)).await.unwrap_err();
    assert_eq!(denied, AppError::Forbidden(Permission::ReleaseSubmit));
    let wide = world.vera.with_token(&[Permission::ReleaseSubmit], Channel::Cli);
    let denied = world.submit(&wide, id, &token(&shown)).await.unwrap_err();
    assert_eq!(
        denied,
        AppError::Forbidden(Permission::ReleaseSubmit),
        "never wider than its owner"
    );
    world.closes().await;
}

#[tokio::test]
async fn whoever_made_it_may_cancel_it_and_others_need_the_permission() {
    let world = World::new().await;
    let own = world.draft().await;
    let others = world.draft_by(&world.robot.caller).await;
    let denied = world.cancel(&world.ada.caller, others).await.unwrap_err();
    assert_eq!(denied, AppError::Forbidden(Permission::ReleaseCancel));
    world.cancel(&world.ada.caller, own).await.unwrap();
    world.cancel(&world.olga.caller, others).await.unwrap();
    assert_eq!(world.state(others).await, LifecycleState::Cancelled);
    world.closes().await;
}

#[tokio::test]
async fn the_previewing_of_anyone_with_the_permission_renews_the_token() {
    let world = World::new().await;
    let (id, _) = world.approved().await;
    let shown = world.preview(&world.olga.caller, id).await.unwrap();
    assert_eq!(shown.lifecycle_state, LifecycleState::Approved);
    world.apply(&world.ada.caller, id, &token(&shown)).await.unwrap();
    world.work().await;
    world.closes().await;
}
