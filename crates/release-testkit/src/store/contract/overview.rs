//! What the overview counts and compares.

use super::steps::{drafted, running, save, save_release, seed_within, seeded, sorted, start};
use crate::fixtures::{self, Place};
use release_domain::access::Scope;
use release_domain::catalogue::{EnvironmentKind, Reachability, TargetStatus};
use release_domain::execution::{Execution, ExecutionKind, ExecutionOutcome};
use release_domain::lifecycle::{FailReason, Lifecycle};
use release_domain::ports::{Ended, Store, TargetCounts, Visible, Write};
use release_domain::release::Release;

const LIMIT: u32 = 20;

/// The draft as a release that ended badly.
async fn failed(store: &dyn Store, draft: &Release) -> Release {
    let failed = Release {
        lifecycle: Lifecycle::Failed {
            reason: FailReason::CancelledByUser,
        },
        ..fixtures::next_version(draft)
    };
    save_release(store, &failed).await;
    failed
}

async fn failures(store: &dyn Store, of: &Release, visible: &Visible) -> Vec<Release> {
    let found = store.unanswered_failures(of.created_by.id, &[], visible, LIMIT).await;
    found.expect("the failures")
}

pub async fn a_failure_asks_for_an_answer_until_a_newer_release_is_there(store: &dyn Store) {
    let (place, draft) = drafted(store, "a").await;
    assert_eq!(failures(store, &draft, &Visible::All).await, []);
    let first = failed(store, &draft).await;
    assert_eq!(
        failures(store, &first, &Visible::All).await,
        std::slice::from_ref(&first)
    );
    let beside = fixtures::place_in(&place.project, EnvironmentKind::Staging, "b");
    seed_within(store, &beside).await;
    let elsewhere = Place {
        target: beside.target.clone(),
        environment: beside.environment.clone(),
        ..place.clone()
    };
    save_release(store, &elsewhere.release_by(2, &creator(&first))).await;
    assert_eq!(
        failures(store, &first, &Visible::All).await,
        std::slice::from_ref(&first)
    );
    let answer = place.release(3);
    save_release(store, &answer).await;
    assert_eq!(failures(store, &first, &Visible::All).await, []);
    let second = failed(store, &answer).await;
    assert_eq!(failures(store, &second, &Visible::All).await, [second]);
}

fn creator(of: &Release) -> release_domain::access::User {
    let mut user = fixtures::user("creator");
    user.id.0 = of.created_by.id;
    user
}

pub async fn failures_are_those_of_one_creator_and_of_what_is_visible(store: &dyn Store) {
    let (place, draft) = drafted(store, "a").await;
    let mine = failed(store, &draft).await;
    let here = Visible::Scopes(vec![Scope::environment(place.project.id, place.environment.id)]);
    assert_eq!(failures(store, &mine, &here).await, std::slice::from_ref(&mine));
    let nowhere = Visible::Scopes(vec![Scope::project(fixtures::id())]);
    assert_eq!(failures(store, &mine, &nowhere).await, []);
    let of = |by, projects: Vec<_>| async move {
        let found = store.unanswered_failures(by, &projects, &Visible::All, LIMIT).await;
        found.expect("the failures").len()
    };
    assert_eq!(of(fixtures::id(), Vec::new()).await, 0);
    assert_eq!(of(mine.created_by.id, vec![place.project.id]).await, 1);
    assert_eq!(of(mine.created_by.id, vec![fixtures::id()]).await, 0);
}

async fn end(store: &dyn Store, execution: &Execution, outcome: ExecutionOutcome, secs: i64) {
    let id = execution.id;
    let at = fixtures::at(secs);
    save(store, vec![Write::EndExecution { id, outcome, at }]).await;
}

