//! How an execution begins and ends: healthy, failed, cancelled, followed by an automatic rollback.

use crate::world::{
    World, agent_of, approver, before, development, exited, hash, person, production, refusal, rolled_back, system,
    told,
};
use release_domain::decide::{Command, Decision, Effect, wants_auto_rollback};
use release_domain::diagnostics::DiagnosticCode;
use release_domain::event::{DiagnosticRef, EventData};
use release_domain::execution::{ExecutionKind, ExecutionOutcome};
use release_domain::ids::{DiagnosticId, ExecutionId, ReleaseId};
use release_domain::lifecycle::{FailReason, Lifecycle, LifecycleState, StageName};
use release_domain::preview::{Preview, PreviewKind, RollbackTo};
use release_domain::refusal::Refusal;
use uuid::Uuid;

fn with_auto_rollback() -> World {
    let mut w = production();
    w.policy.auto_rollback = true;
    w.applying()
}

fn fails_with(w: &mut World, rollback: Option<Preview>) -> Decision {
    let command = Command::ExecutionFailed {
        execution: w.execution(),
        reason: exited(),
        diagnostics: Vec::new(),
        auto_rollback: rollback.map(Box::new),
    };
    w.run(&system(), command).expect("ended")
}

#[test]
fn apply_queues_one_durable_job_of_the_plan_that_was_shown() {
    let mut w = production().approved();
    let decision = w.apply(&person("ada")).expect("applying");
    let [Effect::Start(job)] = decision.effects.as_slice() else {
        panic!("one job")
    };
    assert_eq!(
        (job.kind, job.plan_hash, job.wrote),
        (ExecutionKind::Apply, hash("plan"), false)
    );
    assert_eq!(Some(job.preview_id), w.release.apply_preview.as_ref().map(|p| p.id));
    assert_eq!(w.release.stage.name, StageName::Queued);
    assert_eq!(w.release.returns_to, Some(before()));
}

#[test]
fn what_is_confirmed_by_whom_stands_on_the_request() {
    let confirmed = |w: &World| match &w.events.last().expect("told").data {
        EventData::ApplyRequested {
            confirmed_by,
            plan_hash,
            ..
        } => (confirmed_by.name.clone(), *plan_hash),
        other => panic!("{other:?}"),
    };
    let mut w = production().approved();
    w.apply(&person("otto")).expect("applying");
    assert_eq!(confirmed(&w), ("otto".into(), hash("plan")));
    let mut w = production().approved();
    w.apply(&agent_of("otto")).expect("applying");
    assert_eq!(
        confirmed(&w),
        ("otto".into(), hash("plan")),
        "the person the agent acts for"
    );
}

#[test]
fn an_execution_that_ends_well_makes_the_release_current() {
    let w = production().applied();
    assert_eq!((w.state(), w.current), (LifecycleState::Applied, Some(w.release.id)));
    assert!(w.release.is_current);
    assert_eq!(
        (w.release.applied_at, w.release.apply_ended_at),
        (Some(w.now), Some(w.now))
    );
    assert_eq!(w.release.stage.name, StageName::Done);
    assert_eq!(w.release.executions[0].outcome, Some(ExecutionOutcome::Succeeded));
}

#[test]
fn a_failed_execution_keeps_its_stage_and_tells_its_cause() {
    let mut w = production().applying();
    w.release.stage.name = StageName::WaitingHealthy;
    let cause = DiagnosticRef {
        id: DiagnosticId(Uuid::from_u128(1)),
        code: DiagnosticCode::Exited,
        summary: "web exited with 1".into(),
    };
    let command = Command::ExecutionFailed {
        execution: w.execution(),
        reason: exited(),
        diagnostics: vec![cause.clone()],
        auto_rollback: None,
    };
    let decision = w.run(&system(), command).expect("failed");
    assert_eq!(w.release.lifecycle.reason_code(), Some("exited"));
    assert_eq!(w.release.stage.name, StageName::WaitingHealthy);
    let EventData::ApplyFailed(failed) = &decision.events[0].data else {
        panic!("apply.failed")
    };
    assert_eq!(
        (failed.reason_code.as_str(), failed.diagnostics.as_slice()),
        ("exited", [cause].as_slice())
    );
    assert_eq!(w.release.executions[0].outcome, Some(ExecutionOutcome::Failed));
}

