//! Who may decide a ticket, and in which order a decision is looked at: the ticket, the plan, the person, the comment.

use crate::world::{World, agent_of, approver, hash, person, production, refusal, service_account, told, user_id};
use release_domain::access::RoleKey;
use release_domain::actor::Channel;
use release_domain::approval::TicketStatus;
use release_domain::catalogue::EnvironmentKind;
use release_domain::decide::{Command, Given};
use release_domain::ids::TicketId;
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::RollbackApproval;

const SELF: (&str, &str) = ("approval_forbidden", "self_approval");
const NOT_ELIGIBLE: (&str, &str) = ("approval_forbidden", "not_eligible");
const ASSISTANT: (&str, &str) = ("approval_forbidden", "assistant_cannot_decide");
const ALREADY: (&str, &str) = ("approval_forbidden", "already_decided");

#[test]
fn the_creator_does_not_decide() {
    let mut w = production();
    w.preview(&person("sam")).expect("previewed");
    w.submit(&person("sam")).expect("submitted");
    assert_eq!(refusal(w.approve(&approver("ada"))), SELF);
    assert_eq!(refusal(w.reject(&approver("ada"))), SELF);
}

#[test]
fn whoever_edited_the_draft_does_not_decide() {
    let mut w = production();
    w.edit(&person("eda")).expect("edited");
    w = w.submitted();
    assert_eq!(refusal(w.approve(&approver("eda"))), SELF);
}

#[test]
fn whoever_submitted_it_does_not_decide() {
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    w.submit(&person("sam")).expect("submitted");
    assert_eq!(refusal(w.approve(&approver("sam"))), SELF);
}

#[test]
fn whoever_submitted_it_once_does_not_decide_a_later_ticket() {
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    w.submit(&person("sam")).expect("submitted");
    w.plan = hash("another");
    w.preview(&person("ada")).expect("previewed");
    w.submit(&person("ada")).expect("submitted again");
    assert_eq!(refusal(w.approve(&approver("sam"))), SELF);
}

#[test]
fn whoever_only_previewed_it_may_decide() {
    let mut w = production();
    w.preview(&person("pia")).expect("previewed");
    w.submit(&person("ada")).expect("submitted");
    w.approve(&approver("pia")).expect("a preview decides nothing");
}

#[test]
fn the_author_of_the_revision_does_not_decide() {
    let mut w = production().submitted();
    assert_eq!(refusal(w.approve(&approver("rex"))), SELF);
}

#[test]
fn the_person_behind_the_assistant_does_not_decide() {
    let mut w = World::new(EnvironmentKind::Production, &agent_of("pat"));
    w = w.submitted();
    assert_eq!(refusal(w.approve(&approver("pat"))), SELF);
}

#[test]
fn the_maker_of_a_service_accounts_token_does_not_decide() {
    let pipeline = service_account("pipeline", "max").through(Channel::Ci);
    let mut w = World::new(EnvironmentKind::Production, &pipeline);
    w = w.submitted();
    assert_eq!(refusal(w.approve(&approver("max"))), SELF);
}

#[test]
fn a_service_account_whose_token_an_author_made_does_not_decide() {
    let mut w = production().submitted();
    let mut bot = service_account("bot", "ada").with_roles(&["approver"]);
    bot.may_decide = true;
    assert_eq!(refusal(w.approve(&bot)), SELF);
}

#[test]
fn whoever_asked_for_a_rollback_does_not_decide_it() {
    let mut w = production();
    w.policy.rollback_approval = RollbackApproval::Required;
    w = w.applied();
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("a ticket");
    assert_eq!(refusal(w.approve(&approver("otto"))), SELF);
    assert_eq!(refusal(w.approve(&approver("ada"))), SELF, "nor its creator");
    w.approve(&approver("bob")).expect("somebody else");
}

#[test]
fn self_approval_needs_the_tickets_policy_and_the_present_one() {
    let mut w = production().submitted();
    w.policy.allow_self_approval = true;
    assert_eq!(refusal(w.approve(&approver("ada"))), SELF, "the ticket's copy says no");
    let mut w = production();
    w.policy.allow_self_approval = true;
    w = w.submitted();
    w.policy.allow_self_approval = false;
    assert_eq!(refusal(w.approve(&approver("ada"))), SELF, "the present policy says no");
    w.policy.allow_self_approval = true;
    w.approve(&approver("ada")).expect("both say yes");
}

