//! Nothing runs that was not shown: every reason of the gate, through the use cases.

use crate::support::{Answer, World, token, variables, web};
use release_app::AppError;
use release_app::Call;
use release_app::releases::{apply, submit};
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{TargetError, Write};
use release_domain::refusal::{PreviewReason, Refusal};

fn reason<T: std::fmt::Debug>(answer: Answer<T>) -> PreviewReason {
    match answer {
        Err(AppError::Refused(Refusal::PreviewRequired(reason))) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_submitted_or_applied() {
    let world = World::new().await;
    let id = world.draft().await;
    let call = Call::plain(&world.ada.caller);
    for token in [None, Some("")] {
        let submitted = submit::submit(&world.app, &call, id, token, None).await;
        assert_eq!(reason(submitted), PreviewReason::Missing);
        let applied = apply::apply(&world.app, &call, id, token, None).await;
        assert_eq!(reason(applied), PreviewReason::Missing);
    }
    assert_eq!(world.state(id).await, LifecycleState::Draft);
    world.closes().await;
}

#[tokio::test]
async fn what_is_no_token_of_this_server_is_malformed() {
    let world = World::new().await;
    let (id, token) = world.previewed().await;
    let ada = &world.ada.caller;
    let forged = token.replace("rpt_0", "rpt_1").replace("rpt_a", "rpt_b");
    let cut = &token[..token.len() - 1];
    for wrong in ["rpt_", "nonsense", cut, &forged] {
        if *wrong != token {
            assert_eq!(
                reason(world.submit(ada, id, wrong).await),
                PreviewReason::Malformed,
                "{wrong}"
            );
        }
    }
    world.closes().await;
}

#[tokio::test]
async fn a_token_expires_by_the_servers_clock() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    world.clock.advance_secs(1_800);
    assert_eq!(
        reason(world.apply(&world.ada.caller, id, &token).await),
        PreviewReason::Expired
    );
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.closes().await;
}

#[tokio::test]
async fn a_token_of_another_release_of_the_other_kind_or_of_an_earlier_draft_is_a_mismatch() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let (_, foreign) = world.previewed().await;
    let (id, own) = world.previewed().await;
    assert_eq!(reason(world.submit(ada, id, &foreign).await), PreviewReason::Mismatch);
    let version = world.release(id).await.version;
    let edit = variables(&[("VERSION", "2.0")]);
    world.edit(ada, id, version, edit).await.unwrap();
    assert_eq!(reason(world.submit(ada, id, &own).await), PreviewReason::Mismatch);

    let applied = world.applied().await;
    let back = world.rollback_preview(
        &world.olga.caller,
        applied,
        Some(release_domain::preview::RollbackTo::Uninstall),
    );
    let back = token(&back.await.unwrap());
    assert_eq!(reason(world.submit(ada, id, &back).await), PreviewReason::Mismatch);
    world.closes().await;
}

#[tokio::test]
async fn a_token_is_a_mismatch_once_the_target_means_another_place() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    let mut target = world.target.clone();
    (target.version, target.context_number) = (2, 2);
    target.compose_project = Some("elsewhere".into());
    world.write(vec![Write::Target(target)]).await;
    assert_eq!(
        reason(world.apply(&world.ada.caller, id, &token).await),
        PreviewReason::Mismatch
    );
    world.closes().await;
}

#[tokio::test]
async fn a_token_is_used_up_by_apply_and_not_by_submit() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    world.revise(&(web("2") + "fail: crash_loop\n")).await;
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    let release = world.release(id).await;
    assert!(release.apply_preview.unwrap().consumed_at.is_some());
    let again = world.apply(&world.ada.caller, id, &token).await.unwrap_err();
    assert!(
        matches!(again, AppError::Refused(Refusal::InvalidTransition { .. })),
        "{again:?}"
    );
    world.closes().await;
}

