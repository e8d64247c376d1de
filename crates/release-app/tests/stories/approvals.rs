//! Tickets: who may decide, how many have to, and until when.

use crate::support::{Answer, World, as_assistant, as_ci};
use release_app::approvals::{self, TicketView};
use release_app::{AppError, Call, scheduler};
use release_domain::actor::Channel;
use release_domain::approval::{TicketStatus, Verdict};
use release_domain::lifecycle::{Lifecycle, LifecycleState, RejectReason};
use release_domain::ports::{Page, TicketFilter};
use release_domain::refusal::{ApprovalReason, ForbiddenReason, Refusal};
use release_testkit::fixtures;

fn refusal<T: std::fmt::Debug>(answer: Answer<T>) -> Refusal {
    match answer {
        Err(AppError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn forbidden(answer: Answer<TicketView>) -> ForbiddenReason {
    match refusal(answer) {
        Refusal::ApprovalForbidden(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rejection_ends_the_release_and_says_why() {
    let world = World::new().await;
    let (id, token) = world.submitted().await;
    let decided = world.reject(&world.bob.caller, id).await.unwrap();
    assert_eq!(decided.ticket.status, TicketStatus::Rejected);
    let reason = RejectReason::ApprovalRejected;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Rejected { reason });
    let Refusal::ApprovalRequired { reason, .. } = refusal(world.apply(&world.ada.caller, id, &token).await) else {
        panic!()
    };
    assert_eq!(reason, ApprovalReason::Rejected);
    world.closes().await;
}

#[tokio::test]
async fn before_and_while_people_decide_nothing_is_applied() {
    let world = World::new().await;
    let (id, token) = world.previewed().await;
    let reason = |r| match r {
        Refusal::ApprovalRequired { reason, .. } => reason,
        other => panic!("{other:?}"),
    };
    let ada = &world.ada.caller;
    assert_eq!(
        reason(refusal(world.apply(ada, id, &token).await)),
        ApprovalReason::NotSubmitted
    );
    world.submit(ada, id, &token).await.unwrap();
    assert_eq!(
        reason(refusal(world.apply(ada, id, &token).await)),
        ApprovalReason::Pending
    );
    world.closes().await;
}

#[tokio::test]
async fn two_approvals_are_two_people() {
    let world = World::new().await;
    world.policy(|p| p.min_approvals = 2).await;
    let (id, token) = world.submitted().await;
    let first = world.approve(&world.bob.caller, id).await.unwrap();
    assert_eq!((first.received, first.required), (1, 2));
    assert_eq!(world.state(id).await, LifecycleState::PendingApproval);
    assert_eq!(
        forbidden(world.approve(&world.bob.caller, id).await),
        ForbiddenReason::AlreadyDecided
    );
    world.approve(&world.cleo.caller, id).await.unwrap();
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn a_risk_in_the_plan_raises_how_many_must_approve() {
    let world = World::new().await;
    let risk = release_domain::plan::RiskCode::ReplicasZero;
    world
        .policy(move |p| {
            p.risk_approvals.insert(risk, 2);
        })
        .await;
    world.revise("service/web: replicas=0\n").await;
    let (id, _) = world.submitted().await;
    let view = world.get(&world.ada.caller, id).await.unwrap();
    assert_eq!(view.approval.required, 2);
    let because: Vec<_> = view.approval.because.iter().map(|b| b.code.as_str()).collect();
    assert_eq!(because, ["policy", "risk"]);
    world.closes().await;
}

#[tokio::test]
async fn an_approval_is_given_to_a_plan() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    let mut ticket = world.release(id).await.ticket.unwrap();
    ticket.plan_hash = fixtures::hash("another plan");
    let refused = refusal(world.decide(&world.bob.caller, &ticket, Verdict::Approved).await);
    assert_eq!(refused, Refusal::PlanChanged);
    assert_eq!(world.count("gate.refused").await, 0);
    let call = Call::plain(&world.bob.caller);
    let nothing = approvals::decide::decide(&world.app, &call, ticket.id, Verdict::Approved, None, None).await;
    assert!(matches!(nothing, Err(AppError::Invalid(_))), "{nothing:?}");
    world.closes().await;
}

#[tokio::test]
async fn a_comment_is_given_where_the_policy_asks_and_with_every_rejection() {
    let world = World::new().await;
    world.policy(|p| p.require_comment = true).await;
    let (id, _) = world.submitted().await;
    let ticket = world.release(id).await.ticket.unwrap();
    let call = Call::plain(&world.bob.caller);
    for (verdict, comment) in [
        (Verdict::Approved, None),
        (Verdict::Approved, Some(" ")),
        (Verdict::Rejected, None),
    ] {
        let comment = comment.map(String::from);
        let hash = Some(ticket.plan_hash);
        let refused = approvals::decide::decide(&world.app, &call, ticket.id, verdict, hash, comment).await;
        let Err(AppError::Invalid(wrong)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((wrong[0].pointer.as_str(), wrong[0].code), ("/comment", "required"));
    }
    world.closes().await;
}

#[tokio::test]
async fn a_ticket_that_is_settled_takes_no_decision() {
    let world = World::new().await;
    let (id, _) = world.approved().await;
    let refused = refusal(world.approve(&world.cleo.caller, id).await);
    assert_eq!(refused, Refusal::TicketClosed(TicketStatus::Approved));
    assert_eq!(world.count("gate.refused").await, 0, "a closed ticket is no gate");
    world.closes().await;
}

#[tokio::test]
async fn an_overdue_ticket_is_expired_by_whoever_touches_it_first() {
    let world = World::new().await;
    let (id, token) = world.submitted().await;
    world.clock.advance_secs(86_400);
    let refused = refusal(world.approve(&world.bob.caller, id).await);
    assert_eq!(refused, Refusal::TicketClosed(TicketStatus::Expired));
    let reason = RejectReason::ApprovalExpired;
    assert_eq!(world.release(id).await.lifecycle, Lifecycle::Rejected { reason });
    let told = world.newest("approval.expired").await;
    assert_eq!(told["actor"]["kind"], "system");
    let Refusal::ApprovalRequired { reason, .. } = refusal(world.apply(&world.ada.caller, id, &token).await) else {
        panic!()
    };
    assert_eq!(reason, ApprovalReason::Expired);
    world.closes().await;
}

#[tokio::test]
async fn the_scheduler_expires_what_nobody_touches_and_leaves_the_rest() {
    let world = World::new().await;
    let (old, _) = world.submitted().await;
    world.clock.advance_secs(86_399);
    let (young, _) = world.submitted().await;
    assert_eq!(scheduler::tick(&world.app).await.unwrap(), 0);
    world.clock.advance_secs(1);
    assert_eq!(scheduler::tick(&world.app).await.unwrap(), 1);
    assert_eq!(world.state(old).await, LifecycleState::Rejected);
    assert_eq!(world.state(young).await, LifecycleState::PendingApproval);
    assert_eq!(scheduler::tick(&world.app).await.unwrap(), 0);
    world.closes().await;
}

#[tokio::test]
async fn once_approved_a_ticket_no_longer_expires() {
    let world = World::new().await;
    let (id, _) = world.approved().await;
    world.clock.advance_secs(30 * 86_400);
    assert_eq!(scheduler::tick(&world.app).await.unwrap(), 0);
    let token = world.token(id).await;
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test]
async fn a_new_preview_of_the_same_plan_renews_the_token_and_keeps_the_ticket() {
    let world = World::new().await;
    world.policy(|p| p.min_approvals = 2).await;
    let (id, _) = world.submitted().await;
    world.approve(&world.bob.caller, id).await.unwrap();
    let before = world.release(id).await.ticket.unwrap();
    world.clock.advance_secs(3_600);
    let token = world.token(id).await;
    assert_eq!(world.release(id).await.ticket, Some(before));
    world.approve(&world.cleo.caller, id).await.unwrap();
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn no_assistant_ever_decides_whoever_it_acts_for() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    for channel in [Channel::Ai, Channel::Mcp] {
        let assistant = as_assistant(&world.bob, channel);
        assert_eq!(
            forbidden(world.approve(&assistant, id).await),
            ForbiddenReason::AssistantCannotDecide
        );
    }
    let mut through = world.bob.caller.clone();
    through.channel = Channel::Mcp;
    assert_eq!(
        forbidden(world.approve(&through, id).await),
        ForbiddenReason::AssistantCannotDecide
    );
    assert_eq!(world.state(id).await, LifecycleState::PendingApproval);
    world.closes().await;
}

#[tokio::test]
async fn a_release_submitted_by_an_agent_needs_approval_even_where_a_persons_would_not() {
    let world = World::new().await;
    let agent = as_assistant(&world.ada, Channel::Mcp);
    let draft = world
        .create(&agent, &world.sandbox, crate::support::with_secret())
        .await
        .unwrap();
    let id = draft.release.id;
    let token = crate::support::token(&world.preview(&agent, id).await.unwrap());
    let submitted = world.submit(&agent, id, &token).await.unwrap();
    assert_eq!(submitted.release.state(), LifecycleState::PendingApproval);
    assert_eq!(submitted.approval.because[0].code.as_str(), "assistant");
    world.grant(&world.ada, "approver").await;
    assert_eq!(
        forbidden(world.approve(&world.ada.caller, id).await),
        ForbiddenReason::SelfApproval
    );
    world.closes().await;
}

#[tokio::test]
async fn a_pipeline_decides_where_its_owner_may() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    world.approve(&as_ci(&world.bob), id).await.unwrap();
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.closes().await;
}

#[tokio::test]
async fn the_inbox_holds_what_waits_for_me() {
    let world = World::new().await;
    let (open, _) = world.submitted().await;
    let (_settled, _) = world.approved().await;
    let list = async |who, mine| {
        let page = Page { limit: 50, after: None };
        let found = approvals::list::list(&world.app, who, &TicketFilter::default(), mine, page).await;
        found.unwrap().items
    };
    assert_eq!(list(&world.bob.caller, false).await.len(), 2);
    let mine = list(&world.bob.caller, true).await;
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].release.id, open);
    assert!(mine[0].may_decide);
    assert!(
        list(&world.ada.caller, true).await.is_empty(),
        "nobody approves their own"
    );
    assert!(list(&world.nina.caller, false).await.is_empty());
    let detail = approvals::get::get(&world.app, &world.vera.caller, mine[0].ticket.id)
        .await
        .unwrap();
    assert_eq!(detail.plan.unwrap().summary.create, 3);
    assert!(!detail.ticket.may_decide);
    world.clock.advance_secs(86_400);
    assert!(
        list(&world.bob.caller, true).await.is_empty(),
        "nobody decides what is over"
    );
    world.closes().await;
}