#[test]
fn what_the_execution_finds_before_its_first_write_is_the_reason() {
    for (reason, word) in [
        (FailReason::PreviewExpired, "preview_expired"),
        (FailReason::LiveStateDrifted, "live_state_drifted"),
        (
            FailReason::Diagnosed(DiagnosticCode::TargetUnreachable),
            "target_unreachable",
        ),
    ] {
        let mut w = production().applying();
        w.fail(reason).expect("failed");
        assert_eq!(w.release.lifecycle.reason_code(), Some(word));
    }
}

#[test]
fn only_the_execution_that_runs_can_end() {
    let mut w = production().applying();
    let execution = ExecutionId(Uuid::from_u128(0xbad));
    let state = ("invalid_transition", "");
    assert_eq!(
        refusal(w.run(&system(), Command::ExecutionSucceeded { execution })),
        state
    );
    assert_eq!(
        refusal(w.run(&system(), crate::world::failed(execution, exited()))),
        state
    );
    w.succeed().expect("applied");
    assert_eq!(refusal(w.succeed()), state, "nor end twice");
}

#[test]
fn cancel_while_applying_waits_until_the_execution_has_stopped() {
    let mut w = production().applying();
    let decision = w.cancel(&person("ada")).expect("asked to stop");
    assert_eq!(told(&decision), ["cancel.requested"]);
    assert_eq!(decision.effects, [Effect::StopExecution(w.execution())]);
    assert!(matches!(
        w.release.lifecycle,
        Lifecycle::Applying {
            cancel_requested: true,
            ..
        }
    ));
    w.fail(FailReason::CancelledByUser).expect("stopped");
    assert_eq!(w.release.lifecycle.reason_code(), Some("cancelled_by_user"));
}

#[test]
fn a_cancel_that_was_accepted_holds_however_the_execution_ends() {
    let mut finished = production().applying();
    finished.cancel(&person("ada")).expect("asked to stop");
    let decision = finished.succeed().expect("ended");
    assert_eq!(told(&decision), ["apply.failed"]);
    assert_eq!(finished.release.lifecycle.reason_code(), Some("cancelled_by_user"));
    assert_eq!(finished.current, Some(before()), "what was current stays so");
    let mut broke = production().applying();
    broke.cancel(&person("ada")).expect("asked to stop");
    broke.fail(exited()).expect("ended");
    assert_eq!(broke.release.lifecycle.reason_code(), Some("cancelled_by_user"));
}

#[test]
fn before_anything_runs_cancel_withdraws_the_ticket_and_ends_the_release() {
    let mut draft = production();
    let mut previewed = production();
    previewed.preview(&person("ada")).expect("previewed");
    for w in [
        &mut draft,
        &mut previewed,
        &mut production().submitted(),
        &mut production().approved(),
    ] {
        w.cancel(&person("ada")).expect("cancelled");
        assert_eq!(w.state(), LifecycleState::Cancelled);
        let open = w.release.ticket.as_ref().is_some_and(|t| t.is_open());
        assert!(!open, "no ticket stays open");
    }
}

#[test]
fn a_failed_apply_goes_back_by_itself_where_the_policy_says_so() {
    let mut w = with_auto_rollback();
    let preview = w.made(PreviewKind::Rollback);
    let decision = fails_with(&mut w, Some(preview));
    assert_eq!(told(&decision), ["apply.failed", "rollback.requested"]);
    assert_eq!(w.state(), LifecycleState::Rollback);
    let Some(Effect::Start(job)) = decision.effects.last() else {
        panic!("a job")
    };
    assert_eq!(job.kind, ExecutionKind::Rollback);
    assert!(decision.events.iter().all(|e| e.actor.name == "system"));
    w.succeed().expect("rolled back");
    assert_eq!((w.state(), w.current), (LifecycleState::RolledBack, Some(before())));
}