#[tokio::test]
async fn a_newer_preview_supersedes_the_token_before() {
    let world = World::new().await;
    let (id, old) = world.previewed().await;
    let new = world.token(id).await;
    assert_eq!(
        reason(world.submit(&world.ada.caller, id, &old).await),
        PreviewReason::Superseded
    );
    world.submit(&world.ada.caller, id, &new).await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn a_preview_with_a_failed_check_can_be_read_and_opens_nothing() {
    let world = World::new().await;
    world.revise(&(web("2") + "check: image_not_found\n")).await;
    let id = world.draft().await;
    let shown = world.preview(&world.ada.caller, id).await.unwrap();
    assert_eq!(shown.lifecycle_state, LifecycleState::Previewed);
    assert_eq!(shown.checks.len(), 1);
    let refused = world.submit(&world.ada.caller, id, &token(&shown)).await;
    assert_eq!(reason(refused), PreviewReason::ChecksFailed);
    world.closes().await;
}

#[tokio::test]
async fn what_the_policy_stops_allowing_after_the_preview_is_not_applied() {
    let world = World::new().await;
    world.policy(|p| p.allow.privileged = true).await;
    world.revise(&(web("2") + "service/root: privileged=true\n")).await;
    let (id, token) = world.approved().await;
    world.policy(|p| p.allow.privileged = false).await;
    assert_eq!(
        reason(world.apply(&world.ada.caller, id, &token).await),
        PreviewReason::ChecksFailed
    );
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    assert_eq!(
        world.newest("gate.refused").await["data"]["reason_code"],
        "checks_failed"
    );
    world.closes().await;
}

#[tokio::test]
async fn a_target_that_has_changed_since_is_drift_and_the_state_stays() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let (id, old) = world.approved().await;
    let access = world.access(&world.target);
    world.runtime.change_world(&access, |live| {
        live.insert("service/web", &[("serves", "somebody else's")]);
    });
    assert_eq!(
        reason(world.apply(&world.ada.caller, id, &old).await),
        PreviewReason::LiveStateDrifted
    );
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    assert_eq!(
        world.newest("gate.refused").await["data"]["reason_code"],
        "live_state_drifted"
    );
    world.closes().await;
}

#[tokio::test]
async fn a_target_that_cannot_be_looked_at_answers_for_itself_and_the_state_stays() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    let access = world.access(&world.target);
    world
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("gone".into())));
    let refused = world.apply(&world.ada.caller, id, &token).await.unwrap_err();
    assert!(
        matches!(refused, AppError::Target(TargetError::Unreachable(_))),
        "{refused:?}"
    );
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.closes().await;
}

#[tokio::test]
async fn a_preview_that_cannot_be_made_is_told_and_changes_nothing() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    let before = world.release(id).await;
    let access = world.access(&world.target);
    for (trouble, code) in [
        (TargetError::Unreachable("gone".into()), "target_unreachable"),
        (TargetError::AuthFailed("no".into()), "target_auth_failed"),
        (TargetError::TooOld("1.0".into()), "engine_too_old"),
    ] {
        world.runtime.set_trouble(&access, Some(trouble));
        world.preview(&world.ada.caller, id).await.unwrap_err();
        assert_eq!(world.newest("preview.failed").await["data"]["code"], code);
    }
    assert_eq!(world.release(id).await, before);
    world.closes().await;
}

#[tokio::test]
async fn a_manifest_that_lacks_a_value_is_refused_at_its_variable() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let draft = world.create(ada, &world.target, Default::default()).await.unwrap();
    let refused = world.preview(ada, draft.release.id).await.unwrap_err();
    let AppError::InvalidManifest(problems) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(problems[0].pointer, "/variables/DB_PASSWORD");
    assert_eq!(world.newest("preview.failed").await["data"]["code"], "invalid_manifest");
    assert_eq!(world.state(draft.release.id).await, LifecycleState::Draft);
    world.closes().await;
}

#[tokio::test]
async fn a_refusal_of_a_gate_is_told_and_one_of_the_state_is_not() {
    let world = World::new().await;
    let id = world.applied().await;
    let before = world.told(id).await.len();
    let submitted = world.submit(&world.ada.caller, id, "rpt_x").await.unwrap_err();
    assert!(matches!(
        submitted,
        AppError::Refused(Refusal::InvalidTransition { .. })
    ));
    assert!(world.told_since(id, before).await.is_empty());
    let (other, _) = world.previewed().await;
    let before = world.told(other).await.len();
    reason(world.submit(&world.ada.caller, other, "rpt_x").await);
    assert_eq!(world.told_since(other, before).await, ["gate.refused"]);
    let told = world.newest("gate.refused").await;
    assert_eq!(told["data"]["command"], "submit");
    assert_eq!(told["data"]["code"], "preview_required");
    assert_eq!(told["data"]["reason_code"], "preview_malformed");
    assert_eq!(told["actor"]["name"], "ada");
    world.closes().await;
}
