//! What may happen while a release runs: cancels, deadlines, targets that go away, previews that no longer hold.

use crate::support::{Company, TestPace, World, data_of, token, web, worker};
use release_app::worker::{self, Tick};
use release_domain::diagnostics::DiagnosticCode;
use release_domain::lifecycle::{FailReason, Lifecycle, LifecycleState, StageName};
use release_domain::ports::{ReleaseQueries, TargetError};
use release_domain::preview::RollbackTo;
use release_testkit::runtime::fake::Hold;
use tokio::task::JoinHandle;

/// A worker on a clock that the test moves, at the hold before the first write.
async fn held(company: &Company, hold: &Hold) -> JoinHandle<Tick> {
    let _ = hold;
    let running = started(company);
    for _ in 0..10_000 {
        let jobs = company.store.running();
        if let Some((_, release)) = jobs.first()
            && company.release(*release).await.stage.name == StageName::Applying
        {
            return running;
        }
        tokio::task::yield_now().await;
    }
    panic!("the worker never gets to its first write");
}

fn started(company: &Company) -> JoinHandle<Tick> {
    let company = company.clone();
    tokio::spawn(async move {
        let pace = TestPace::stepwise(&company.clock);
        worker::tick(&company.app, &worker("worker-1"), &pace).await.unwrap()
    })
}

/// Time passes, half a second at a time, until the worker is done.
async fn ends(company: &Company, running: JoinHandle<Tick>, secs: i64) {
    for _ in 0..secs * 2 {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        if running.is_finished() {
            running.await.unwrap();
            return;
        }
        company.clock.advance_millis(500);
    }
    panic!("it still runs after {secs} s");
}

#[tokio::test]
async fn a_running_apply_is_cancelled_within_two_seconds_and_ends_as_if_it_had_failed() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applying().await;
    let hold = world.runtime.hold_applies();
    let running = held(&world, &hold).await;
    let answer = world.cancel(&world.ada.caller, id).await.unwrap();
    assert_eq!(answer.release.state(), LifecycleState::Applying, "until it has stopped");
    ends(&world, running, 2).await;
    let reason = FailReason::CancelledByUser;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(world.serves().as_deref(), Some("1"));
    let diagnostics = world.store.diagnostics(id).await.unwrap();
    assert_eq!(diagnostics[0].finding.code, DiagnosticCode::Cancelled);
    drop(hold);
    world.closes().await;
}

#[tokio::test]
async fn a_queued_apply_that_is_cancelled_writes_nothing() {
    let world = World::new().await;
    let id = world.applying().await;
    world.cancel(&world.ada.caller, id).await.unwrap();
    world.work().await;
    let reason = FailReason::CancelledByUser;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(world.runtime.calls().writes, 0);
    world.closes().await;
}

#[tokio::test]
async fn a_cancel_that_was_accepted_holds_although_everything_was_healthy_by_then() {
    let world = World::new().await;
    let id = world.applying().await;
    let hold = world.runtime.hold_applies();
    let running = held(&world, &hold).await;
    world.cancel(&world.ada.caller, id).await.unwrap();
    // It is let go before its worker has looked: it runs to a healthy end.
    hold.release();
    ends(&world, running, 2).await;
    assert_eq!(world.serves().as_deref(), Some("1"));
    let release = world.release(id).await;
    let reason = FailReason::CancelledByUser;
    assert_eq!(release.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(release.executions[0].outcome.map(|o| o.as_str()), Some("failed"));
    let diagnostics = world.store.diagnostics(id).await.unwrap();
    assert_eq!(diagnostics[0].finding.code, DiagnosticCode::Cancelled);
    world.closes().await;
}

#[tokio::test]
async fn a_rollback_cannot_be_cancelled() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applied().await;
    let token = world.rollback_token(id, None).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    let refused = world.cancel(&world.olga.caller, id).await.unwrap_err();
    assert_eq!(refused.to_string(), "a release that is rollback takes no `cancel`");
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    world.closes().await;
}

#[tokio::test]
async fn a_release_that_never_gets_healthy_fails_at_its_deadline() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&(web("2") + "fail: hang\n")).await;
    let before = world.clock.peek();
    let id = world.applied().await;
    let release = world.release(id).await;
    let reason = FailReason::Diagnosed(DiagnosticCode::ProgressDeadlineExceeded);
    assert_eq!(release.lifecycle, Lifecycle::Failed { reason });
    let silent = world.clock.peek().secs_since(before);
    assert!((600..605).contains(&silent), "after {silent} s");
    world.closes().await;
}

#[tokio::test]
async fn an_apply_that_fails_goes_back_by_itself_where_the_policy_says_so() {
    let world = World::new().await;
    world.policy(|p| p.auto_rollback = true).await;
    let first = world.applied().await;
    world.revise(&(web("2") + "network/extra: \nfail: crash_loop\n")).await;
    let id = world.applying().await;
    assert_eq!(world.tick().await, Tick::Ran);
    assert_eq!(world.state(id).await, LifecycleState::Rollback);
    let told = world.told(id).await;
    let end = ["diagnostics.recorded", "apply.failed", "rollback.requested"].map(String::from);
    assert!(told.ends_with(&end), "{told:?}");
    let requested = world.newest("rollback.requested").await;
    assert_eq!(requested["actor"]["kind"], "system");
    world.work().await;
    let release = world.release(id).await;
    assert_eq!(release.state(), LifecycleState::RolledBack);
    assert_eq!(release.rolled_back_to, Some(RollbackTo::Release(first)));
    assert!(world.release(first).await.is_current);
    let live = world.runtime.world(&world.access(&world.target));
    assert!(!live.objects.contains_key("network/extra"));
    world.closes().await;
}

