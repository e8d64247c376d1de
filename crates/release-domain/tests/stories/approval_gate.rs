//! What an approval is given to, how many are needed, and when one no longer stands.

use crate::world::{World, agent_of, approver, development, hash, person, production, refusal, told};
use release_domain::actor::Channel;
use release_domain::approval::{BecauseCode, TicketPurpose, TicketStatus, requirement};
use release_domain::catalogue::EnvironmentKind;
use release_domain::decide::Effect;
use release_domain::lifecycle::LifecycleState;
use release_domain::plan::RiskCode;
use release_domain::policy::{ApprovalMode, Policy};
use release_domain::refusal::Refusal;

const NOT_SUBMITTED: (&str, &str) = ("approval_required", "not_submitted");
const PENDING: (&str, &str) = ("approval_required", "approval_pending");
const VOIDED: (&str, &str) = ("approval_required", "approval_voided");

#[test]
fn a_production_release_enters_pending_approval_and_nothing_runs() {
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    let decision = w.submit(&person("ada")).expect("submitted");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
    assert_eq!(told(&decision), ["approval.requested"]);
    assert_eq!(decision.effects, Vec::<Effect>::new());
    let ticket = w.ticket();
    assert_eq!(
        (ticket.status, ticket.purpose, ticket.required),
        (TicketStatus::Pending, TicketPurpose::Apply, 1)
    );
    assert_eq!(ticket.plan_hash, hash("plan"));
    assert_eq!(ticket.expires_at, Some(w.now.plus_secs(86_400)));
}

#[test]
fn apply_before_submit_is_not_submitted() {
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    let refused = w.apply(&person("ada"));
    assert!(matches!(refused, Err(Refusal::ApprovalRequired { ticket: None, .. })));
    assert_eq!(refusal(refused), NOT_SUBMITTED);
    let mut w = development();
    w.preview(&person("ada")).expect("previewed");
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        NOT_SUBMITTED,
        "submit is never skipped"
    );
}

#[test]
fn apply_after_a_voided_ticket_is_not_submitted_and_names_no_ticket() {
    let mut w = production().approved();
    w.plan = hash("another");
    w.preview(&person("ada")).expect("previewed");
    let refused = w.apply(&person("ada"));
    assert!(matches!(refused, Err(Refusal::ApprovalRequired { ticket: None, .. })));
    assert_eq!(refusal(refused), NOT_SUBMITTED);
}

#[test]
fn apply_while_the_ticket_is_open_is_pending() {
    let mut w = production().submitted();
    let id = w.ticket().id;
    let refused = w.apply(&person("ada"));
    assert!(matches!(refused, Err(Refusal::ApprovalRequired { ticket: Some(t), .. }) if t == id));
    assert_eq!(refusal(refused), PENDING);
}

#[test]
fn apply_under_a_ticket_whose_time_is_over_is_expired_even_before_the_timer_came() {
    let mut w = production();
    w.policy.approval_ttl_secs = 60;
    w = w.submitted();
    w.later(60);
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("approval_required", "approval_expired")
    );
}

#[test]
fn a_rejected_release_is_never_applied_whatever_comes_with_the_call() {
    let mut w = production().submitted();
    w.reject(&approver("bob")).expect("rejected");
    w.token = Some(release_domain::decide::Presented::Missing);
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("approval_required", "approval_rejected")
    );
    assert_eq!(
        refusal(w.break_glass(&person("eve").with_roles(&["on-call"]))).0,
        "approval_required"
    );
    let mut w = production().submitted();
    w.later(86_400).expire().expect("expired");
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("approval_required", "approval_expired")
    );
    assert_eq!(w.state(), LifecycleState::Rejected);
}

#[test]
fn where_no_approval_is_asked_submit_approves_and_the_same_token_applies() {
    let mut w = development();
    w.preview(&person("ada")).expect("previewed");
    let decision = w.submit(&person("ada")).expect("approved");
    assert_eq!(told(&decision), ["approval.not_required"]);
    assert_eq!(w.state(), LifecycleState::Approved);
    assert_eq!(w.release.ticket, None);
    w.apply(&person("ada")).expect("applying");
}

