//! Executions as commits start, follow and end them.

use super::steps::{at_once, drafted, running, save, save_release, seed_within, start, try_save};
use crate::fixtures;
use release_domain::catalogue::EnvironmentKind;
use release_domain::execution::{ExecutionOutcome, ObjectStatus};
use release_domain::ids::ExecutionId;
use release_domain::ports::{CommitError, Store, Write};

fn end(id: ExecutionId) -> Write {
    Write::EndExecution {
        id,
        outcome: ExecutionOutcome::Succeeded,
        at: fixtures::at(30),
    }
}

fn progress(id: ExecutionId, secs: i64, started: bool, wrote: bool) -> Write {
    Write::ExecutionProgress {
        id,
        at: fixtures::at(secs),
        started,
        wrote,
    }
}

pub async fn an_execution_reads_as_it_was_started(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    assert_eq!(store.execution(execution.id).await, Ok(Some(execution)));
}

pub async fn a_busy_target_refuses_a_second_execution(store: &dyn Store) {
    let (place, _, _) = running(store, "a").await;
    let second = place.release(2);
    save_release(store, &second).await;
    let execution = fixtures::execution(&second);
    let applying = fixtures::started(&second, &execution);
    let writes = vec![
        Write::Release(Box::new(applying)),
        Write::StartExecution(Box::new(execution.clone())),
    ];
    assert_eq!(try_save(store, writes).await, Err(CommitError::Conflict));
    assert_eq!(store.release(second.id).await, Ok(Some(second)));
    assert_eq!(store.execution(execution.id).await, Ok(None));
}

pub async fn another_service_or_target_is_not_busy(store: &dyn Store) {
    let (place, _, _) = running(store, "a").await;
    let beside = fixtures::place_in(&place.project, EnvironmentKind::Staging, "b");
    seed_within(store, &beside).await;
    let other_target = fixtures::Place {
        target: beside.target.clone(),
        environment: beside.environment.clone(),
        ..place.clone()
    };
    let other_service = fixtures::Place {
        service: beside.service.clone(),
        ..place
    };
    for (number, place) in [(2, other_target), (3, other_service)] {
        let release = place.release(number);
        save_release(store, &release).await;
        start(store, &release).await;
    }
}

pub async fn of_racing_starts_one_is_taken(store: &dyn Store) {
    let (place, _) = drafted(store, "a").await;
    let mut starts = Vec::new();
    for number in 2..=13 {
        let release = place.release(number);
        save_release(store, &release).await;
        let execution = fixtures::execution(&release);
        let applying = fixtures::started(&release, &execution);
        starts.push(vec![
            Write::Release(Box::new(applying)),
            Write::StartExecution(Box::new(execution)),
        ]);
    }
    let outcomes = at_once(starts.into_iter().map(|writes| try_save(store, writes))).await;
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| **outcome == Err(CommitError::Conflict))
        .count();
    assert_eq!((taken, refused), (1, 11));
}

pub async fn an_ended_execution_frees_the_target(store: &dyn Store) {
    let (place, release, execution) = running(store, "a").await;
    save(store, vec![end(execution.id)]).await;
    let ended = store
        .execution(execution.id)
        .await
        .expect("an answer")
        .expect("an execution");
    assert_eq!(
        (ended.outcome, ended.ended_at),
        (Some(ExecutionOutcome::Succeeded), Some(fixtures::at(30)))
    );
    assert_eq!(ended.lease, None);
    let dossier = store
        .dossier(release.id, fixtures::now())
        .await
        .expect("an answer")
        .expect("a dossier");
    assert_eq!(dossier.running, None);
    let second = place.release(2);
    save_release(store, &second).await;
    start(store, &second).await;
}

pub async fn progress_sets_and_never_clears(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let id = execution.id;
    save(store, vec![progress(id, 1, true, false)]).await;
    save(store, vec![progress(id, 2, false, true)]).await;
    save(store, vec![progress(id, 3, true, false)]).await;
    let found = store.execution(id).await.expect("an answer").expect("an execution");
    assert_eq!(found.progress_at, fixtures::at(3));
    assert_eq!(found.started_at, Some(fixtures::at(1)));
    assert!(found.wrote);
}

pub async fn a_stop_shows_to_the_worker(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let claim = store
        .claim("worker", fixtures::now(), 10)
        .await
        .expect("an answer")
        .expect("a claim");
    assert!(!claim.execution.cancel_requested);
    save(store, vec![Write::StopExecution(execution.id)]).await;
    let renewed = store
        .renew(execution.id, claim.execution.epoch, fixtures::at(1), 10)
        .await;
    assert!(renewed.expect("an answer").expect("still held").cancel_requested);
}

pub async fn an_ended_execution_takes_nothing_more(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let id = execution.id;
    save(store, vec![end(id)]).await;
    for late in [end(id), progress(id, 40, false, true), Write::StopExecution(id)] {
        let refused = try_save(store, vec![late.clone()]).await;
        assert_eq!(refused, Err(CommitError::Conflict), "{late:?}");
    }
}

pub async fn object_states_are_replaced_by_key(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let states = |states: Vec<_>| Write::ObjectStates {
        execution: execution.id,
        states,
    };
    let pending = |key| fixtures::object_state(key, ObjectStatus::Pending);
    let healthy = |key| fixtures::object_state(key, ObjectStatus::Healthy);
    save(
        store,
        vec![states(vec![pending("service/web"), pending("network/front")])],
    )
    .await;
    // Of two states of one object in a commit the later one stands.
    let newer = states(vec![
        pending("service/db"),
        pending("service/web"),
        healthy("service/web"),
    ]);
    save(store, vec![newer]).await;
    save(store, vec![states(Vec::new())]).await;
    let expected = vec![pending("network/front"), pending("service/db"), healthy("service/web")];
    assert_eq!(store.object_states(execution.id).await, Ok(expected));
}
