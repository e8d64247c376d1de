//! The way back: from which release, to which, and whose approval covers it.

use crate::world::{World, agent_of, approver, before, development, hash, person, production, refusal, told};
use release_domain::actor::Channel;
use release_domain::approval::{BecauseCode, TicketPurpose, TicketStatus};
use release_domain::decide::{Decision, Presented};
use release_domain::gates::rollback::{Cover, cover, destination};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::plan::RiskCode;
use release_domain::policy::RollbackApproval;
use release_domain::preview::{PreviewKind, RollbackTo};
use release_domain::refusal::Refusal;
use uuid::Uuid;

const PENDING: (&str, &str) = ("approval_required", "approval_pending");

fn other() -> ReleaseId {
    ReleaseId(Uuid::from_u128(0xee))
}

/// Applied, its pass over, and a rollback previewed.
fn past_the_pass() -> World {
    let mut w = production().applied();
    w.later(7 * 86_400);
    w.rollback_preview(&person("otto")).expect("previewed");
    w
}

/// The first `rollback` past the pass: recorded, and answered with a refusal.
fn asked(w: &mut World) -> Decision {
    let decision = w.rollback(&person("otto")).expect("recorded");
    assert_eq!(refusal(decision.refused.clone().map_or(Ok(()), Err)), PENDING);
    decision
}

#[test]
fn a_broken_release_goes_back_to_what_was_current_when_its_apply_started() {
    let mut w = production().failed();
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
    assert_eq!(w.state(), LifecycleState::Rollback);
    w.succeed().expect("rolled back");
    assert_eq!(w.state(), LifecycleState::RolledBack);
    assert_eq!(w.release.rolled_back_to, Some(RollbackTo::Release(before())));
    assert_eq!(w.current, Some(before()));
    assert!(!w.release.is_current);
}

#[test]
fn after_a_rollback_the_service_is_held_on_the_target() {
    let mut w = production().failed();
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
    assert_eq!(w.hold, None, "not before it has run");
    w.succeed().expect("rolled back");
    let hold = w.hold.clone().expect("held");
    assert_eq!(
        (hold.release, hold.service, hold.target),
        (w.release.id, w.release.service.id, w.release.target.id)
    );
    assert_eq!(hold.since, w.now);
}

#[test]
fn an_uninstall_leaves_no_current_release() {
    let mut w = production().applied();
    w.to = Some(RollbackTo::Uninstall);
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
    w.succeed().expect("rolled back");
    assert_eq!(w.current, None);
    assert_eq!(w.release.rolled_back_to, Some(RollbackTo::Uninstall));
}

#[test]
fn only_the_current_release_or_the_last_that_failed_after_it_goes_back() {
    let mut applied = production().applied();
    applied.rollback_preview(&person("otto")).expect("it is current");
    applied.current = Some(other());
    assert_eq!(
        refusal(applied.rollback_preview(&person("otto"))),
        ("rollback_unavailable", "not_current")
    );
    let mut failed = production().failed();
    failed.rollback_preview(&person("otto")).expect("it failed last");
    failed.last_attempt = Some(other());
    assert_eq!(
        refusal(failed.rollback_preview(&person("otto"))),
        ("rollback_unavailable", "not_current")
    );
    assert_eq!(
        refusal(failed.rollback(&person("otto"))),
        ("rollback_unavailable", "not_current")
    );
}

#[test]
fn a_failed_apply_does_not_change_what_is_current() {
    let w = production().failed();
    assert_eq!(w.current, Some(before()));
    assert!(!w.release.is_current);
}

#[test]
fn a_rollback_goes_only_where_a_release_was_applied_on_this_target() {
    let w = production().applied();
    let to = |asked, applied_here| destination(&w.release, asked, applied_here);
    assert_eq!(to(None, false), Ok(RollbackTo::Release(before())));
    assert_eq!(to(Some(RollbackTo::Uninstall), false), Ok(RollbackTo::Uninstall));
    assert_eq!(
        to(Some(RollbackTo::Release(other())), true),
        Ok(RollbackTo::Release(other()))
    );
    let never = ("rollback_unavailable", "never_applied_here");
    assert_eq!(refusal(to(Some(RollbackTo::Release(other())), false)), never);
    assert_eq!(
        refusal(to(Some(RollbackTo::Release(w.release.id)), true)),
        never,
        "nor to itself"
    );
}

#[test]
fn the_first_release_of_a_service_on_a_target_has_nothing_to_return_to() {
    let mut w = production();
    w.current = None;
    w = w.applied();
    let nowhere = destination(&w.release, None, false);
    assert_eq!(refusal(nowhere), ("rollback_unavailable", "nothing_to_return_to"));
    assert_eq!(
        destination(&w.release, Some(RollbackTo::Uninstall), false),
        Ok(RollbackTo::Uninstall)
    );
}

