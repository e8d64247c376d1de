//! What remains of broken glass: a review, decided by somebody else, in its own time.

use crate::world::{approver, development, given, person, refusal};
use release_domain::access::RoleKey;
use release_domain::approval::TicketStatus;
use release_domain::decide::{Command, Given};

const SELF: (&str, &str) = ("approval_forbidden", "self_approval");

#[test]
fn a_review_is_decided_by_somebody_else_in_any_state_and_moves_none() {
    let eve = approver("eve").with_roles(&["approver", "on-call"]);
    let mut w = development();
    w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
    w.policy.allow_self_approval = true;
    w.preview(&person("ada")).expect("previewed");
    w.break_glass(&eve).expect("applying");
    let review = w.release.review.clone().expect("a review");
    assert_eq!(review.expires_at, None);
    assert_eq!(
        refusal(w.run(&eve, Command::Approve(given(&review)))),
        SELF,
        "though policy allows self-approval"
    );
    for (decide, status) in [
        (Command::Approve as fn(Given) -> Command, TicketStatus::Approved),
        (Command::Reject, TicketStatus::Rejected),
    ] {
        for mut w in [w.clone(), {
            let mut w = w.clone();
            w.succeed().expect("applied");
            w
        }] {
            let state = w.release.lifecycle.clone();
            w.run(&approver("bob"), decide(given(&review))).expect("reviewed");
            assert_eq!(w.release.review.as_ref().map(|t| t.status), Some(status));
            assert_eq!(w.release.lifecycle, state);
        }
    }
}

#[test]
fn the_creator_reviews_anothers_broken_glass_only_where_self_approval_is_allowed() {
    let eve = person("eve").with_roles(&["on-call"]);
    let reviewed = |allowed: bool| {
        let mut w = development();
        w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
        w.policy.allow_self_approval = allowed;
        w.preview(&person("ada")).expect("previewed");
        w.break_glass(&eve).expect("applying");
        let review = w.release.review.clone().expect("a review");
        w.run(&approver("ada"), Command::Approve(given(&review)))
    };
    assert_eq!(refusal(reviewed(false)), SELF);
    reviewed(true).expect("somebody else than who broke it, who may approve");
}
