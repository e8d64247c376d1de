//! The queue: leases, epochs, fencing.

use super::steps::{at_once, running, save};
use crate::fixtures;
use release_domain::execution::{Execution, ExecutionOutcome};
use release_domain::ports::{Claim, Store, Write};

async fn claim(store: &dyn Store, holder: &str, secs: i64) -> Option<Claim> {
    store.claim(holder, fixtures::at(secs), 10).await.expect("an answer")
}

async fn read(store: &dyn Store, execution: &Execution) -> Execution {
    store
        .execution(execution.id)
        .await
        .expect("an answer")
        .expect("an execution")
}

/// Executions queued at these seconds, in that order.
async fn queued(store: &dyn Store, at: &[i64]) -> Vec<Execution> {
    let mut executions = Vec::new();
    for secs in at {
        let key = format!("q{}", executions.len());
        let (_, draft) = super::steps::drafted(store, &key).await;
        let execution = Execution {
            queued_at: fixtures::at(*secs),
            ..fixtures::execution(&draft)
        };
        save(store, vec![Write::StartExecution(Box::new(execution.clone()))]).await;
        executions.push(execution);
    }
    executions
}

pub async fn the_oldest_waiting_execution_is_claimed_first(store: &dyn Store) {
    let executions = queued(store, &[3, 1, 2]).await;
    let mut order = Vec::new();
    while let Some(claim) = claim(store, "worker", 4).await {
        order.push(claim.execution.id);
    }
    assert_eq!(order, [executions[1].id, executions[2].id, executions[0].id]);
}

pub async fn an_empty_queue_yields_nothing(store: &dyn Store) {
    assert_eq!(claim(store, "worker", 0).await, None);
    assert_eq!(store.queue_age_secs(fixtures::now()).await, Ok(0));
}

pub async fn a_claimed_execution_is_not_claimed_again_before_its_lease_is_over(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let first = claim(store, "one", 0).await.expect("a claim");
    assert!(!first.resumed);
    assert_eq!(read(store, &execution).await, first.execution);
    let lease = first.execution.lease.expect("a lease");
    assert_eq!((lease.holder.as_str(), lease.until), ("one", fixtures::at(10)));
    assert_eq!(claim(store, "two", 9).await, None);
}

pub async fn a_lapsed_lease_is_taken_over_with_a_greater_epoch(store: &dyn Store) {
    running(store, "a").await;
    let first = claim(store, "one", 0).await.expect("a claim");
    let second = claim(store, "two", 10).await.expect("the lease is over");
    assert!(second.resumed);
    assert!(second.execution.epoch > first.execution.epoch);
    assert_eq!(second.execution.lease.map(|lease| lease.holder), Some("two".to_owned()));
}

pub async fn epochs_grow_across_the_whole_store(store: &dyn Store) {
    queued(store, &[0, 0, 0]).await;
    let mut last = 0;
    for round in 0..3 {
        for _ in 0..3 {
            let epoch = claim(store, "worker", round * 10)
                .await
                .expect("a claim")
                .execution
                .epoch;
            assert!(epoch > last, "{epoch} comes after {last}");
            last = epoch;
        }
    }
}

pub async fn an_ended_execution_is_not_claimed(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let outcome = ExecutionOutcome::Failed;
    let end = Write::EndExecution {
        id: execution.id,
        outcome,
        at: fixtures::at(1),
    };
    save(store, vec![end]).await;
    assert_eq!(claim(store, "worker", 100).await, None);
    assert_eq!(store.queue_age_secs(fixtures::at(100)).await, Ok(0));
}

pub async fn a_renewed_lease_lasts_longer(store: &dyn Store) {
    running(store, "a").await;
    let held = claim(store, "one", 0).await.expect("a claim").execution;
    let renewed = store
        .renew(held.id, held.epoch, fixtures::at(8), 10)
        .await
        .expect("an answer")
        .expect("held");
    assert_eq!(renewed.lease.clone().map(|lease| lease.until), Some(fixtures::at(18)));
    assert_eq!(renewed.epoch, held.epoch);
    assert_eq!(read(store, &held).await, renewed);
    assert_eq!(claim(store, "two", 17).await, None);
}

pub async fn renewing_tells_a_fenced_worker_so(store: &dyn Store) {
    running(store, "a").await;
    let old = claim(store, "one", 0).await.expect("a claim").execution;
    let new = claim(store, "two", 20).await.expect("a claim").execution;
    assert_eq!(store.renew(old.id, old.epoch, fixtures::at(21), 10).await, Ok(None));
    assert_eq!(read(store, &old).await, new);
    assert_eq!(store.renew(fixtures::id(), 1, fixtures::at(21), 10).await, Ok(None));
    let end = Write::EndExecution {
        id: new.id,
        outcome: ExecutionOutcome::Succeeded,
        at: fixtures::at(22),
    };
    save(store, vec![end]).await;
    assert_eq!(store.renew(new.id, new.epoch, fixtures::at(23), 10).await, Ok(None));
}

pub async fn a_lease_given_back_is_claimed_at_once(store: &dyn Store) {
    running(store, "a").await;
    let held = claim(store, "one", 0).await.expect("a claim").execution;
    store.give_back(held.id, held.epoch).await.expect("given back");
    assert_eq!(read(store, &held).await.lease, None);
    assert_eq!(store.renew(held.id, held.epoch, fixtures::at(1), 10).await, Ok(None));
    let next = claim(store, "two", 1).await.expect("it is free");
    assert!(next.resumed);
    assert!(next.execution.epoch > held.epoch);
}

pub async fn giving_back_another_epoch_changes_nothing(store: &dyn Store) {
    running(store, "a").await;
    let old = claim(store, "one", 0).await.expect("a claim").execution;
    let new = claim(store, "two", 20).await.expect("a claim").execution;
    store.give_back(old.id, old.epoch).await.expect("an answer");
    assert_eq!(read(store, &old).await, new);
}

pub async fn racing_claims_never_share_an_execution(store: &dyn Store) {
    let executions = queued(store, &[0; 8]).await;
    let holders: Vec<_> = (0..12).map(|n| format!("worker-{n}")).collect();
    let claims = at_once(holders.iter().map(|holder| claim(store, holder, 1))).await;
    let mut claims: Vec<_> = claims.into_iter().flatten().collect();
    // A store may look past one that another worker is just taking; it is found by the next look.
    while let Some(late) = claim(store, "late", 1).await {
        claims.push(late);
    }
    assert_eq!(claims.len(), executions.len());
    let epochs = super::steps::sorted(claims.iter().map(|claim| claim.execution.epoch));
    assert!(
        epochs.windows(2).all(|pair| pair[0] < pair[1]),
        "no epoch is given twice: {epochs:?}"
    );
    let mut ids: Vec<_> = claims.iter().map(|claim| claim.execution.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), executions.len());
}

pub async fn the_queue_age_is_that_of_the_oldest_waiting_one(store: &dyn Store) {
    queued(store, &[0, 5]).await;
    assert_eq!(store.queue_age_secs(fixtures::at(7)).await, Ok(7));
    claim(store, "worker", 7).await.expect("a claim");
    assert_eq!(store.queue_age_secs(fixtures::at(8)).await, Ok(3));
    claim(store, "worker", 8).await.expect("a claim");
    assert_eq!(store.queue_age_secs(fixtures::at(9)).await, Ok(0));
    // A dead worker's execution waits again.
    assert_eq!(store.queue_age_secs(fixtures::at(17)).await, Ok(17));
}
