//! From a draft to what runs, and back.

use crate::support::{World, data_of, token, web, with_secret};
use release_domain::diagnostics::DiagnosticCode;
use release_domain::execution::ExecutionOutcome;
use release_domain::lifecycle::{FailReason, Lifecycle, LifecycleState, StageName};
use release_domain::ports::{CatalogueQueries, ReleaseQueries};
use release_domain::preview::RollbackTo;

#[tokio::test]
async fn a_release_is_drafted_previewed_approved_by_someone_else_applied_and_runs() {
    let world = World::new().await;
    let (ada, bob) = (&world.ada.caller, &world.bob.caller);
    let made = world.create(ada, &world.target, with_secret()).await.unwrap();
    let id = made.release.id;
    assert_eq!(made.release.state(), LifecycleState::Draft);
    let shown = world.preview(ada, id).await.unwrap();
    assert_eq!(shown.lifecycle_state, LifecycleState::Previewed);
    assert_eq!((shown.plan.summary.create, shown.approval.required), (3, 1));
    let submitted = world.submit(ada, id, &token(&shown)).await.unwrap();
    assert_eq!(submitted.release.state(), LifecycleState::PendingApproval);
    let ticket = submitted.release.ticket.expect("a ticket");
    assert_eq!(ticket.plan_hash, shown.preview.plan_hash);
    let decided = world.approve(bob, id).await.unwrap();
    assert_eq!((decided.received, decided.required), (1, 1));
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    let applying = world.apply(ada, id, &token(&shown)).await.unwrap();
    assert_eq!(applying.release.state(), LifecycleState::Applying);
    assert_eq!(applying.release.stage.name, StageName::Queued);
    assert_eq!(applying.release.stage.objects_total, 3);
    assert_eq!(world.serves(), None);
    world.work().await;

    let release = world.release(id).await;
    assert_eq!(release.state(), LifecycleState::Applied);
    assert!(release.is_current);
    assert_eq!(release.applied_at, release.apply_ended_at);
    assert_eq!(release.executions[0].outcome, Some(ExecutionOutcome::Succeeded));
    assert_eq!((release.stage.name, release.stage.objects_done), (StageName::Done, 3));
    assert_eq!(world.serves().as_deref(), Some("1"));
    let calls = world.runtime.calls();
    assert_eq!(
        (calls.previews, calls.plans),
        (1, 3),
        "apply and the last look before it compare"
    );
    assert_eq!(
        world.told(id).await,
        [
            "release.created",
            "preview.issued",
            "approval.requested",
            "approval.decided",
            "approval.granted",
            "apply.requested",
            "apply.started",
            "stage.changed",
            "stage.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "stage.changed",
            "apply.succeeded",
        ]
    );
    world.closes().await;
}

#[tokio::test]
async fn the_objects_of_a_running_release_are_listed_from_the_start_and_counted() {
    let world = World::new().await;
    let id = world.applied().await;
    let execution = world.release(id).await.executions[0].id;
    let rows = world.store.object_states(execution).await.unwrap();
    let keys: Vec<_> = rows.iter().map(|r| (r.key.as_str(), r.status.as_str())).collect();
    assert_eq!(
        keys,
        [
            ("network/front", "healthy"),
            ("service/web", "healthy"),
            ("volume/data", "healthy")
        ]
    );
    let stages = data_of(&world.timeline(id).await, "stage.changed");
    let counted: Vec<_> = stages
        .iter()
        .map(|d| {
            (
                d["stage"].as_str().unwrap().to_owned(),
                d["objects_done"].clone(),
                d["objects_total"].clone(),
            )
        })
        .collect();
    assert_eq!(
        counted,
        [
            ("validating".to_owned(), 0.into(), 3.into()),
            ("applying".to_owned(), 0.into(), 3.into()),
            ("waiting_healthy".to_owned(), 3.into(), 3.into()),
        ]
    );
    world.closes().await;
}

#[tokio::test]
async fn a_broken_revision_fails_with_its_cause_and_the_release_before_goes_on() {
    let world = World::new().await;
    let first = world.applied().await;
    world.revise(&(web("2") + "fail: crash_loop\n")).await;
    let id = world.applied().await;
    let release = world.release(id).await;
    let reason = FailReason::Diagnosed(DiagnosticCode::CrashLoop);
    assert_eq!(release.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(release.lifecycle.reason_code(), Some("crash_loop"));
    assert_eq!(
        release.stage.name,
        StageName::Applying,
        "it keeps the stage it failed in"
    );
    assert!(!release.is_current);
    assert!(world.release(first).await.is_current);
    let diagnostics = world.store.diagnostics(id).await.unwrap();
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].finding.code, DiagnosticCode::CrashLoop);
    assert_eq!(diagnostics[0].stage, StageName::Applying);
    let told = world.told(id).await;
    assert!(
        told.ends_with(&["diagnostics.recorded".into(), "apply.failed".into()]),
        "{told:?}"
    );
    let failed = world.newest("apply.failed").await;
    assert_eq!(failed["data"]["reason_code"], "crash_loop");
    assert_eq!(failed["data"]["diagnostics"][0]["id"], diagnostics[0].id.to_string());
    let recorded = world.newest("diagnostics.recorded").await;
    assert_eq!(
        recorded["release"]["lifecycle_state"], "applying",
        "it had not failed yet"
    );
    world.closes().await;
}

