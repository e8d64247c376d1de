//! Attempts on the gates that the domain itself must withstand, each with what stops it. Those that go through a door
//! (forged cookies, mass assignment, guessed ids) are shown where the door is.

use crate::world::{
    World, agent_of, approver, development, exited, given, hash, person, production, refusal, service_account, system,
};
use release_domain::access::RoleKey;
use release_domain::actor::Channel;
use release_domain::approval::TicketStatus;
use release_domain::catalogue::EnvironmentKind;
use release_domain::decide::{Command, Decision, Given, Presented, decide};
use release_domain::gates::rollback::destination;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::{ApprovalMode, Policy};
use release_domain::preview::{PreviewKind, RollbackTo};
use release_domain::refusal::Refusal;
use uuid::Uuid;

#[test]
fn approving_ones_own_release_by_every_path_to_it() {
    let approvers: [(&str, World); 6] = [
        ("ada", production()),
        ("eda", {
            let mut w = production();
            w.edit(&person("eda")).expect("edited");
            w
        }),
        ("rex", production()),
        ("pat", World::new(EnvironmentKind::Production, &agent_of("pat"))),
        (
            "max",
            World::new(EnvironmentKind::Production, &service_account("bot", "max")),
        ),
        ("sam", production()),
    ];
    for (own, mut w) in approvers {
        w.preview(&person("sam")).expect("previewed");
        w.submit(&person("sam")).expect("submitted");
        for verdict in [Command::Approve as fn(Given) -> Command, Command::Reject] {
            let refused = w.run(&approver(own), verdict(w.given()));
            assert_eq!(refusal(refused), ("approval_forbidden", "self_approval"), "{own}");
        }
    }
}

#[test]
fn editing_after_the_approval() {
    let mut w = production().approved();
    assert_eq!(refusal(w.edit(&person("ada"))).0, "invalid_transition");
    let mut w = production().submitted();
    assert_eq!(refusal(w.edit(&person("ada"))).0, "invalid_transition");
}

#[test]
fn swapping_the_plan_after_the_approval() {
    let mut w = production().approved();
    w.plan = hash("something nobody saw");
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("preview_required", "live_state_drifted")
    );
    w.preview(&person("ada")).expect("previewed");
    assert_eq!(refusal(w.apply(&person("ada"))), ("approval_required", "not_submitted"));
}

#[test]
fn replaying_a_token() {
    let mut w = production().approved();
    let token = w.token_of(PreviewKind::Apply);
    w.apply(&person("ada")).expect("applying");
    w.fail(exited()).expect("failed");
    w.token = Some(token);
    assert_eq!(refusal(w.apply(&person("ada"))).0, "invalid_transition");
    assert_eq!(
        refusal(w.rollback(&person("ada"))),
        ("preview_required", "preview_mismatch")
    );
}

#[test]
fn borrowing_the_token_of_a_release_that_was_approved() {
    let lender = production().approved();
    let Presented::Known { preview, .. } = lender.token_of(PreviewKind::Apply) else {
        panic!("a token")
    };
    let mut w = production().submitted();
    let release = ReleaseId(Uuid::from_u128(0xee));
    w.token = Some(Presented::Known { preview, release });
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("preview_required", "preview_mismatch")
    );
}

#[test]
fn two_approvers_at_once() {
    let mut w = production().submitted();
    let (bob, cid) = (approver("bob"), approver("cid"));
    let command = Command::Approve(w.given());
    let facts = w.facts(&cid, &command);
    w.approve(&bob).expect("first");
    // Cid decided on what stood before Bob; the store's version sends him back to what stands now.
    assert_eq!(
        refusal(decide(&w.release, command, &facts)),
        ("ticket_closed", "approved")
    );
    assert_eq!(w.ticket().decisions.len(), 1);
}

#[test]
fn applying_twice_at_once() {
    let mut w = production().approved();
    let token = w.token_of(PreviewKind::Apply);
    w.apply(&person("ada")).expect("first");
    w.token = Some(token);
    assert_eq!(refusal(w.apply(&person("otto"))).0, "invalid_transition");
    assert_eq!(w.release.executions.len(), 1);
}

#[test]
fn applying_or_rolling_back_to_what_was_rejected() {
    let mut w = production().submitted();
    w.reject(&approver("bob")).expect("rejected");
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("approval_required", "approval_rejected")
    );
    assert_eq!(w.state(), LifecycleState::Rejected);
    let current = production().applied();
    let to = Some(RollbackTo::Release(w.release.id));
    assert_eq!(
        refusal(destination(&current.release, to, false)),
        ("rollback_unavailable", "never_applied_here")
    );
}