#[tokio::test]
async fn nothing_goes_back_by_itself_when_nothing_was_written_or_nothing_was_there() {
    let world = World::new().await;
    world.policy(|p| p.auto_rollback = true).await;
    world.revise(&(web("2") + "fail: crash_loop\n")).await;
    let first = world.applied().await;
    assert_eq!(world.state(first).await, LifecycleState::Failed, "nothing to return to");
    world.revise(&web("3")).await;
    world.applied().await;
    let id = world.applying().await;
    world.cancel(&world.ada.caller, id).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Failed, "nothing was written");
    assert_eq!(world.count("rollback.requested").await, 0);
    world.closes().await;
}

#[tokio::test]
async fn an_automatic_rollback_whose_plan_has_a_failed_check_is_not_run() {
    let world = World::new().await;
    world
        .policy(|p| {
            p.auto_rollback = true;
            p.allow.privileged = true;
        })
        .await;
    world.revise(&(web("1") + "service/root: privileged=true\n")).await;
    world.applied().await;
    world.revise(&(web("2") + "network/extra:\nfail: crash_loop\n")).await;
    let id = world.applying().await;
    world.policy(|p| p.allow.privileged = false).await;
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Failed);
    world.closes().await;
}

#[tokio::test]
async fn an_apply_whose_preview_expires_in_the_queue_writes_nothing_and_says_so() {
    let world = World::new().await;
    let id = world.applying().await;
    world.clock.advance_secs(1_801);
    world.work().await;
    let reason = FailReason::PreviewExpired;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(world.runtime.calls().writes, 0);
    assert!(world.store.diagnostics(id).await.unwrap().is_empty());
    let failed = world.newest("apply.failed").await;
    assert_eq!(failed["data"]["reason_code"], "preview_expired");
    world.closes().await;
}

#[tokio::test]
async fn an_apply_whose_target_drifts_in_the_queue_writes_nothing_and_says_so() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applying().await;
    let writes = world.runtime.calls().writes;
    world.runtime.change_world(&world.access(&world.target), |live| {
        live.insert("service/web", &[("serves", "somebody else's")]);
    });
    world.work().await;
    let reason = FailReason::LiveStateDrifted;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(world.runtime.calls().writes, writes);
    world.closes().await;
}

#[tokio::test]
async fn an_apply_whose_preview_expires_while_its_target_is_away_writes_nothing() {
    let world = World::new().await;
    world.policy(|p| p.preview_ttl_secs = 30).await;
    let id = world.applying().await;
    let access = world.access(&world.target);
    world
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("gone".into())));
    let running = started(&world);
    for _ in 0..70 {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        world.clock.advance_millis(500);
    }
    world.runtime.set_trouble(&access, None);
    ends(&world, running, 5).await;
    let reason = FailReason::PreviewExpired;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    assert_eq!(world.runtime.calls().writes, 0);
    world.closes().await;
}

#[tokio::test]
async fn a_target_that_is_back_before_the_deadline_goes_on() {
    let world = World::new().await;
    let id = world.applying().await;
    let access = world.access(&world.target);
    world
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("gone".into())));
    let running = started(&world);
    for _ in 0..200 {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        world.clock.advance_millis(500);
    }
    assert_eq!(world.state(id).await, LifecycleState::Applying);
    world.runtime.set_trouble(&access, None);
    ends(&world, running, 5).await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test]
async fn a_target_that_stays_away_ends_the_release_at_the_deadline() {
    let world = World::new().await;
    let id = world.applying().await;
    let access = world.access(&world.target);
    world
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("gone".into())));
    world.work().await;
    let reason = FailReason::Diagnosed(DiagnosticCode::TargetUnreachable);
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    world.closes().await;
}

#[tokio::test]
async fn a_target_that_refuses_the_credentials_ends_the_release_at_once() {
    let world = World::new().await;
    let id = world.applying().await;
    let access = world.access(&world.target);
    let before = world.clock.peek();
    world
        .runtime
        .set_trouble(&access, Some(TargetError::AuthFailed("no".into())));
    world.work().await;
    let reason = FailReason::Diagnosed(DiagnosticCode::TargetAuthFailed);
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Failed { reason });
    assert!(world.clock.peek().secs_since(before) < 5);
    world.closes().await;
}

#[tokio::test]
async fn a_rollback_that_fails_leaves_the_release_failed() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applied().await;
    let shown = world.rollback_preview(&world.olga.caller, id, None).await.unwrap();
    world.rollback(&world.olga.caller, id, &token(&shown)).await.unwrap();
    let access = world.access(&world.target);
    world
        .runtime
        .set_trouble(&access, Some(TargetError::AuthFailed("no".into())));
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Failed);
    assert!(
        world.release(id).await.is_current,
        "a failed rollback does not change it"
    );
    assert_eq!(data_of(&world.timeline(id).await, "rollback.failed").len(), 1);
    world.runtime.set_trouble(&access, None);
    let token = world.rollback_token(id, None).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    world.closes().await;
}