#[test]
fn the_number_needed_is_the_largest_that_anything_asks_for() {
    let mut policy = Policy::default_for(EnvironmentKind::Development);
    policy.min_approvals = 3;
    policy.risk_approvals = [(RiskCode::Delete, 2), (RiskCode::Volume, 4), (RiskCode::Rbac, 0)].into();
    let needed = |policy: &Policy, risks: &[RiskCode], channel| requirement(policy, risks, channel).required;
    assert_eq!(needed(&policy, &[], Channel::Ui), 0);
    assert_eq!(needed(&policy, &[RiskCode::Rbac], Channel::Ui), 0);
    assert_eq!(needed(&policy, &[RiskCode::Delete], Channel::Ui), 2);
    assert_eq!(needed(&policy, &[RiskCode::Delete], Channel::Mcp), 3);
    assert_eq!(needed(&policy, &[RiskCode::Delete, RiskCode::Volume], Channel::Mcp), 4);
    policy.approval = ApprovalMode::Required;
    assert_eq!(needed(&policy, &[], Channel::Ui), 3);
    assert_eq!(needed(&policy, &[RiskCode::Volume], Channel::Ui), 4);
}

#[test]
fn what_asks_for_approvals_is_said() {
    let mut policy = Policy::default_for(EnvironmentKind::Production);
    policy.risk_approvals = [(RiskCode::Delete, 2)].into();
    let asked = requirement(&policy, &[RiskCode::Delete], Channel::Mcp);
    let codes: Vec<_> = asked.because.iter().map(|b| b.code).collect();
    assert_eq!(codes, [BecauseCode::Policy, BecauseCode::Assistant, BecauseCode::Risk]);
}

#[test]
fn where_an_approval_is_asked_at_least_one_is_needed() {
    let mut policy = Policy::default_for(EnvironmentKind::Production);
    policy.min_approvals = 0;
    assert_eq!(requirement(&policy, &[], Channel::Ui).required, 1);
    policy.approval = ApprovalMode::None;
    assert_eq!(requirement(&policy, &[], Channel::Mcp).required, 1);
    assert_eq!(requirement(&policy, &[], Channel::Ui).required, 0);
}

#[test]
fn a_risk_raises_the_number_to_two_different_approvers() {
    let mut w = production();
    w.policy.risk_approvals = [(RiskCode::Delete, 2)].into();
    w.risks = vec![RiskCode::Delete];
    w = w.submitted();
    w.approve(&approver("bob")).expect("first");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
    w.approve(&approver("cid")).expect("second");
    assert_eq!(w.state(), LifecycleState::Approved);
}

#[test]
fn a_release_submitted_by_an_agent_needs_approval_where_a_persons_does_not() {
    let mut w = development();
    w.preview(&agent_of("ada")).expect("previewed");
    w.submit(&agent_of("ada")).expect("submitted");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
    let mut w = development();
    w.policy.ai_requires_approval = false;
    w.preview(&agent_of("ada")).expect("previewed");
    w.submit(&agent_of("ada")).expect("submitted");
    assert_eq!(w.state(), LifecycleState::Approved);
}

#[test]
fn in_the_command_center_the_persons_own_confirmation_stands_for_it() {
    let mut w = development();
    let ada = person("ada").through(Channel::Ai);
    w.preview(&ada).expect("previewed");
    w.submit(&ada).expect("submitted");
    assert_eq!(w.state(), LifecycleState::Approved);
    w.apply(&ada).expect("applying");
}

#[test]
fn an_agent_does_not_apply_what_a_person_submitted_without_approval() {
    let mut w = development().approved();
    assert_eq!(refusal(w.apply(&agent_of("ada"))), VOIDED);
    assert_eq!(w.state(), LifecycleState::Approved);
    w.clone().apply(&person("ada")).expect("a person does");
    w.preview(&agent_of("ada")).expect("previewed");
    assert_eq!(
        w.state(),
        LifecycleState::Previewed,
        "the agent previews and submits it again"
    );
    w.submit(&agent_of("ada")).expect("submitted");
    w.approve(&approver("bob")).expect("approved");
    w.apply(&agent_of("ada")).expect("applying");
}

#[test]
fn what_an_agent_submitted_stays_an_agents_when_the_policy_changes() {
    let mut w = development();
    w.policy.ai_requires_approval = false;
    w.preview(&agent_of("ada")).expect("previewed");
    w.submit(&agent_of("ada")).expect("approved");
    w.policy.ai_requires_approval = true;
    assert_eq!(refusal(w.apply(&person("ada"))), VOIDED);
    w.preview(&person("ada")).expect("previewed");
    assert_eq!(w.state(), LifecycleState::Previewed);
}

