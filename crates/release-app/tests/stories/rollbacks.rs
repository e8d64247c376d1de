//! Where a rollback may go, and whose approval covers it.

use crate::support::{Answer, World, as_assistant, token, web};
use release_app::AppError;
use release_domain::actor::Channel;
use release_domain::approval::{TicketPurpose, TicketStatus};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::RollbackApproval;
use release_domain::preview::RollbackTo;
use release_domain::refusal::{ApprovalReason, Refusal, RollbackReason};

fn refusal<T: std::fmt::Debug>(answer: Answer<T>) -> Refusal {
    match answer {
        Err(AppError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn pending(refusal: Refusal) -> release_domain::ids::TicketId {
    match refusal {
        Refusal::ApprovalRequired {
            reason: ApprovalReason::Pending,
            ticket: Some(ticket),
        } => ticket,
        other => panic!("{other:?}"),
    }
}

/// Two releases applied one after the other.
async fn two(world: &World) -> (ReleaseId, ReleaseId) {
    let first = world.applied().await;
    world.revise(&web("2")).await;
    (first, world.applied().await)
}

#[tokio::test]
async fn where_policy_asks_the_first_call_opens_a_ticket_and_the_second_runs() {
    let world = World::new().await;
    let (first, id) = two(&world).await;
    world.policy(|p| p.rollback_approval = RollbackApproval::Required).await;
    let olga = &world.olga.caller;
    let shown = world.rollback_preview(olga, id, None).await.unwrap();
    assert_eq!((shown.approval.required, shown.approval.covered_until), (1, None));
    let before = world.told(id).await.len();
    let ticket = pending(refusal(world.rollback(olga, id, &token(&shown)).await));
    assert_eq!(world.state(id).await, LifecycleState::Applied, "the release stays");
    assert_eq!(
        world.told_since(id, before).await,
        ["gate.refused", "approval.requested"]
    );
    assert_eq!(world.ticket(ticket).await.purpose, TicketPurpose::Rollback);
    assert_eq!(
        pending(refusal(world.rollback(olga, id, &token(&shown)).await)),
        ticket,
        "one ticket"
    );
    world.approve(&world.bob.caller, id).await.unwrap();
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.rollback(olga, id, &token(&shown)).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    assert!(world.release(first).await.is_current);
    world.closes().await;
}

#[tokio::test]
async fn a_rejected_or_expired_rollback_ticket_changes_nothing_and_the_next_call_opens_another() {
    let world = World::new().await;
    let (_, id) = two(&world).await;
    world.policy(|p| p.rollback_approval = RollbackApproval::Required).await;
    let olga = &world.olga.caller;
    let first = pending(refusal(
        world.rollback(olga, id, &world.rollback_token(id, None).await).await,
    ));
    world.reject(&world.bob.caller, id).await.unwrap();
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    let shown = world.rollback_preview(olga, id, None).await.unwrap();
    let next = (
        shown.approval.status.as_str(),
        shown.approval.required,
        shown.approval.ticket_id,
    );
    assert_eq!(next, ("not_requested", 1, None), "the next call opens another");
    let second = pending(refusal(
        world.rollback(olga, id, &world.rollback_token(id, None).await).await,
    ));
    assert_ne!(first, second);
    world.clock.advance_secs(86_400);
    let third = pending(refusal(
        world.rollback(olga, id, &world.rollback_token(id, None).await).await,
    ));
    assert_ne!(second, third);
    assert_eq!(world.ticket(second).await.status, TicketStatus::Expired);
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test]
async fn past_the_pass_a_rollback_waits_for_a_vote() {
    let world = World::new().await;
    let (_, id) = two(&world).await;
    let olga = &world.olga.caller;
    let shown = world.rollback_preview(olga, id, None).await.unwrap();
    let ended = world.release(id).await.apply_ended_at.unwrap();
    assert_eq!(shown.approval.covered_until, Some(ended.plus_secs(604_800)));
    world.clock.set(ended.plus_secs(604_800));
    let late = world.rollback_token(id, None).await;
    let ticket = pending(refusal(world.rollback(olga, id, &late).await));
    let because = &world.ticket(ticket).await.because;
    assert_eq!(because[0].code.as_str(), "pass_over");
    world.closes().await;
}

#[tokio::test]
async fn a_pass_of_zero_is_never() {
    let world = World::new().await;
    world.policy(|p| p.rollback_pass_secs = 0).await;
    let (_, id) = two(&world).await;
    let token = world.rollback_token(id, None).await;
    pending(refusal(world.rollback(&world.olga.caller, id, &token).await));
    world.closes().await;
}

#[tokio::test]
async fn an_agents_rollback_always_takes_a_ticket() {
    let world = World::new().await;
    let (_, id) = two(&world).await;
    world.policy(|p| p.rollback_approval = RollbackApproval::None).await;
    let agent = as_assistant(&world.olga, Channel::Mcp);
    let shown = world.rollback_preview(&agent, id, None).await.unwrap();
    assert_eq!(shown.approval.required, 1);
    pending(refusal(world.rollback(&agent, id, &token(&shown)).await));
    let token = world.rollback_token(id, None).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    world.closes().await;
}

#[tokio::test]
async fn a_preview_of_another_rollback_voids_the_ticket_of_the_one_before() {
    let world = World::new().await;
    let (_, id) = two(&world).await;
    world.policy(|p| p.rollback_approval = RollbackApproval::Required).await;
    let token = world.rollback_token(id, None).await;
    let ticket = pending(refusal(world.rollback(&world.olga.caller, id, &token).await));
    world.approve(&world.bob.caller, id).await.unwrap();
    let other = world.rollback_token(id, Some(RollbackTo::Uninstall)).await;
    assert_eq!(world.ticket(ticket).await.status, TicketStatus::Voided);
    pending(refusal(world.rollback(&world.olga.caller, id, &other).await));
    world.closes().await;
}

#[tokio::test]
async fn only_the_current_release_or_the_last_that_failed_after_it_goes_back() {
    let world = World::new().await;
    let olga = &world.olga.caller;
    let (first, second) = two(&world).await;
    let unavailable = |reason| Refusal::RollbackUnavailable(reason);
    let refused = refusal(world.rollback_preview(olga, first, None).await);
    assert_eq!(refused, unavailable(RollbackReason::NotCurrent));
    assert_eq!(
        world.newest("gate.refused").await["data"]["command"],
        "rollback_preview"
    );
    world.revise(&(web("3") + "fail: crash_loop\n")).await;
    let failed = world.applied().await;
    world.rollback_preview(olga, failed, None).await.unwrap();
    world.rollback_preview(olga, second, None).await.unwrap();
    let later = world.applied().await;
    assert_eq!(world.state(later).await, LifecycleState::Failed);
    let refused = refusal(world.rollback_preview(olga, failed, None).await);
    assert_eq!(refused, unavailable(RollbackReason::NotCurrent));
    world.closes().await;
}

#[tokio::test]
async fn the_first_release_has_nothing_to_return_to_but_can_be_uninstalled() {
    let world = World::new().await;
    let id = world.applied().await;
    let refused = refusal(world.rollback_preview(&world.olga.caller, id, None).await);
    assert_eq!(refused, Refusal::RollbackUnavailable(RollbackReason::NothingToReturnTo));
    world
        .rollback_preview(&world.olga.caller, id, Some(RollbackTo::Uninstall))
        .await
        .unwrap();
    world.closes().await;
}

#[tokio::test]
async fn an_earlier_release_can_be_named_and_one_that_was_never_applied_here_cannot() {
    let world = World::new().await;
    let olga = &world.olga.caller;
    let (first, second) = two(&world).await;
    world.revise(&web("3")).await;
    let third = world.applied().await;
    let (rejected, _) = world.submitted().await;
    world.reject(&world.bob.caller, rejected).await.unwrap();
    world.revise(&(web("4") + "fail: crash_loop\n")).await;
    let failed = world.applied().await;
    let elsewhere = world
        .create(&world.ada.caller, &world.sandbox, crate::support::with_secret())
        .await
        .unwrap();
    let never = Refusal::RollbackUnavailable(RollbackReason::NeverAppliedHere);
    let unknown = release_testkit::fixtures::id();
    for to in [rejected, failed, elsewhere.release.id, third, unknown] {
        let refused = refusal(world.rollback_preview(olga, third, Some(RollbackTo::Release(to))).await);
        assert_eq!(refused, never);
    }
    let token = world.rollback_token(third, Some(RollbackTo::Release(first))).await;
    world.rollback(olga, third, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.serves().as_deref(), Some("1"));
    assert!(world.release(first).await.is_current);
    assert!(!world.release(second).await.is_current);
    world.closes().await;
}

#[tokio::test]
async fn a_rollback_that_was_seen_on_another_target_state_is_drift() {
    let world = World::new().await;
    let (_, id) = two(&world).await;
    let token = world.rollback_token(id, None).await;
    world.runtime.change_world(&world.access(&world.target), |live| {
        live.insert("service/web", &[("serves", "somebody else's")]);
    });
    let refused = refusal(world.rollback(&world.olga.caller, id, &token).await);
    assert_eq!(refused.reason_code(), Some("live_state_drifted"));
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test]
async fn what_was_returned_to_is_what_the_next_one_returns_to() {
    let world = World::new().await;
    let (first, second) = two(&world).await;
    let token = world.rollback_token(second, None).await;
    world.rollback(&world.olga.caller, second, &token).await.unwrap();
    world.work().await;
    world.revise(&web("3")).await;
    let third = world.applied().await;
    assert_eq!(world.release(third).await.returns_to, Some(first));
    world.closes().await;
}