#[test]
fn a_permission_without_the_role_is_not_enough() {
    let mut w = production().submitted();
    assert_eq!(
        refusal(w.approve(&approver("bob").with_roles(&["auditor"]))),
        NOT_ELIGIBLE
    );
    assert_eq!(refusal(w.approve(&approver("bob").with_roles(&[]))), NOT_ELIGIBLE);
}

#[test]
fn the_role_without_the_permission_is_not_enough() {
    let mut w = production().submitted();
    let bob = approver("bob").without_permission_to_decide();
    assert_eq!(refusal(w.approve(&bob)), NOT_ELIGIBLE);
}

#[test]
fn an_approver_has_a_role_of_the_tickets_policy_and_of_the_present_one() {
    let mut w = production().submitted();
    w.policy.approver_roles = vec![RoleKey("board".into())];
    assert_eq!(refusal(w.approve(&approver("bob"))), NOT_ELIGIBLE);
    assert_eq!(
        refusal(w.approve(&approver("bob").with_roles(&["board"]))),
        NOT_ELIGIBLE
    );
    w.approve(&approver("bob").with_roles(&["approver", "board"]))
        .expect("both");
}

#[test]
fn a_decision_through_the_assistant_is_refused() {
    let mut w = production().submitted();
    for channel in [Channel::Ai, Channel::Mcp] {
        assert_eq!(refusal(w.approve(&approver("bob").through(channel))), ASSISTANT);
        assert_eq!(refusal(w.reject(&approver("bob").through(channel))), ASSISTANT);
    }
    let mut agent = agent_of("bob").with_roles(&["approver"]).through(Channel::Api);
    agent.may_decide = true;
    assert_eq!(refusal(w.approve(&agent)), ASSISTANT, "whatever door it claims");
    agent.origin.on_behalf_of = None;
    assert_eq!(refusal(w.approve(&agent)), ASSISTANT, "for whomever it acts");
}

#[test]
fn one_approver_decides_once_per_ticket() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    w.approve(&approver("bob")).expect("first");
    assert_eq!(refusal(w.approve(&approver("bob"))), ALREADY);
    assert_eq!(refusal(w.reject(&approver("bob"))), ALREADY);
    assert_eq!(w.ticket().received(&w.policy), 1);
}

#[test]
fn one_person_with_two_accounts_decides_once_per_ticket() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    let mut bot = service_account("bot", "bob").with_roles(&["approver"]);
    bot.may_decide = true;
    let mut by_bot = w.clone();
    w.approve(&approver("bob")).expect("in person");
    assert_eq!(
        refusal(w.approve(&bot)),
        ALREADY,
        "again through a token of the same maker"
    );
    by_bot.approve(&bot).expect("through the token");
    assert_eq!(refusal(by_bot.approve(&approver("bob"))), ALREADY, "again in person");
}

#[test]
fn a_decision_stands_when_its_author_later_loses_the_role() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    w.approve(&approver("bob")).expect("first");
    // Bob is no approver any more; nobody asks him again.
    let decision = w.approve(&approver("cid")).expect("second");
    assert_eq!(told(&decision), ["approval.decided", "approval.granted"]);
    w.apply(&person("ada")).expect("applying");
}

#[test]
fn who_decided_what_when_and_how_is_kept() {
    let mut w = production().submitted();
    let given = Given {
        comment: Some("looks right".into()),
        ..w.given()
    };
    w.run(&approver("bob").through(Channel::Cli), Command::Approve(given))
        .expect("approved");
    let decision = &w.ticket().decisions[0];
    assert_eq!(decision.approver.id, user_id("bob").0);
    assert_eq!(decision.comment.as_deref(), Some("looks right"));
    assert_eq!(decision.at, w.now);
    assert_eq!(decision.channel, Channel::Cli);
}

#[test]
fn a_decision_on_another_plan_is_refused() {
    let mut w = production().submitted();
    let given = Given {
        plan_hash: Some(hash("what bob had open")),
        ..w.given()
    };
    let before = w.release.clone();
    assert_eq!(
        refusal(w.run(&approver("bob"), Command::Approve(given.clone()))).0,
        "plan_changed"
    );
    assert_eq!(
        refusal(w.run(&approver("bob"), Command::Reject(given))).0,
        "plan_changed"
    );
    assert_eq!(w.release, before);
}