#[test]
fn a_rollback_needs_a_token_of_its_own_preview() {
    let mut w = production().failed();
    assert_eq!(
        refusal(w.rollback(&person("otto"))),
        ("preview_required", "preview_missing")
    );
    w.rollback_preview(&person("otto")).expect("previewed");
    w.token = Some(Presented::Missing);
    assert_eq!(
        refusal(w.rollback(&person("otto"))),
        ("preview_required", "preview_missing")
    );
    w.token = None;
    w.rollback(&person("otto")).expect("rollback");
    assert_eq!(
        w.release.rollback_preview.as_ref().and_then(|p| p.consumed_at),
        Some(w.now)
    );
}

#[test]
fn within_the_pass_nobody_waits_for_a_vote() {
    let mut w = production().applied();
    w.later(7 * 86_400 - 1);
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
}

#[test]
fn the_pass_counts_from_the_end_of_the_apply_well_or_not() {
    for (mut w, end) in [(production().applying(), true), (production().applying(), false)] {
        w.later(500);
        if end {
            w.succeed().expect("applied");
        } else {
            w.fail(crate::world::exited()).expect("failed");
        }
        let until = w.now.plus_secs(7 * 86_400);
        let covered = cover(&w.release, &w.policy, Channel::Ui, w.now);
        assert_eq!(covered, Cover::Covered { until: Some(until) });
    }
}

#[test]
fn a_release_that_needed_no_approval_or_broke_the_glass_has_the_same_pass() {
    let mut unasked = development().applied();
    unasked.rollback_preview(&person("otto")).expect("previewed");
    unasked.rollback(&person("otto")).expect("rollback");
    let mut broken = production().submitted();
    broken.policy.break_glass_roles = vec![release_domain::access::RoleKey("on-call".into())];
    broken
        .break_glass(&person("eve").with_roles(&["on-call"]))
        .expect("applying");
    broken.succeed().expect("applied");
    broken.rollback_preview(&person("otto")).expect("previewed");
    broken.rollback(&person("otto")).expect("rollback");
}

#[test]
fn past_the_pass_a_rollback_opens_a_ticket_and_the_state_stays() {
    let mut w = past_the_pass();
    let decision = asked(&mut w);
    assert_eq!(told(&decision), ["gate.refused", "approval.requested"]);
    assert_eq!(w.state(), LifecycleState::Applied);
    let ticket = w.ticket();
    assert_eq!(
        (ticket.purpose, ticket.status),
        (TicketPurpose::Rollback, TicketStatus::Pending)
    );
    assert_eq!(ticket.plan_hash, hash("plan"));
    assert_eq!(ticket.because[0].code, BecauseCode::PassOver);
    let id = ticket.id;
    assert!(matches!(decision.refused, Some(Refusal::ApprovalRequired { ticket: Some(t), .. }) if t == id));
    let again = w.rollback(&person("otto"));
    assert!(
        matches!(again, Err(Refusal::ApprovalRequired { ticket: Some(t), .. }) if t == id),
        "the same ticket"
    );
}

#[test]
fn an_approved_ticket_lets_the_same_plan_back() {
    let mut w = past_the_pass();
    asked(&mut w);
    w.approve(&approver("bob")).expect("approved");
    assert_eq!(w.state(), LifecycleState::Applied, "a decision moves no state");
    w.later(3_600);
    w.rollback_preview(&person("otto")).expect("previewed");
    assert_eq!(w.ticket_status(), TicketStatus::Approved);
    w.rollback(&person("otto")).expect("rollback");
    assert_eq!(w.state(), LifecycleState::Rollback);
}

#[test]
fn a_rejected_or_expired_ticket_changes_nothing_and_the_next_rollback_opens_another() {
    for reject in [true, false] {
        let mut w = past_the_pass();
        asked(&mut w);
        let first = w.ticket().id;
        if reject {
            w.reject(&approver("bob")).expect("rejected");
        } else {
            w.later(86_400).expire().expect("expired");
            w.rollback_preview(&person("otto")).expect("previewed");
        }
        assert_eq!(w.state(), LifecycleState::Applied);
        asked(&mut w);
        assert_ne!(w.ticket().id, first);
        assert_eq!(w.ticket_status(), TicketStatus::Pending);
    }
}

#[test]
fn another_plan_voids_a_rollbacks_ticket() {
    for approve in [true, false] {
        let mut w = past_the_pass();
        asked(&mut w);
        if approve {
            w.approve(&approver("bob")).expect("approved");
        }
        w.plan = hash("another");
        let decision = w.rollback_preview(&person("otto")).expect("previewed");
        assert_eq!(told(&decision), ["preview.issued", "approval.voided"]);
        assert_eq!(
            (w.state(), w.ticket_status()),
            (LifecycleState::Applied, TicketStatus::Voided)
        );
        asked(&mut w);
    }
}

