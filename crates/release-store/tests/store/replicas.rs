//! Several replicas on one store.

use crate::raw::Raw;
use crate::stores::Home;
use crate::work::{save, seed, whole};
use release_domain::ports::{Commit, Jobs, Ledger, ReleaseQueries, Timeline, Write};
use release_testkit::fixtures;
use std::time::{Duration, Instant};

/// Replica `b` waits while `a` commits, a few times: how long the quickest news took.
async fn news(home: &Home) -> Duration {
    const ROUNDS: u64 = 5;
    let (a, b) = (home.open().await, home.open().await);
    let place = seed(&a).await;
    let (heard, mut hearing) = tokio::sync::mpsc::channel(1);
    let waiting = tokio::spawn(async move {
        for seq in 0..ROUNDS {
            let newest = b.wait_past(seq).await.expect("news");
            assert_eq!(newest, seq + 1);
            heard.send(Instant::now()).await.expect("somebody asks");
        }
    });
    let mut release = place.release(1);
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let told = Instant::now();
        save(&a, &release).await.expect("saved");
        release = fixtures::next_version(&release);
        took.push(hearing.recv().await.expect("news").duration_since(told));
    }
    waiting.await.expect("a waiter");
    took.into_iter().min().expect("rounds")
}

/// What `b` has read it remembers; what `a` commits it sees with the next read all the same.
async fn sees_every_commit_of_another(home: Home) {
    const ROUNDS: usize = 20;
    let (a, b) = (home.store().await, home.open().await);
    let place = seed(&a).await;
    let mut release = place.release(1);
    for _ in 0..ROUNDS {
        save(&a, &release).await.expect("saved");
        for _ in 0..3 {
            let dossier = b.dossier(release.id, fixtures::now()).await;
            let dossier = dossier.expect("an answer").expect("a dossier");
            assert_eq!(dossier.release, release);
        }
        release = fixtures::next_version(&release);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_remembers_nothing_past_a_commit_of_another_process() {
    sees_every_commit_of_another(Home::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_remembers_nothing_past_a_commit_of_another_replica() {
    sees_every_commit_of_another(Home::postgres()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_wakes_those_who_wait_on_another_replica() {
    let home = Home::postgres();
    home.store().await;
    let took = news(&home).await;
    println!("news to another replica: {} ms", took.as_millis());
    assert!(took < Duration::from_millis(700), "{took:?}: sooner than the next poll");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn polling_finds_what_no_notification_told() {
    let home = Home::postgres();
    home.store().await;
    Raw::to(&home)
        .run("DROP TRIGGER timeline_notify ON timeline")
        .expect("nothing notifies any more");
    let took = news(&home).await;
    println!("news by polling: {} ms", took.as_millis());
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_share_the_queue_the_chain_and_the_epochs() {
    let home = Home::postgres();
    let first = home.store().await;
    let place = seed(&first).await;
    let mut releases = Vec::new();
    for number in 1..=12 {
        let own = fixtures::place_in(&place.project, place.environment.kind, &format!("q{number}"));
        let mut release = own.release(number);
        release.environment = place.environment.reference();
        release.target = place.target.reference();
        let execution = fixtures::execution(&release);
        let commit = Commit {
            writes: vec![
                Write::Service(own.service.clone()),
                Write::Release(Box::new(release.clone())),
                Write::StartExecution(Box::new(execution)),
            ],
            events: vec![fixtures::event_of(&release)],
            ..Commit::default()
        };
        first.commit(commit).await.expect("queued");
        releases.push(release);
    }
    let mut replicas = tokio::task::JoinSet::new();
    for n in 0..3 {
        let store = home.open().await;
        let mut mine = releases[n * 4..(n + 1) * 4].to_vec();
        replicas.spawn(async move {
            let mut claims = Vec::new();
            for round in 0..6 {
                claims.extend(
                    store
                        .claim(&format!("replica-{n}"), fixtures::at(round), 100)
                        .await
                        .expect("an answer"),
                );
                for release in &mut mine {
                    *release = fixtures::next_version(release);
                    save(&store, release).await.expect("saved");
                }
            }
            claims
        });
    }
    let mut claims = Vec::new();
    while let Some(done) = replicas.join_next().await {
        claims.extend(done.expect("a replica"));
    }
    let mut epochs: Vec<_> = claims.iter().map(|claim| claim.execution.epoch).collect();
    epochs.sort_unstable();
    epochs.dedup();
    let mut ids: Vec<_> = claims.iter().map(|claim| claim.execution.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(
        (epochs.len(), ids.len()),
        (claims.len(), claims.len()),
        "nothing was given twice"
    );
    assert_eq!(claims.len(), 12, "18 looks took all 12");
    let head = whole(&first, &[]).await.expect("a head");
    assert_eq!(head.seq, 12 + 3 * 6 * 4);
    assert_eq!(first.head().await, Ok(Some(head)));
}
