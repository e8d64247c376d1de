//! Which events a command tells, in which order, and the state each of them tells of.

use crate::world::{World, agent_of, approver, development, hash, person, production, system, told};
use LifecycleState as S;
use release_domain::actor::Channel;
use release_domain::decide::{Command, Decision, refused_event};
use release_domain::event::EventData;
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::RollbackApproval;
use release_domain::preview::PreviewKind;
use release_domain::refusal::{CommandName, Refusal};

/// Each event with the state it says the release is in after it.
fn steps(decision: &Decision) -> Vec<(&'static str, S)> {
    let state = |e: &release_domain::event::EventDraft| e.release.as_ref().expect("of a release").lifecycle_state;
    decision
        .events
        .iter()
        .map(|e| (e.data.event_type(), state(e)))
        .collect()
}

#[test]
fn every_event_tells_the_state_after_it() {
    let mut w = production();
    let previewed = w.preview(&person("ada")).expect("previewed");
    assert_eq!(steps(&previewed), [("preview.issued", S::Previewed)]);
    let submitted = w.submit(&person("ada")).expect("submitted");
    assert_eq!(steps(&submitted), [("approval.requested", S::PendingApproval)]);
    let approved = w.approve(&approver("bob")).expect("approved");
    assert_eq!(
        steps(&approved),
        [
            ("approval.decided", S::PendingApproval),
            ("approval.granted", S::Approved)
        ]
    );
    let applying = w.apply(&person("ada")).expect("applying");
    assert_eq!(steps(&applying), [("apply.requested", S::Applying)]);
    let applied = w.succeed().expect("applied");
    assert_eq!(steps(&applied), [("apply.succeeded", S::Applied)]);
    w.rollback_preview(&person("ada")).expect("previewed");
    let rollback = w.rollback(&person("ada")).expect("rollback");
    assert_eq!(steps(&rollback), [("rollback.requested", S::Rollback)]);
    let back = w.succeed().expect("rolled back");
    assert_eq!(
        steps(&back),
        [("rollback.succeeded", S::RolledBack), ("hold.set", S::RolledBack)]
    );
}

#[test]
fn all_events_of_one_command_carry_the_version_it_saves() {
    let mut w = production().submitted();
    let before = w.release.version;
    let decision = w.approve(&approver("bob")).expect("approved");
    let versions: Vec<_> = decision
        .events
        .iter()
        .filter_map(|e| e.release.as_ref())
        .map(|r| r.version)
        .collect();
    assert_eq!(versions, [before + 1, before + 1]);
    assert_eq!(decision.release.version, before + 1);
}

#[test]
fn a_granted_approval_is_decided_first() {
    let mut w = production().submitted();
    let decision = w.approve(&approver("bob")).expect("approved");
    assert_eq!(told(&decision), ["approval.decided", "approval.granted"]);
}

#[test]
fn an_approval_short_of_the_quorum_is_decided_and_grants_nothing() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    let decision = w.approve(&approver("bob")).expect("approved");
    assert_eq!(steps(&decision), [("approval.decided", S::PendingApproval)]);
}

#[test]
fn a_rejection_is_decided_first() {
    let mut w = production().submitted();
    let decision = w.reject(&approver("bob")).expect("rejected");
    assert_eq!(
        steps(&decision),
        [
            ("approval.decided", S::PendingApproval),
            ("approval.rejected", S::Rejected)
        ]
    );
}

#[test]
fn a_preview_of_another_plan_is_issued_before_the_approval_is_voided() {
    let mut w = production().approved();
    w.plan = hash("another plan");
    let decision = w.preview(&person("ada")).expect("previewed");
    assert_eq!(
        steps(&decision),
        [("preview.issued", S::Previewed), ("approval.voided", S::Previewed)]
    );
}

#[test]
fn broken_glass_is_told_before_the_apply_and_the_review_last() {
    let mut w = production().submitted();
    w.policy.break_glass_roles = vec![release_domain::access::RoleKey("on-call".into())];
    let decision = w
        .break_glass(&person("eve").with_roles(&["on-call"]))
        .expect("applying");
    assert_eq!(
        steps(&decision),
        [
            ("approval.withdrawn", S::PendingApproval),
            ("break_glass.used", S::PendingApproval),
            ("apply.requested", S::Applying),
            ("approval.requested", S::Applying),
        ]
    );
}