#[tokio::test]
async fn a_failed_release_is_rolled_back_to_the_one_before_and_the_service_is_held() {
    let world = World::new().await;
    let first = world.applied().await;
    world.revise(&(web("2") + "fail: crash_loop\n")).await;
    let id = world.applied().await;
    let shown = world.rollback_preview(&world.olga.caller, id, None).await.unwrap();
    assert_eq!(shown.to, Some(RollbackTo::Release(first)));
    assert_eq!(shown.approval.required, 0, "its own approval covers it");
    let answer = world.rollback(&world.olga.caller, id, &token(&shown)).await.unwrap();
    assert_eq!(answer.release.state(), LifecycleState::Rollback);
    world.work().await;

    let release = world.release(id).await;
    assert_eq!(release.state(), LifecycleState::RolledBack);
    assert_eq!(release.rolled_back_to, Some(RollbackTo::Release(first)));
    assert_eq!(release.stage.name, StageName::Done);
    assert!(world.release(first).await.is_current);
    assert_eq!(world.serves().as_deref(), Some("1"));
    let holds = world.store.holds(world.target.id).await.unwrap();
    assert_eq!((holds.len(), holds[0].release), (1, id));
    let told = world.told(id).await;
    assert!(
        told.ends_with(&["rollback.succeeded".into(), "hold.set".into()]),
        "{told:?}"
    );
    world.closes().await;
}

#[tokio::test]
async fn rolling_back_what_was_applied_well_brings_back_the_one_before() {
    let world = World::new().await;
    let first = world.applied().await;
    world.revise(&(web("2") + "service/extra: image=extra\n")).await;
    let second = world.applied().await;
    assert_eq!(world.serves().as_deref(), Some("2"));
    let token = world.rollback_token(second, None).await;
    world.rollback(&world.olga.caller, second, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(second).await, LifecycleState::RolledBack);
    assert!(world.release(first).await.is_current);
    assert!(!world.release(second).await.is_current);
    assert_eq!(world.serves().as_deref(), Some("1"));
    let live = world.runtime.world(&world.access(&world.target));
    assert!(!live.objects.contains_key("service/extra"), "what it added is pruned");
    world.closes().await;
}

#[tokio::test]
async fn a_plan_without_changes_passes_the_same_gates_and_ends_applied() {
    let world = World::new().await;
    world.applied().await;
    let writes = world.runtime.calls().writes;
    let id = world.applied().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    assert!(world.release(id).await.is_current);
    assert_eq!(world.runtime.calls().writes, writes, "nothing is written");
    assert_eq!(
        world.told(id).await.iter().filter(|t| *t == "resource.changed").count(),
        0
    );
    assert_eq!(
        world.told(id).await.iter().filter(|t| *t == "approval.decided").count(),
        1
    );
    world.closes().await;
}

#[tokio::test]
async fn where_no_approval_is_asked_apply_follows_submit_with_the_same_token() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let id = world
        .create(ada, &world.sandbox, with_secret())
        .await
        .unwrap()
        .release
        .id;
    let token = world.token(id).await;
    let submitted = world.submit(ada, id, &token).await.unwrap();
    assert_eq!(submitted.release.state(), LifecycleState::Approved);
    assert_eq!(submitted.approval.status.as_str(), "not_required");
    world.apply(ada, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    assert_eq!(world.told(id).await[2], "approval.not_required");
    world.closes().await;
}

#[tokio::test]
async fn uninstalling_leaves_nothing_current() {
    let world = World::new().await;
    let id = world.applied().await;
    let token = world.rollback_token(id, Some(RollbackTo::Uninstall)).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    let release = world.release(id).await;
    assert_eq!(release.state(), LifecycleState::RolledBack);
    assert_eq!(release.rolled_back_to, Some(RollbackTo::Uninstall));
    assert!(world.store.current_on(world.target.id).await.unwrap().is_empty());
    let live = world.runtime.world(&world.access(&world.target));
    assert_eq!(
        live.objects.into_keys().collect::<Vec<_>>(),
        ["volume/data"],
        "data is kept"
    );
    world.closes().await;
}
