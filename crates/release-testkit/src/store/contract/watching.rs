//! Targets that are looked at: whose turn it is, leases, fencing; and what was seen.

use super::steps::{at_once, drafted, save, seeded, start, try_save};
use crate::fixtures;
use release_domain::catalogue::{Reachability, Target, TargetStatus};
use release_domain::execution::ObjectStatus;
use release_domain::ids::TargetId;
use release_domain::observation::{
    Drift, DriftStatus, FieldDrift, Health, HealthStatus, Observation, Seen, SeenObject, ToldOf,
};
use release_domain::ports::{Commit, CommitError, Due, Guard, NextLook, Store, Watch, Write};
use release_domain::release::Release;

const BOTH: Due = Due {
    health: true,
    drift: true,
};
const HEALTH: Due = Due {
    health: true,
    drift: false,
};

async fn claim(store: &dyn Store, secs: i64, on: Due) -> Option<Watch> {
    store
        .claim_watch("watcher", fixtures::at(secs), 10, on)
        .await
        .expect("an answer")
}

async fn end(store: &dyn Store, watch: Watch, health: i64, drift: i64) {
    let next = NextLook {
        health_at: Some(fixtures::at(health)),
        drift_at: Some(fixtures::at(drift)),
    };
    store
        .end_watch(watch.target, watch.epoch, next)
        .await
        .expect("an answer");
}

async fn guarded(store: &dyn Store, target: TargetId, epoch: u64) -> Result<(), CommitError> {
    let commit = Commit {
        guards: vec![Guard::Watch { target, epoch }],
        ..Commit::default()
    };
    store.commit(commit).await.map(drop)
}

pub async fn a_target_is_watched_from_the_moment_it_is_made(store: &dyn Store) {
    assert_eq!(claim(store, 0, BOTH).await, None);
    let place = seeded(store, "a").await;
    let watch = claim(store, 0, BOTH).await.expect("a target");
    assert_eq!((watch.target, watch.due), (place.target.id, BOTH));
    assert_eq!(claim(store, 9, BOTH).await, None, "somebody looks already");
}

pub async fn a_target_is_looked_at_again_when_it_is_due(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let watch = claim(store, 0, BOTH).await.expect("a target");
    end(store, watch, 60, 600).await;
    assert_eq!(claim(store, 59, BOTH).await, None);
    let again = claim(store, 60, BOTH).await.expect("its health is due");
    assert_eq!((again.target, again.due), (place.target.id, HEALTH));
    let as_it_was = NextLook::default();
    store
        .end_watch(again.target, again.epoch, as_it_was)
        .await
        .expect("given back");
    let all = claim(store, 600, BOTH).await.expect("everything is due");
    assert_eq!(all.due, BOTH);
}

pub async fn what_is_off_is_never_due(store: &dyn Store) {
    seeded(store, "a").await;
    let off = Due {
        health: false,
        drift: false,
    };
    assert_eq!(claim(store, 1_000, off).await, None);
    let watch = claim(store, 0, HEALTH).await.expect("a target");
    assert_eq!(watch.due, HEALTH);
    end(store, watch, 60, 0).await;
    assert_eq!(claim(store, 1, HEALTH).await, None);
    let drift = Due {
        health: false,
        drift: true,
    };
    assert_eq!(claim(store, 1, drift).await.map(|watch| watch.due), Some(drift));
}

pub async fn whoever_waited_longest_is_looked_at_first(store: &dyn Store) {
    let (a, b) = (seeded(store, "a").await, seeded(store, "b").await);
    for _ in 0..2 {
        let watch = claim(store, 0, BOTH).await.expect("a target");
        let at = if watch.target == a.target.id { 20 } else { 10 };
        end(store, watch, at, 600).await;
    }
    assert_eq!(
        claim(store, 30, BOTH).await.map(|watch| watch.target),
        Some(b.target.id)
    );
    assert_eq!(
        claim(store, 30, BOTH).await.map(|watch| watch.target),
        Some(a.target.id)
    );
}

pub async fn a_dead_watchers_target_is_taken_over_and_it_is_fenced_off(store: &dyn Store) {
    seeded(store, "a").await;
    let first = claim(store, 0, BOTH).await.expect("a target");
    assert_eq!(guarded(store, first.target, first.epoch).await, Ok(()));
    let second = claim(store, 10, BOTH).await.expect("the lease is over");
    assert!(second.epoch > first.epoch);
    assert_eq!(
        guarded(store, first.target, first.epoch).await,
        Err(CommitError::Fenced)
    );
    let at = fixtures::at(11);
    assert_eq!(store.renew_watch(first.target, first.epoch, at, 10).await, Ok(false));
    end(store, first, 60, 60).await;
    assert_eq!(store.renew_watch(second.target, second.epoch, at, 30).await, Ok(true));
    assert_eq!(
        claim(store, 40, BOTH).await,
        None,
        "renewed, and not given back by another"
    );
    end(store, second, 60, 60).await;
    assert_eq!(
        guarded(store, second.target, second.epoch).await,
        Err(CommitError::Fenced)
    );
    assert_eq!(store.renew_watch(second.target, second.epoch, at, 10).await, Ok(false));
}

pub async fn racing_watchers_never_share_a_target(store: &dyn Store) {
    const TARGETS: usize = 4;
    for n in 0..TARGETS {
        seeded(store, &format!("t{n}")).await;
    }
    let claims = at_once((0..3 * TARGETS).map(|_| claim(store, 0, BOTH))).await;
    let mut taken: Vec<_> = claims.into_iter().flatten().map(|watch| watch.target).collect();
    while let Some(watch) = claim(store, 0, BOTH).await {
        taken.push(watch.target);
    }
    let count = taken.len();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!((taken.len(), count), (TARGETS, TARGETS));
}

