//! Breaking the glass: who may, what it passes, and what it leaves behind.

use crate::world::{
    World, agent_of, approver, broken_glass, development, given, person, production, refusal, service_account,
};
use release_domain::access::RoleKey;
use release_domain::actor::{ActorKind, Channel};
use release_domain::approval::{TicketPurpose, TicketStatus};
use release_domain::decide::{Command, Hold, Presented};
use release_domain::freeze::FreezeInForce;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use uuid::Uuid;

const NOT_ELIGIBLE: (&str, &str) = ("approval_forbidden", "not_eligible");

fn outage() -> World {
    let mut w = production().submitted();
    w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
    w
}

fn eve() -> crate::world::Who {
    person("eve").with_roles(&["on-call"])
}

#[test]
fn at_night_in_a_freeze_a_person_with_the_role_applies() {
    let mut w = outage();
    w.freezes = vec![FreezeInForce {
        name: "night".into(),
        scope: "everything".into(),
        until: None,
        covers_rollback: true,
    }];
    w.hold = Some(Hold {
        service: w.release.service.id,
        target: w.release.target.id,
        release: ReleaseId(Uuid::from_u128(9)),
        since: w.now,
    });
    w.break_glass(&eve()).expect("applying");
    assert_eq!(w.state(), LifecycleState::Applying);
    assert_eq!(w.ticket_status(), TicketStatus::Withdrawn);
    let review = w.release.review.as_ref().expect("a review");
    assert_eq!(
        (review.purpose, review.status),
        (TicketPurpose::BreakGlassReview, TicketStatus::Pending)
    );
    assert_eq!((review.required, review.expires_at), (1, None));
    let mark = w.release.break_glass.as_ref().expect("marked");
    assert_eq!(
        (mark.by.name.as_str(), mark.reason.as_str(), mark.review_ticket_id),
        ("eve", "an outage", review.id)
    );
}

#[test]
fn it_works_from_previewed_pending_and_approved() {
    let mut previewed = production();
    previewed.preview(&person("ada")).expect("previewed");
    for mut w in [
        previewed,
        production().submitted(),
        production().approved(),
        development().approved(),
    ] {
        w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
        w.break_glass(&eve()).expect("applying");
        assert_eq!(w.state(), LifecycleState::Applying);
    }
}

#[test]
fn an_approval_that_was_given_is_not_withdrawn() {
    let mut w = production().approved();
    w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
    w.break_glass(&eve()).expect("applying");
    assert_eq!(w.ticket_status(), TicketStatus::Approved);
}

#[test]
fn without_the_role_nobody_breaks_it() {
    let mut w = outage();
    assert_eq!(refusal(w.break_glass(&approver("bob"))), NOT_ELIGIBLE);
    w.policy.break_glass_roles = Vec::new();
    assert_eq!(refusal(w.break_glass(&eve())), NOT_ELIGIBLE, "by default no role may");
    assert_eq!(w.state(), LifecycleState::PendingApproval);
}

#[test]
fn no_automation_breaks_it() {
    let mut w = outage();
    for channel in [Channel::Ci, Channel::Ai, Channel::Mcp] {
        assert_eq!(
            refusal(w.break_glass(&eve().through(channel))),
            NOT_ELIGIBLE,
            "{channel}"
        );
    }
    assert_eq!(
        refusal(w.break_glass(&agent_of("eve").with_roles(&["on-call"]))),
        NOT_ELIGIBLE
    );
    for channel in Channel::ALL {
        let bot = service_account("bot", "eve").with_roles(&["on-call"]).through(*channel);
        assert_eq!(
            refusal(w.break_glass(&bot)),
            NOT_ELIGIBLE,
            "a service account through {channel}"
        );
        for kind in [ActorKind::Assistant, ActorKind::System] {
            let mut other = eve().through(*channel);
            other.origin.actor.kind = kind;
            assert_eq!(refusal(w.break_glass(&other)), NOT_ELIGIBLE, "{kind} through {channel}");
        }
    }
}

#[test]
fn a_person_breaks_it_in_the_browser_the_command_line_and_the_api() {
    for channel in [Channel::Ui, Channel::Cli, Channel::Api] {
        outage().break_glass(&eve().through(channel)).expect("applying");
    }
}

#[test]
fn the_preview_gate_stays_shut() {
    let mut w = outage();
    w.token = Some(Presented::Missing);
    assert_eq!(refusal(w.break_glass(&eve())), ("preview_required", "preview_missing"));
    w.token = None;
    w.later(1_800);
    assert_eq!(refusal(w.break_glass(&eve())), ("preview_required", "preview_expired"));
}

#[test]
fn a_busy_target_stays_busy() {
    let mut w = outage();
    w.running = Some(ReleaseId(Uuid::from_u128(9)));
    assert_eq!(refusal(w.break_glass(&eve())), ("target_busy", "execution_running"));
}

#[test]
fn a_drifted_target_is_not_written_to() {
    let mut w = outage();
    w.plan = crate::world::hash("what is there now");
    assert_eq!(
        refusal(w.break_glass(&eve())),
        ("preview_required", "live_state_drifted")
    );
}

#[test]
fn the_preview_is_looked_at_before_the_person() {
    let mut w = outage();
    w.token = Some(Presented::Missing);
    assert_eq!(
        refusal(w.break_glass(&person("zoe"))),
        ("preview_required", "preview_missing")
    );
}

#[test]
fn whoever_broke_it_never_reviews_it_nor_does_who_made_the_release() {
    let mut w = outage();
    w.break_glass(&eve()).expect("applying");
    let review = given(w.release.review.as_ref().expect("a review"));
    for own in ["eve", "ada", "rex"] {
        let refused = w.run(&approver(own), Command::Approve(review.clone()));
        assert_eq!(refusal(refused), ("approval_forbidden", "self_approval"), "{own}");
    }
    w.run(&approver("bob"), Command::Reject(review)).expect("reviewed");
    assert_eq!(w.state(), LifecycleState::Applying, "a review moves no state");
}

#[test]
fn a_rejected_release_is_not_applied_by_breaking_the_glass() {
    let mut w = outage();
    w.reject(&approver("bob")).expect("rejected");
    assert_eq!(
        refusal(w.run(&eve(), broken_glass())),
        ("approval_required", "approval_rejected")
    );
}
