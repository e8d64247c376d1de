//! What takes an approval away: another plan, or a policy it no longer meets.

use crate::support::{World, token, web};
use release_app::AppError;
use release_domain::approval::TicketStatus;
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::ApprovalMode;
use release_domain::refusal::{ApprovalReason, Refusal};

async fn drift(world: &World) {
    let access = world.access(&world.target);
    world.runtime.change_world(&access, |live| {
        live.insert("service/web", &[("serves", "somebody else's")]);
    });
}

async fn is_voided(world: &World, id: release_domain::ids::ReleaseId, token: &str) {
    let refused = world.apply(&world.ada.caller, id, token).await.unwrap_err();
    let AppError::Refused(Refusal::ApprovalRequired { reason, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(reason, ApprovalReason::Voided);
}

#[tokio::test]
async fn a_preview_of_another_plan_voids_the_ticket_with_its_decisions() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    for approve in [false, true] {
        let (id, _) = world.submitted().await;
        let ticket = world.release(id).await.ticket.unwrap().id;
        if approve {
            world.approve(&world.bob.caller, id).await.unwrap();
        }
        drift(&world).await;
        let before = world.told(id).await.len();
        let shown = world.preview(&world.ada.caller, id).await.unwrap();
        let token = token(&shown);
        assert_eq!(world.state(id).await, LifecycleState::Previewed);
        let next = (
            shown.approval.status.as_str(),
            shown.approval.required,
            shown.approval.ticket_id,
        );
        assert_eq!(next, ("not_requested", 1, None), "what submit would ask for");
        assert_eq!(world.ticket(ticket).await.status, TicketStatus::Voided);
        assert_eq!(
            world.told_since(id, before).await,
            ["preview.issued", "approval.voided"]
        );
        world.submit(&world.ada.caller, id, &token).await.unwrap();
        assert_ne!(
            world.release(id).await.ticket.unwrap().id,
            ticket,
            "a new one is opened"
        );
    }
    world.closes().await;
}

#[tokio::test]
async fn an_old_tickets_decision_finds_it_closed_however_the_new_one_stands() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let (id, _) = world.submitted().await;
    let old = world.release(id).await.ticket.unwrap();
    drift(&world).await;
    let token = world.token(id).await;
    world.submit(&world.ada.caller, id, &token).await.unwrap();
    let refused = world
        .decide(&world.bob.caller, &old, release_domain::approval::Verdict::Approved)
        .await;
    let closed = Refusal::TicketClosed(TicketStatus::Voided);
    assert_eq!(refused.unwrap_err(), AppError::Refused(closed));
    world.closes().await;
}

#[tokio::test]
async fn a_policy_that_asks_for_more_voids_what_was_approved_until_a_preview_closes_it() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    world.policy(|p| p.min_approvals = 2).await;
    is_voided(&world, id, &token).await;
    assert_eq!(world.state(id).await, LifecycleState::Approved, "only a preview voids");
    let token = world.token(id).await;
    assert_eq!(world.state(id).await, LifecycleState::Previewed);
    world.submit(&world.ada.caller, id, &token).await.unwrap();
    world.approve(&world.bob.caller, id).await.unwrap();
    world.approve(&world.cleo.caller, id).await.unwrap();
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test]
async fn a_policy_that_is_weakened_meanwhile_weakens_no_open_ticket() {
    let world = World::new().await;
    world.policy(|p| p.min_approvals = 2).await;
    let (id, token) = world.submitted().await;
    world.policy(|p| p.min_approvals = 1).await;
    let decided = world.approve(&world.bob.caller, id).await.unwrap();
    assert_eq!((decided.received, decided.required), (1, 2));
    assert_eq!(world.state(id).await, LifecycleState::PendingApproval);
    world.policy(|p| p.approval = ApprovalMode::None).await;
    let refused = world.apply(&world.ada.caller, id, &token).await.unwrap_err();
    assert!(matches!(
        refused,
        AppError::Refused(Refusal::ApprovalRequired {
            reason: ApprovalReason::Pending,
            ..
        })
    ));
    world.closes().await;
}

#[tokio::test]
async fn a_policy_that_begins_to_ask_is_met_before_apply() {
    let world = World::new().await;
    world.policy(|p| p.approval = ApprovalMode::None).await;
    let (id, token) = world.submitted().await;
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.policy(|p| p.approval = ApprovalMode::Required).await;
    is_voided(&world, id, &token).await;
    world.closes().await;
}

#[tokio::test]
async fn a_decision_stands_when_its_author_later_loses_the_role() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    world.revoke(&world.bob, "approver").await;
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test]
async fn an_approval_by_a_role_that_is_no_longer_asked_counts_no_more() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    let auditors = vec![release_domain::access::RoleKey("auditor".into())];
    world.policy(|p| p.approver_roles = auditors).await;
    is_voided(&world, id, &token).await;
    world.closes().await;
}

#[tokio::test]
async fn a_cancelled_release_withdraws_its_ticket() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    let ticket = world.release(id).await.ticket.unwrap().id;
    let before = world.told(id).await.len();
    world.cancel(&world.ada.caller, id).await.unwrap();
    assert_eq!(world.state(id).await, LifecycleState::Cancelled);
    assert_eq!(world.ticket(ticket).await.status, TicketStatus::Withdrawn);
    assert_eq!(
        world.told_since(id, before).await,
        ["approval.withdrawn", "release.cancelled"]
    );
    world.closes().await;
}