pub async fn a_deleted_target_is_watched_no_more(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let gone = release_domain::ports::Deletion::Target {
        id: place.target.id,
        version: place.target.version,
    };
    let watch = claim(store, 0, BOTH).await.expect("a target");
    save(store, vec![Write::Delete(gone)]).await;
    assert_eq!(
        guarded(store, watch.target, watch.epoch).await,
        Err(CommitError::Fenced)
    );
    assert_eq!(claim(store, 1_000, BOTH).await, None);
}

fn seen(release: &Release, status: HealthStatus) -> Seen {
    Seen {
        release_id: release.id,
        health: Health {
            status,
            checked_at: Some(fixtures::at(60)),
        },
        drift: Drift {
            status: DriftStatus::Drifted,
            objects: 1,
            checked_at: Some(fixtures::at(60)),
        },
        drifted: Some(release_domain::canonical::Hash::of(b"here")),
        told: ToldOf {
            health: Some(HealthStatus::Healthy),
            drift: None,
        },
    }
}

fn object() -> SeenObject {
    SeenObject {
        drift: vec![FieldDrift {
            path: "/spec/replicas".into(),
            expected: Some(serde_json::json!(2)),
            actual: Some(serde_json::json!(0.5)),
            redacted: false,
        }],
        ..SeenObject::from(fixtures::object_state("service/web", ObjectStatus::Healthy))
    }
}

fn write(release: &Release, after: u64, seen: &Seen, objects: Option<Vec<SeenObject>>) -> Write {
    Write::Observation {
        service: release.service.id,
        target: release.target.id,
        after,
        seen: Box::new(seen.clone()),
        objects,
    }
}

async fn observation(store: &dyn Store, release: &Release) -> Observation {
    let dossier = store.dossier(release.id, fixtures::now()).await;
    dossier.expect("an answer").expect("a dossier").observation
}

pub async fn an_observation_reads_as_it_was_saved(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    assert_eq!(observation(store, &release).await, Observation::default());
    let (service, target) = (place.service.id, place.target.id);
    assert_eq!(store.seen_objects(service, target).await, Ok(Vec::new()));
    let first = seen(&release, HealthStatus::Degraded);
    save(store, vec![write(&release, 0, &first, Some(vec![object()]))]).await;
    let stands = |version, seen: &Seen| Observation {
        version,
        stands: true,
        seen: Some(seen.clone()),
    };
    assert_eq!(observation(store, &release).await, stands(1, &first));
    assert_eq!(store.seen_objects(service, target).await, Ok(vec![object()]));
    let second = seen(&release, HealthStatus::Healthy);
    save(store, vec![write(&release, 1, &second, None)]).await;
    assert_eq!(observation(store, &release).await, stands(2, &second));
    assert_eq!(
        store.seen_objects(service, target).await,
        Ok(vec![object()]),
        "as they were"
    );
    let current = Write::Current {
        service,
        target,
        release: Some(release.id),
    };
    save(store, vec![current]).await;
    let cells = store
        .cells(&[service], &[place.environment.id])
        .await
        .expect("the cells");
    assert_eq!(cells.current.first().map(|(_, seen)| seen), Some(&stands(2, &second)));
}

pub async fn of_two_looks_at_once_one_is_kept(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    let kept = seen(&release, HealthStatus::Healthy);
    for after in [0, 1] {
        let looks = (0..4).map(|_| try_save(store, vec![write(&release, after, &kept, None)]));
        let ends = at_once(looks).await;
        assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
        assert!(ends.iter().all(|end| end.is_ok() || *end == Err(CommitError::Conflict)));
    }
    assert_eq!(observation(store, &release).await.version, 2);
}

pub async fn an_execution_ends_what_was_seen_before_it(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    let before = seen(&release, HealthStatus::Healthy);
    save(store, vec![write(&release, 0, &before, None)]).await;
    start(store, &release).await;
    let over = Observation {
        version: 2,
        stands: false,
        seen: Some(before.clone()),
    };
    assert_eq!(observation(store, &release).await, over);
    let late = try_save(store, vec![write(&release, 1, &before, None)]).await;
    assert_eq!(late, Err(CommitError::Conflict), "it began before the execution");
    save(store, vec![write(&release, 2, &before, None)]).await;
    assert!(observation(store, &release).await.stands);
}

pub async fn a_probe_that_rests_on_an_older_one_is_a_conflict(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let status = |secs| TargetStatus {
        reachability: Reachability::Reachable,
        checked_at: Some(fixtures::at(secs)),
        ..TargetStatus::UNKNOWN
    };
    let write = |target: &Target, after: Option<i64>, secs| Write::TargetStatus {
        target: target.id,
        context_number: target.context_number,
        after: after.map(fixtures::at),
        status: status(secs),
    };
    save(store, vec![write(&place.target, None, 1)]).await;
    save(store, vec![write(&place.target, Some(1), 2)]).await;
    let late = try_save(store, vec![write(&place.target, Some(1), 3)]).await;
    assert_eq!(late, Err(CommitError::Conflict));
    let target = store
        .target(place.target.id)
        .await
        .expect("an answer")
        .expect("a target");
    assert_eq!(target.status, status(2));
}