pub async fn executions_are_counted_in_the_span_in_which_they_ended(store: &dyn Store) {
    let (place, first, execution) = running(store, "a").await;
    end(store, &execution, ExecutionOutcome::Succeeded, 10).await;
    let back = Execution {
        kind: ExecutionKind::Rollback,
        ..fixtures::execution(&first)
    };
    save(store, vec![Write::StartExecution(Box::new(back.clone()))]).await;
    end(store, &back, ExecutionOutcome::Succeeded, 19).await;
    let second = place.release(2);
    save_release(store, &second).await;
    let (_, execution) = start(store, &second).await;
    end(store, &execution, ExecutionOutcome::Failed, 20).await;
    running(store, "still-open").await;
    let instants = [0, 10, 20, 30].map(fixtures::at);
    let ended = |visible: Visible, projects: Vec<_>| async move {
        let found = store.ended_between(&instants, &projects, &visible).await;
        found.expect("the counts")
    };
    let expected = [
        Ended::default(),
        Ended {
            applied: 1,
            failed: 0,
            rolled_back: 1,
        },
        Ended {
            failed: 1,
            ..Ended::default()
        },
    ];
    assert_eq!(ended(Visible::All, Vec::new()).await, expected);
    assert_eq!(ended(Visible::All, vec![place.project.id]).await, expected);
    assert_eq!(ended(Visible::All, vec![fixtures::id()]).await, [Ended::default(); 3]);
    let here = Visible::Scopes(vec![Scope::project(place.project.id)]);
    assert_eq!(ended(here, Vec::new()).await, expected);
    assert_eq!(
        ended(Visible::Scopes(Vec::new()), Vec::new()).await,
        [Ended::default(); 3]
    );
}

async fn probed(store: &dyn Store, place: &Place, reachability: Reachability) {
    let finding = Write::TargetStatus {
        target: place.target.id,
        context_number: place.target.context_number,
        after: None,
        status: TargetStatus {
            reachability,
            ..TargetStatus::UNKNOWN
        },
    };
    save(store, vec![finding]).await;
}

async fn counts(store: &dyn Store, visible: &Visible) -> TargetCounts {
    store.target_counts(&[], visible).await.expect("the counts")
}

pub async fn targets_are_counted_by_their_newest_probe(store: &dyn Store) {
    let [a, b, _] = [
        seeded(store, "a").await,
        seeded(store, "b").await,
        seeded(store, "c").await,
    ];
    assert_eq!(counts(store, &Visible::All).await, TargetCounts::default());
    probed(store, &a, Reachability::Reachable).await;
    probed(store, &b, Reachability::Unreachable).await;
    let all = TargetCounts {
        reachable: 1,
        unreachable: 1,
        held: 0,
    };
    assert_eq!(counts(store, &Visible::All).await, all);
    let of_a = TargetCounts { unreachable: 0, ..all };
    let within = Visible::Scopes(vec![Scope::project(a.project.id)]);
    assert_eq!(counts(store, &within).await, of_a);
    assert_eq!(store.target_counts(&[a.project.id], &Visible::All).await, Ok(of_a));
}

pub async fn a_held_target_counts_once(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let beside = fixtures::place_in(&place.project, EnvironmentKind::Staging, "b");
    save(store, vec![Write::Service(beside.service.clone())]).await;
    let other = Place {
        service: beside.service,
        revision: beside.revision,
        ..place
    }
    .release(2);
    save_release(store, &other).await;
    let holds = [&release, &other].map(|release| Write::Hold(fixtures::hold(release)));
    save(store, holds.into()).await;
    assert_eq!(counts(store, &Visible::All).await.held, 1);
}

pub async fn cells_hold_what_is_current_on_each_target_and_the_newest(store: &dyn Store) {
    let (place, first) = drafted(store, "a").await;
    let twin = Place {
        target: fixtures::target(&place.environment, "twin"),
        ..place.clone()
    };
    save(store, vec![Write::Target(twin.target.clone())]).await;
    let second = twin.release(2);
    save_release(store, &second).await;
    let newest = place.release(3);
    save_release(store, &newest).await;
    seeded(store, "empty").await;
    let current = |place: &Place, release: &Release| Write::Current {
        service: place.service.id,
        target: place.target.id,
        release: Some(release.id),
    };
    save(store, vec![current(&place, &first), current(&twin, &second)]).await;
    let cells = |service, environment| async move { store.cells(&[service], &[environment]).await.expect("the cells") };
    let found = cells(place.service.id, place.environment.id).await;
    let ids = sorted(found.current.iter().map(|(release, _)| release.id));
    assert_eq!(ids, sorted([first.id, second.id]));
    assert_eq!(found.newest, [newest]);
    assert_eq!(cells(fixtures::id(), place.environment.id).await, Default::default());
    assert_eq!(cells(place.service.id, fixtures::id()).await, Default::default());
}