#[test]
fn a_rollbacks_approval_that_no_longer_meets_the_policy_is_voided_by_its_next_preview() {
    let mut w = past_the_pass();
    asked(&mut w);
    w.approve(&approver("bob")).expect("approved");
    w.policy.min_approvals = 2;
    let id = w.ticket().id;
    let refused = w.rollback(&person("otto"));
    assert!(matches!(refused, Err(Refusal::ApprovalRequired { ticket: Some(t), .. }) if t == id));
    assert_eq!(refusal(refused), ("approval_required", "approval_voided"));
    w.rollback_preview(&person("otto")).expect("previewed");
    assert_eq!(w.ticket_status(), TicketStatus::Voided);
    asked(&mut w);
    assert_eq!(w.ticket().required, 2);
}

#[test]
fn an_overdue_ticket_is_said_to_be_so() {
    let mut w = past_the_pass();
    asked(&mut w);
    w.later(86_400);
    w.rollback_preview(&person("otto")).expect("previewed");
    assert_eq!(
        refusal(w.rollback(&person("otto"))),
        ("approval_required", "approval_expired")
    );
}

#[test]
fn policy_may_always_ask_never_ask_or_give_no_pass() {
    let because = |w: &World, channel| match cover(&w.release, &w.policy, channel, w.now) {
        Cover::Covered { until } => Err(until),
        Cover::Ticket(because) => Ok(because.code),
    };
    let mut w = production().applied();
    w.policy.rollback_approval = RollbackApproval::Required;
    assert_eq!(because(&w, Channel::Ui), Ok(BecauseCode::RollbackPolicy));
    w.policy.rollback_approval = RollbackApproval::None;
    w.later(100 * 86_400);
    assert_eq!(because(&w, Channel::Ui), Err(None));
    w.policy.rollback_approval = RollbackApproval::Pass;
    assert_eq!(because(&w, Channel::Ui), Ok(BecauseCode::PassOver));
    w.policy.rollback_pass_secs = 0;
    w.now = w.release.apply_ended_at.expect("ended");
    assert_eq!(because(&w, Channel::Ui), Ok(BecauseCode::PassOver), "0 is never");
}

#[test]
fn an_agents_rollback_always_takes_a_ticket() {
    for mode in [
        RollbackApproval::Pass,
        RollbackApproval::None,
        RollbackApproval::Required,
    ] {
        let mut w = production().failed();
        w.policy.rollback_approval = mode;
        w.rollback_preview(&agent_of("otto")).expect("previewed");
        let decision = w.rollback(&agent_of("otto")).expect("recorded");
        assert!(decision.refused.is_some(), "{mode}");
        w.approve(&approver("bob")).expect("approved");
        w.rollback(&agent_of("otto")).expect("rollback");
    }
}

#[test]
fn the_risks_of_a_rollbacks_plan_raise_its_number() {
    let mut w = production().applied();
    w.policy.risk_approvals = [(RiskCode::Delete, 3)].into();
    w.risks = vec![RiskCode::Delete];
    w.later(8 * 86_400);
    w.rollback_preview(&person("otto")).expect("previewed");
    asked(&mut w);
    assert_eq!(w.ticket().required, 3);
    for name in ["bob", "cid"] {
        w.approve(&approver(name)).expect("approved");
        assert_eq!(w.ticket_status(), TicketStatus::Pending);
    }
    w.approve(&approver("dan")).expect("approved");
    assert_eq!(w.ticket_status(), TicketStatus::Approved);
}

#[test]
fn a_ticket_that_is_no_longer_asked_for_is_withdrawn_when_the_rollback_starts() {
    let mut w = past_the_pass();
    asked(&mut w);
    w.policy.rollback_approval = RollbackApproval::None;
    let decision = w.rollback(&person("otto")).expect("rollback");
    assert_eq!(told(&decision), ["approval.withdrawn", "rollback.requested"]);
    assert_eq!(w.ticket_status(), TicketStatus::Withdrawn);
}

#[test]
fn a_failed_rollback_can_be_tried_again() {
    let mut w = production().failed();
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
    let decision = w.fail(crate::world::exited()).expect("failed");
    assert_eq!(told(&decision), ["rollback.failed"]);
    assert_eq!(
        (w.state(), w.current, w.hold.clone()),
        (LifecycleState::Failed, Some(before()), None)
    );
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
}

#[test]
fn a_rollback_cannot_be_cancelled() {
    let mut w = production().failed();
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
    assert_eq!(refusal(w.cancel(&person("otto"))).0, "invalid_transition");
}

#[test]
fn only_the_kind_that_was_previewed_is_used_up() {
    let mut w = production().failed();
    let applied_by = w.release.apply_preview.clone();
    w.rollback_preview(&person("otto")).expect("previewed");
    assert_eq!(w.release.apply_preview, applied_by);
    assert_eq!(
        w.release.preview(PreviewKind::Rollback).and_then(|p| p.consumed_at),
        None
    );
}
