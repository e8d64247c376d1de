//! Breaking the glass: past approval, freezes and holds, never past the preview or a busy target.

use crate::support::{Answer, World, as_assistant, as_ci, web};
use release_app::releases::apply;
use release_app::{AppError, Call};
use release_domain::access::RoleKey;
use release_domain::actor::Channel;
use release_domain::approval::{TicketStatus, Verdict};
use release_domain::freeze::FreezeScope;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::Write;
use release_domain::refusal::{ForbiddenReason, PreviewReason, Refusal};
use release_testkit::fixtures;

fn refusal<T: std::fmt::Debug>(answer: Answer<T>) -> Refusal {
    match answer {
        Err(AppError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

async fn breakable() -> World {
    let world = World::new().await;
    world
        .policy(|p| p.break_glass_roles = vec![RoleKey("operator".into())])
        .await;
    world
}

#[tokio::test]
async fn it_passes_approval_and_freezes_and_leaves_a_review_that_moves_nothing() {
    let world = breakable().await;
    world
        .write(vec![Write::Freeze(fixtures::freeze(FreezeScope::Everything))])
        .await;
    let (id, token) = world.submitted().await;
    let ticket = world.release(id).await.ticket.unwrap().id;
    let before = world.told(id).await.len();
    let answer = world.break_glass(&world.olga.caller, id, &token).await.unwrap();
    assert_eq!(answer.release.state(), LifecycleState::Applying);
    assert!(!answer.reviewed);
    assert_eq!(world.ticket(ticket).await.status, TicketStatus::Withdrawn);
    assert_eq!(
        world.told_since(id, before).await,
        [
            "approval.withdrawn",
            "break_glass.used",
            "apply.requested",
            "approval.requested"
        ]
    );
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.clock.advance_secs(90 * 86_400);
    let review = world.release(id).await.review.unwrap();
    assert!(review.is_open(), "it never expires");
    world
        .decide(&world.bob.caller, &review, Verdict::Rejected)
        .await
        .unwrap();
    let view = world.get(&world.ada.caller, id).await.unwrap();
    assert_eq!(view.release.state(), LifecycleState::Applied);
    assert!(view.reviewed);
    assert_eq!(view.release.break_glass.unwrap().reason, "the shop is down");
    world.closes().await;
}

#[tokio::test]
async fn one_decision_settles_the_review_whatever_the_policy_asks_of_releases() {
    let world = breakable().await;
    world.policy(|p| p.min_approvals = 2).await;
    let (id, token) = world.previewed().await;
    world.break_glass(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    let review = world.release(id).await.review.unwrap();
    world
        .decide(&world.bob.caller, &review, Verdict::Approved)
        .await
        .unwrap();
    let closed = Refusal::TicketClosed(TicketStatus::Approved);
    assert_eq!(
        refusal(world.decide(&world.cleo.caller, &review, Verdict::Approved).await),
        closed
    );
    world.closes().await;
}

#[tokio::test]
async fn it_never_passes_the_preview_gate() {
    let world = breakable().await;
    let (id, token) = world.previewed().await;
    world.clock.advance_secs(1_800);
    let refused = refusal(world.break_glass(&world.olga.caller, id, &token).await);
    assert_eq!(refused, Refusal::PreviewRequired(PreviewReason::Expired));
    world.closes().await;
}

#[tokio::test]
async fn it_never_passes_a_busy_target() {
    let world = breakable().await;
    let (id, token) = world.previewed().await;
    let running = world.applying().await;
    let refused = refusal(world.break_glass(&world.olga.caller, id, &token).await);
    assert_eq!(refused, Refusal::TargetBusy { running });
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn it_is_for_people_with_the_role_by_their_own_hand() {
    let world = breakable().await;
    let (id, token) = world.previewed().await;
    let not_eligible = Refusal::ApprovalForbidden(ForbiddenReason::NotEligible);
    assert_eq!(
        refusal(world.break_glass(&world.ada.caller, id, &token).await),
        not_eligible
    );
    for through in [
        as_ci(&world.olga),
        as_assistant(&world.olga, Channel::Ai),
        as_assistant(&world.olga, Channel::Mcp),
        world.robot.caller.clone(),
    ] {
        assert_eq!(refusal(world.break_glass(&through, id, &token).await), not_eligible);
    }
    let denied = world.break_glass(&world.bob.caller, id, &token).await.unwrap_err();
    assert!(matches!(denied, AppError::Forbidden(_)), "{denied:?}");
    assert_eq!(world.state(id).await, LifecycleState::Previewed);
    world.closes().await;
}

#[tokio::test]
async fn it_needs_a_reason() {
    let world = breakable().await;
    let (id, token) = world.previewed().await;
    let call = Call::plain(&world.olga.caller);
    for reason in ["", "  ", &"x".repeat(2_001)] {
        let refused = apply::apply(&world.app, &call, id, Some(&token), Some(reason.into())).await;
        let Err(AppError::Invalid(wrong)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(wrong[0].pointer, "/break_glass/reason");
    }
    world.closes().await;
}

#[tokio::test]
async fn a_release_that_was_rejected_is_not_run_by_breaking_the_glass() {
    let world = breakable().await;
    let (id, token) = world.submitted().await;
    world.reject(&world.bob.caller, id).await.unwrap();
    let refused = refusal(world.break_glass(&world.olga.caller, id, &token).await);
    assert!(matches!(refused, Refusal::ApprovalRequired { .. }), "{refused:?}");
    world.closes().await;
}

#[tokio::test]
async fn what_ran_by_breaking_the_glass_can_be_rolled_back_like_any_other() {
    let world = breakable().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let (id, token) = world.previewed().await;
    world.break_glass(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    let token = world.rollback_token(id, None).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    assert!(world.release(id).await.review.unwrap().is_open());
    world.closes().await;
}