#[test]
fn no_ticket_and_no_window_holds_an_automatic_rollback_back() {
    let mut w = with_auto_rollback();
    w.policy.rollback_approval = release_domain::policy::RollbackApproval::Required;
    w.freezes = vec![release_domain::freeze::FreezeInForce {
        name: "moratorium".into(),
        scope: "everything".into(),
        until: None,
        covers_rollback: true,
    }];
    let preview = w.made(PreviewKind::Rollback);
    fails_with(&mut w, Some(preview));
    assert_eq!(w.state(), LifecycleState::Rollback);
}

#[test]
fn an_automatic_rollback_is_wanted_only_after_a_write_with_somewhere_to_return_to() {
    let w = with_auto_rollback();
    assert!(wants_auto_rollback(&w.release, &w.policy, true));
    assert!(
        !wants_auto_rollback(&w.release, &w.policy, false),
        "nothing was written"
    );
    let mut off = w.policy.clone();
    off.auto_rollback = false;
    assert!(!wants_auto_rollback(&w.release, &off, true), "the policy says no");
    let mut first = development();
    first.current = None;
    first.policy.auto_rollback = true;
    first = first.applying();
    assert!(
        !wants_auto_rollback(&first.release, &first.policy, true),
        "nothing to return to"
    );
}

#[test]
fn a_worker_cannot_roll_back_where_the_policy_does_not_say_so() {
    let mut w = production().applying();
    let preview = w.made(PreviewKind::Rollback);
    assert_eq!(told(&fails_with(&mut w, Some(preview))), ["apply.failed"]);
    assert_eq!(w.state(), LifecycleState::Failed);
}

#[test]
fn an_automatic_rollback_goes_nowhere_but_to_what_was_current() {
    let elsewhere = RollbackTo::Release(ReleaseId(Uuid::from_u128(0xee)));
    type Spoil = fn(&mut Preview, RollbackTo);
    let spoils: [Spoil; 4] = [
        |p, to| p.to = Some(to),
        |p, _| p.to = Some(RollbackTo::Uninstall),
        |p, _| p.kind = PreviewKind::Apply,
        |p, _| p.checks_failed = true,
    ];
    for spoil in spoils {
        let mut w = with_auto_rollback();
        let mut preview = w.made(PreviewKind::Rollback);
        spoil(&mut preview, elsewhere);
        fails_with(&mut w, Some(preview));
        assert_eq!(w.state(), LifecycleState::Failed);
    }
}

#[test]
fn nobody_but_the_system_claims_a_rollback_to_be_automatic() {
    let claimed = Command::Rollback {
        reason: "it is broken".into(),
        automatic: true,
    };
    let mut w = production().failed();
    w.policy.rollback_pass_secs = 0;
    w.rollback_preview(&person("otto")).expect("previewed");
    let asked = w
        .clone()
        .run(&person("otto"), claimed.clone())
        .expect("recorded")
        .refused;
    assert!(
        matches!(asked, Some(Refusal::ApprovalRequired { .. })),
        "a person takes a ticket"
    );
    let asked = w.clone().run(&system(), claimed.clone()).expect("recorded").refused;
    assert!(asked.is_some(), "so does the system where the policy does not say so");
    w.policy.auto_rollback = true;
    w.clone().run(&system(), claimed.clone()).expect("rollback");
    w.plan = hash("what is there now");
    assert_eq!(
        refusal(w.run(&person("otto"), rolled_back())).0,
        "not refused",
        "still a ticket first"
    );
    let mut applied = production().applied();
    applied.policy.auto_rollback = true;
    applied.policy.rollback_pass_secs = 0;
    applied.rollback_preview(&person("otto")).expect("previewed");
    let asked = applied.run(&system(), claimed).expect("recorded").refused;
    assert!(asked.is_some(), "nor does the system roll back what works");
}

#[test]
fn an_unanswered_review_does_not_keep_a_release_from_ending() {
    let mut w = production().submitted();
    w.policy.break_glass_roles = vec![release_domain::access::RoleKey("on-call".into())];
    w.break_glass(&person("eve").with_roles(&["on-call"]))
        .expect("applying");
    w.succeed().expect("applied");
    let review = crate::world::given(w.release.review.as_ref().expect("a review"));
    w.run(&approver("bob"), Command::Approve(review))
        .expect("reviewed later");
    assert_eq!(w.state(), LifecycleState::Applied);
}