#[test]
fn an_approval_names_the_plan_it_is_given_to() {
    let mut w = production().submitted();
    let blind = Given {
        plan_hash: None,
        comment: Some("whatever it is".into()),
        ..w.given()
    };
    assert_eq!(
        refusal(w.run(&approver("bob"), Command::Approve(blind.clone()))).0,
        "plan_changed"
    );
    w.run(&approver("bob"), Command::Reject(blind))
        .expect("a rejection needs none");
}

#[test]
fn a_closed_ticket_says_how_it_closed() {
    let closed = |w: &mut World| refusal(w.approve(&approver("cid")));
    let mut approved = production().approved();
    assert_eq!(closed(&mut approved), ("ticket_closed", "approved"));
    let mut rejected = production().submitted();
    rejected.reject(&approver("bob")).expect("rejected");
    assert_eq!(closed(&mut rejected), ("ticket_closed", "rejected"));
    let mut expired = production().submitted();
    expired.later(86_400).expire().expect("expired");
    assert_eq!(closed(&mut expired), ("ticket_closed", "expired"));
    let mut voided = production().approved();
    voided.plan = hash("another");
    voided.preview(&person("ada")).expect("previewed");
    assert_eq!(closed(&mut voided), ("ticket_closed", "voided"));
    let mut withdrawn = production().submitted();
    withdrawn.cancel(&person("ada")).expect("cancelled");
    assert_eq!(closed(&mut withdrawn), ("ticket_closed", "withdrawn"));
}

#[test]
fn a_late_decision_finds_the_ticket_expired() {
    let mut w = production().submitted();
    w.later(86_399);
    w.clone().approve(&approver("bob")).expect("in time");
    w.later(1);
    assert_eq!(refusal(w.approve(&approver("bob"))), ("ticket_closed", "expired"));
}

#[test]
fn an_older_ticket_answers_with_the_status_that_the_store_has_of_it() {
    let mut w = production().submitted();
    let older = Given {
        ticket: TicketId(uuid::Uuid::from_u128(0xdead)),
        known_status: TicketStatus::Voided,
        ..w.given()
    };
    assert_eq!(
        refusal(w.run(&approver("bob"), Command::Approve(older))),
        ("ticket_closed", "voided")
    );
}

#[test]
fn a_closed_ticket_is_named_before_the_plan_and_the_person() {
    let mut w = production().approved();
    let given = Given {
        plan_hash: Some(hash("another")),
        ..w.given()
    };
    let ada = approver("ada").through(Channel::Mcp);
    assert_eq!(
        refusal(w.run(&ada, Command::Approve(given))),
        ("ticket_closed", "approved")
    );
}

#[test]
fn another_plan_is_named_before_the_person() {
    let mut w = production().submitted();
    let given = Given {
        plan_hash: Some(hash("another")),
        ..w.given()
    };
    assert_eq!(
        refusal(w.run(&approver("ada"), Command::Approve(given))).0,
        "plan_changed"
    );
}

#[test]
fn a_comment_is_asked_for_by_the_tickets_policy_or_by_the_present_one() {
    let silent = |w: &mut World| {
        let given = Given {
            comment: Some("  ".into()),
            ..w.given()
        };
        refusal(w.run(&approver("bob"), Command::Approve(given))).0
    };
    let mut w = production();
    w.policy.require_comment = true;
    w = w.submitted();
    w.policy.require_comment = false;
    assert_eq!(silent(&mut w), "comment_required");
    let mut w = production().submitted();
    w.policy.require_comment = true;
    assert_eq!(silent(&mut w), "comment_required");
    let spoken = Given {
        comment: Some("fine".into()),
        ..w.given()
    };
    w.run(&approver("bob"), Command::Approve(spoken)).expect("approved");
}

#[test]
fn one_rejection_settles_whatever_was_approved_before() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    w.approve(&approver("bob")).expect("first");
    w.reject(&approver("cid")).expect("rejected");
    assert_eq!(w.state(), LifecycleState::Rejected);
    assert_eq!(w.release.lifecycle.reason_code(), Some("approval_rejected"));
    assert_eq!(w.ticket_status(), TicketStatus::Rejected);
}