#[test]
fn a_preview_of_the_same_plan_keeps_the_ticket_its_decisions_and_its_expiry() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    w.approve(&approver("bob")).expect("first");
    let before = w.ticket().clone();
    w.later(3_600);
    let decision = w.preview(&person("pia")).expect("previewed");
    assert_eq!(told(&decision), ["preview.issued"]);
    assert_eq!(w.state(), LifecycleState::PendingApproval);
    assert_eq!(w.ticket(), &before);
    w.approve(&approver("cid")).expect("second");
    assert_eq!(w.state(), LifecycleState::Approved);
}

#[test]
fn a_token_renewed_after_approval_applies() {
    let mut w = production().approved();
    w.later(1_801);
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("preview_required", "preview_expired")
    );
    w.preview(&person("pia")).expect("previewed");
    assert_eq!(w.state(), LifecycleState::Approved);
    w.apply(&person("ada")).expect("applying");
}

#[test]
fn an_agents_preview_takes_no_approval_from_people() {
    let mut w = World::new(EnvironmentKind::Staging, &person("ada"));
    w.policy.min_approvals = 2;
    w.policy.risk_approvals = [(RiskCode::Delete, 1)].into();
    w.risks = vec![RiskCode::Delete];
    w = w.approved();
    w.preview(&agent_of("ada")).expect("previewed");
    assert_eq!(w.state(), LifecycleState::Approved);
    w.apply(&person("ada")).expect("applying");
}

#[test]
fn another_plan_voids_the_ticket_with_its_decisions_and_the_next_submit_opens_a_new_one() {
    for mut w in [production().submitted(), production().approved()] {
        let first = w.ticket().id;
        w.plan = hash("another");
        let decision = w.preview(&person("ada")).expect("previewed");
        assert_eq!(told(&decision), ["preview.issued", "approval.voided"]);
        assert_eq!(
            (w.state(), w.ticket_status()),
            (LifecycleState::Previewed, TicketStatus::Voided)
        );
        w.submit(&person("ada")).expect("submitted");
        assert_ne!(w.ticket().id, first);
        assert_eq!(w.ticket().decisions, []);
        assert_eq!(w.ticket().plan_hash, hash("another"));
    }
}

#[test]
fn only_a_preview_voids() {
    let mut w = production().approved();
    w.policy.min_approvals = 2;
    assert_eq!(refusal(w.apply(&person("ada"))), VOIDED);
    assert_eq!(
        (w.state(), w.ticket_status()),
        (LifecycleState::Approved, TicketStatus::Approved)
    );
    w.preview(&person("ada")).expect("previewed");
    assert_eq!(
        (w.state(), w.ticket_status()),
        (LifecycleState::Previewed, TicketStatus::Voided)
    );
}

#[test]
fn a_policy_weakened_after_submit_counts_for_nothing() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    w.policy.min_approvals = 1;
    w.policy.approval = ApprovalMode::None;
    w.approve(&approver("bob")).expect("first");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
    w.approve(&approver("cid")).expect("second");
    assert_eq!(w.state(), LifecycleState::Approved);
}

#[test]
fn a_policy_raised_while_people_decide_is_met_too() {
    let mut w = production().submitted();
    w.policy.min_approvals = 2;
    w.approve(&approver("bob")).expect("first");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
    let told = w.events.last().expect("decided").data.clone();
    let data = serde_json::to_value(&told).expect("JSON");
    assert_eq!(
        (&data["data"]["required"], &data["data"]["received"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn an_approval_asked_for_after_a_release_needed_none_voids_it() {
    let mut w = development().approved();
    w.policy.approval = ApprovalMode::Required;
    assert_eq!(refusal(w.apply(&person("ada"))), VOIDED);
    w.preview(&person("ada")).expect("previewed");
    w.submit(&person("ada")).expect("submitted");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
}

#[test]
fn nobody_decides_in_time_and_the_system_rejects() {
    let mut w = production().submitted();
    w.later(86_400);
    let decision = w.expire().expect("expired");
    assert_eq!(told(&decision), ["approval.expired"]);
    assert_eq!(decision.events[0].actor.name, "system");
    assert_eq!(w.release.lifecycle.reason_code(), Some("approval_expired"));
    assert_eq!(w.ticket_status(), TicketStatus::Expired);
}

#[test]
fn a_ticket_does_not_expire_before_its_time_nor_once_approved() {
    let mut w = production().submitted();
    w.later(86_399);
    assert_eq!(refusal(w.expire()).0, "invalid_transition");
    w.approve(&approver("bob")).expect("approved");
    w.later(1_000_000);
    assert_eq!(refusal(w.expire()), ("ticket_closed", "approved"));
    w.preview(&person("ada")).expect("previewed");
    w.apply(&person("ada")).expect("approved is approved");
}