#[test]
fn an_automatic_rollback_is_requested_after_the_failure() {
    let mut w = production();
    w.policy.auto_rollback = true;
    w = w.applying();
    let preview = w.made(PreviewKind::Rollback);
    let command = Command::ExecutionFailed {
        execution: w.execution(),
        reason: crate::world::exited(),
        diagnostics: Vec::new(),
        auto_rollback: Some(Box::new(preview)),
    };
    let decision = w.run(&system(), command).expect("rollback");
    assert_eq!(
        steps(&decision),
        [("apply.failed", S::Failed), ("rollback.requested", S::Rollback)]
    );
}

#[test]
fn a_rollback_that_needs_a_ticket_is_refused_before_the_ticket_is_asked_for() {
    let mut w = production();
    w.policy.rollback_approval = RollbackApproval::Required;
    w = w.applied();
    w.rollback_preview(&person("ada")).expect("previewed");
    let decision = w.rollback(&person("ada")).expect("recorded");
    assert_eq!(
        steps(&decision),
        [("gate.refused", S::Applied), ("approval.requested", S::Applied)]
    );
}

#[test]
fn cancelling_withdraws_the_open_ticket_first() {
    let mut w = production().submitted();
    let decision = w.cancel(&person("ada")).expect("cancelled");
    assert_eq!(
        steps(&decision),
        [
            ("approval.withdrawn", S::PendingApproval),
            ("release.cancelled", S::Cancelled)
        ]
    );
}

#[test]
fn where_no_approval_is_asked_the_event_is_shaped_as_every_approval() {
    let mut w = development();
    w.preview(&person("ada")).expect("previewed");
    let decision = w.submit(&person("ada")).expect("approved");
    assert_eq!(steps(&decision), [("approval.not_required", S::Approved)]);
    let data = serde_json::to_value(&decision.events[0].data).expect("JSON");
    assert_eq!(
        data["data"],
        serde_json::json!({"ticket_id": null, "plan_hash": hash("plan"), "required": 0, "received": 0})
    );
}

#[test]
fn what_an_agent_does_names_its_person_on_the_timeline() {
    let mut w = World::new(release_domain::catalogue::EnvironmentKind::Production, &agent_of("ada"));
    w.preview(&agent_of("ada")).expect("previewed");
    for event in &w.events {
        assert_eq!(event.on_behalf_of.as_ref().map(|a| a.name.as_str()), Some("ada"));
        assert_eq!(event.channel, Channel::Mcp);
    }
}

/// The event that a refusal leaves, if any.
fn left_by(w: &World, command: CommandName, result: Result<Decision, Refusal>) -> Option<EventData> {
    let refusal = result.expect_err("refused");
    let origin = person("ada").origin;
    refused_event(&w.release, command, &refusal, &origin, w.now).map(|e| e.data)
}

#[test]
fn a_gate_that_refuses_leaves_an_event_and_a_state_that_refuses_leaves_none() {
    let mut w = production().submitted();
    let pending = w.apply(&person("ada"));
    let Some(EventData::GateRefused(refused)) = left_by(&w, CommandName::Apply, pending) else {
        panic!("a gate's refusal is told")
    };
    assert_eq!(refused.command, CommandName::Apply);
    assert_eq!(refused.code, "approval_required");
    assert_eq!(refused.reason_code.as_deref(), Some("approval_pending"));
    let state = w.edit(&person("ada"));
    assert_eq!(left_by(&w, CommandName::Edit, state), None);
    w.cancel(&person("ada")).expect("cancelled");
    let closed = w.approve(&approver("bob"));
    assert_eq!(left_by(&w, CommandName::Approve, closed), None);
}

#[test]
fn a_refused_decision_is_a_gates_refusal_too() {
    let mut w = production().submitted();
    let own = w.approve(&approver("ada"));
    assert!(left_by(&w, CommandName::Approve, own).is_some());
}
