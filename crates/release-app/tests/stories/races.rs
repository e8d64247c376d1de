//! Many at once: one winner, and nobody passes on what held a moment ago.

use crate::support::{Company, Person, World, web};
use release_app::approvals::TicketView;
use release_app::{AppError, Caller};
use release_domain::approval::{TicketStatus, Verdict};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::Write;
use release_domain::refusal::Refusal;
use tokio::task::JoinSet;

/// The company on two threads of its own, all starting at once.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    many: impl IntoIterator<Item = F>,
) -> Vec<T> {
    let mut set = JoinSet::new();
    for one in many {
        set.spawn(async move {
            tokio::task::yield_now().await;
            one.await
        });
    }
    set.join_all().await
}

fn invalid_transition<T>(answer: &Result<T, AppError>) -> bool {
    matches!(answer, Err(AppError::Refused(Refusal::InvalidTransition { .. })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_applies_at_once_one_is_taken() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    let apply = |company: Company, token: String| async move { company.apply(&company.ada.caller, id, &token).await };
    let answers = at_once((0..200).map(|_| apply(world.company.clone(), token.clone()))).await;
    let taken = answers.iter().filter(|a| a.is_ok()).count();
    let refused = answers.iter().filter(|a| invalid_transition(a)).count();
    println!("concurrent applies: {taken} taken, {refused} refused");
    assert_eq!((taken, refused), (1, 199));
    assert_eq!(world.count("apply.requested").await, 1);
    assert_eq!(world.store.running().len(), 1);
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    world.closes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_decisions_at_once_exactly_the_quorum_counts() {
    let world = World::new().await;
    world.policy(|p| p.min_approvals = 3).await;
    let (id, _) = world.submitted().await;
    let ticket = world.release(id).await.ticket.unwrap();
    let mut people = Vec::new();
    for n in 0..50 {
        let person = Person::new(&format!("approver-{n}"));
        world.write(vec![Write::User(person.user.clone())]).await;
        world.grant(&person, "approver").await;
        people.push(person.caller);
    }
    let decide =
        |company: Company, who: Caller, ticket| async move { company.decide(&who, &ticket, Verdict::Approved).await };
    let many = people
        .into_iter()
        .map(|who| decide(world.company.clone(), who, ticket.clone()));
    let answers = at_once(many).await;
    let counted = answers.iter().filter(|a| a.is_ok()).count();
    let closed = |a: &Result<TicketView, AppError>| {
        matches!(a, Err(AppError::Refused(Refusal::TicketClosed(TicketStatus::Approved))))
    };
    let late = answers.iter().filter(|a| closed(a)).count();
    println!("concurrent decisions: {counted} counted, {late} too late");
    assert_eq!((counted, late), (3, 47));
    let settled = world.ticket(ticket.id).await;
    assert_eq!(settled.decisions.len(), 3);
    assert_eq!(world.count("approval.granted").await, 1);
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.closes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_approval_and_a_rejection_at_once_leave_one_of_them() {
    for _ in 0..20 {
        let world = World::new().await;
        let (id, _) = world.submitted().await;
        let ticket = world.release(id).await.ticket.unwrap();
        let decide = |company: Company, verdict, ticket| async move {
            let who = match verdict {
                Verdict::Approved => company.bob.caller.clone(),
                Verdict::Rejected => company.cleo.caller.clone(),
            };
            company.decide(&who, &ticket, verdict).await.is_ok()
        };
        let both = [Verdict::Approved, Verdict::Rejected].map(|v| decide(world.company.clone(), v, ticket.clone()));
        let taken = at_once(both).await.into_iter().filter(|ok| *ok).count();
        assert_eq!(taken, 1);
        assert_eq!(world.ticket(ticket.id).await.decisions.len(), 1);
        world.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_releases_of_a_service_applied_at_once_run_one_after_the_other() {
    for _ in 0..20 {
        let world = World::new().await;
        let (one, first) = world.approved().await;
        let (other, second) = world.approved().await;
        let apply = |company: Company, id: ReleaseId, token: String| async move {
            company.apply(&company.ada.caller, id, &token).await
        };
        let answers = at_once([
            apply(world.company.clone(), one, first),
            apply(world.company.clone(), other, second),
        ])
        .await;
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
        let busy = |a: &Result<_, AppError>| matches!(a, Err(AppError::Refused(Refusal::TargetBusy { .. })));
        assert_eq!(answers.iter().filter(|a| busy(a)).count(), 1, "{answers:?}");
        assert_eq!(world.store.running().len(), 1);
        world.work().await;
        world.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edit_and_a_submit_at_once_never_submit_what_was_not_shown() {
    for _ in 0..20 {
        let world = World::new().await;
        let (id, token) = world.previewed().await;
        let version = world.release(id).await.version;
        let submit = {
            let (company, token) = (world.company.clone(), token.clone());
            tokio::spawn(async move { company.submit(&company.ada.caller, id, &token).await.is_ok() })
        };
        let edit = {
            let company = world.company.clone();
            let change = crate::support::variables(&[("VERSION", "2")]);
            tokio::spawn(async move { company.edit(&company.ada.caller, id, version, change).await.is_ok() })
        };
        let (submitted, edited) = (submit.await.unwrap(), edit.await.unwrap());
        assert!(submitted ^ edited, "one of the two comes first and stops the other");
        let release = world.release(id).await;
        assert_eq!(release.state() == LifecycleState::PendingApproval, submitted);
        world.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_that_is_taken_away_meanwhile_applies_nothing_afterwards() {
    for _ in 0..50 {
        let world = World::new().await;
        let (id, token) = world.approved().await;
        let apply = {
            let company = world.company.clone();
            tokio::spawn(async move { company.apply(&company.ada.caller, id, &token).await })
        };
        world.revoke(&world.ada, "developer").await;
        let answer = apply.await.unwrap();
        let events = world.events().await;
        let at = |kind: &str| events.iter().position(|e| e["event_type"] == kind);
        match answer {
            Ok(_) => assert!(at("apply.requested").is_some()),
            Err(AppError::Forbidden(_)) => assert!(at("apply.requested").is_none() && at("access.denied").is_some()),
            Err(other) => panic!("{other:?}"),
        }
        world.work().await;
        world.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusals_beside_changes_tell_of_the_release_as_it_is() {
    // `closes` sees that no event tells of a version that had passed.
    for _ in 0..20 {
        let world = World::new().await;
        world.revise(&web("2")).await;
        let (id, token) = world.submitted().await;
        let early = |company: Company, token: String| async move {
            company.apply(&company.olga.caller, id, &token).await.ok();
        };
        let applies = (0..10).map(|_| early(world.company.clone(), token.clone()));
        let company = world.company.clone();
        let cancel = tokio::spawn(async move { company.cancel(&company.ada.caller, id).await });
        at_once(applies).await;
        cancel.await.unwrap().unwrap();
        world.closes().await;
    }
}