#[test]
fn weakening_the_policy_while_a_ticket_is_open() {
    let mut w = production();
    w.policy.min_approvals = 2;
    w = w.submitted();
    w.policy = Policy {
        approval: ApprovalMode::None,
        min_approvals: 1,
        allow_self_approval: true,
        approver_roles: vec![RoleKey("everybody".into()), RoleKey("approver".into())],
        ..w.policy
    };
    assert_eq!(
        refusal(w.approve(&approver("ada"))),
        ("approval_forbidden", "self_approval")
    );
    let anybody = approver("zoe").with_roles(&["everybody"]);
    assert_eq!(refusal(w.approve(&anybody)), ("approval_forbidden", "not_eligible"));
    w.approve(&approver("bob")).expect("first");
    assert_eq!(w.ticket_status(), TicketStatus::Pending);
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("approval_required", "approval_pending")
    );
}

#[test]
fn allowing_self_approval_approving_and_forbidding_it_again() {
    let mut w = production();
    w.policy.allow_self_approval = true;
    w = w.submitted();
    w.approve(&approver("ada")).expect("allowed when it was made");
    w.policy.allow_self_approval = false;
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("approval_required", "approval_voided")
    );
}

#[test]
fn losing_the_permission_mid_flight() {
    let mut w = production().submitted();
    let bob = approver("bob");
    assert_eq!(w.ask(&bob, &Command::Approve(w.given())), Ok(()));
    assert_eq!(
        refusal(w.approve(&bob.without_permission_to_decide())),
        ("approval_forbidden", "not_eligible")
    );
}

#[test]
fn an_assistant_deciding_by_any_name() {
    let mut w = production().submitted();
    for channel in Channel::ALL {
        let mut agent = agent_of("bob").with_roles(&["approver"]).through(*channel);
        agent.may_decide = true;
        assert_eq!(
            refusal(w.approve(&agent)),
            ("approval_forbidden", "assistant_cannot_decide"),
            "{channel}"
        );
        let mut nobody = system().with_roles(&["approver"]).through(*channel);
        nobody.may_decide = false;
        assert!(w.approve(&nobody).is_err(), "{channel}");
    }
}

#[test]
fn filling_the_quorum_alone() {
    let mut w = production();
    w.policy.min_approvals = 3;
    w = w.submitted();
    w.approve(&approver("bob")).expect("first");
    for name in ["bot-1", "bot-2", "bot-3"] {
        let mut bot = service_account(name, "bob").with_roles(&["approver"]);
        bot.may_decide = true;
        assert_eq!(
            refusal(w.approve(&bot)),
            ("approval_forbidden", "already_decided"),
            "{name}"
        );
    }
    assert_eq!(w.ticket().received(&w.policy), 1);
}

#[test]
fn a_pipeline_putting_back_what_was_just_rolled_back() {
    let mut first = production().failed();
    first.rollback_preview(&person("otto")).expect("previewed");
    first.rollback(&person("otto")).expect("rollback");
    first.succeed().expect("rolled back");
    let pipeline = service_account("pipeline", "max").through(Channel::Ci);
    let mut again = World::new(EnvironmentKind::Development, &pipeline);
    again.hold = first.hold;
    again = again.approved();
    assert_eq!(refusal(again.apply(&pipeline)), ("target_held", "held_after_rollback"));
}

#[test]
fn skipping_submit_where_nobody_is_asked() {
    let mut w = development();
    w.preview(&person("ada")).expect("previewed");
    assert_eq!(refusal(w.apply(&person("ada"))), ("approval_required", "not_submitted"));
}

#[test]
fn ending_somebody_elses_execution() {
    let mut w = production().applying();
    let stranger = release_domain::ids::ExecutionId(Uuid::from_u128(0xbad));
    assert_eq!(
        refusal(w.run(&system(), Command::ExecutionSucceeded { execution: stranger })).0,
        "invalid_transition"
    );
}

type Attempt = fn(&mut World) -> Result<Decision, Refusal>;

#[test]
fn commanding_a_historical_row() {
    let everything: Vec<World> = vec![
        production(),
        production().submitted(),
        production().approved(),
        production().applied(),
        production().failed(),
    ];
    for mut w in everything {
        w.release.compat = Some(release_domain::release::Compat {
            raw_status: "success".into(),
            mapped: true,
        });
        w.release.ticket = None;
        let commands: [Attempt; 8] = [
            |w| w.edit(&person("ada")),
            |w| w.preview(&person("ada")),
            |w| w.submit(&person("ada")),
            |w| w.apply(&person("ada")),
            |w| w.break_glass(&person("eve").with_roles(&["on-call"])),
            |w| w.cancel(&person("ada")),
            |w| w.rollback_preview(&person("ada")),
            |w| w.rollback(&person("ada")),
        ];
        for command in commands {
            assert_eq!(
                refusal(command(&mut w)),
                ("invalid_transition", "historical"),
                "{}",
                w.state()
            );
        }
    }
}

#[test]
fn deciding_the_review_of_ones_own_broken_glass_through_a_token() {
    let mut w = production().submitted();
    w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
    w.break_glass(&person("eve").with_roles(&["on-call"]))
        .expect("applying");
    let review = given(w.release.review.as_ref().expect("a review"));
    let mut bot = service_account("bot", "eve").with_roles(&["approver"]);
    bot.may_decide = true;
    assert_eq!(
        refusal(w.run(&bot, Command::Approve(review))),
        ("approval_forbidden", "self_approval")
    );
}
