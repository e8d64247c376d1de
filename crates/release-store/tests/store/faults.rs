//! Databases that are gone, locked, cut off or damaged: said as what they are, and over when they are over.

use crate::raw::Raw;
use crate::stores::Home;
use crate::work::{save, seed, whole};
use release_domain::ports::{
    AccessQueries, CatalogueQueries, CommitError, Ledger, ReleaseQueries, StoreError, Timeline,
};
use release_store::{OpenError, Options, SqlStore};
use release_testkit::fixtures;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test]
async fn an_address_that_is_none_is_told_from_a_store_that_does_not_answer() {
    for url in ["", "release.db", "mysql://localhost/x", "sqlite://", "postgres:/x"] {
        let opened = SqlStore::open(url, Options::default()).await;
        assert!(matches!(opened.err(), Some(OpenError::Address)), "{url}");
    }
    // Nobody listens on port 1.
    let opened = SqlStore::open("postgres://release@127.0.0.1:1/release", Options::default()).await;
    assert!(matches!(
        opened.err(),
        Some(OpenError::Store(StoreError::Unavailable(_)))
    ));
    let opened = SqlStore::open("sqlite:///dev/null/release.db", Options::default()).await;
    assert!(matches!(
        opened.err(),
        Some(OpenError::Store(StoreError::Unavailable(_)))
    ));
}

async fn says_what_it_cannot_read(home: Home) {
    let store = home.store().await;
    let place = seed(&store).await;
    let release = place.release(1);
    save(&store, &release).await.expect("saved");
    Raw::to(&home)
        .run("UPDATE releases SET doc = '{\"id\": 7}'")
        .expect("damaged");
    let read = store.release(release.id).await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    // Everything else still reads and writes.
    assert!(store.service(place.service.id).await.expect("an answer").is_some());
    save(&store, &place.release(2)).await.expect("saved");
}

#[tokio::test]
async fn sqlite_says_that_a_row_is_unreadable_and_never_that_it_is_not_there() {
    says_what_it_cannot_read(Home::sqlite()).await;
}

#[tokio::test]
async fn postgres_says_that_a_row_is_unreadable_and_never_that_it_is_not_there() {
    says_what_it_cannot_read(Home::postgres()).await;
}

#[tokio::test]
async fn a_locked_sqlite_refuses_writes_for_now_and_reads_on() {
    let home = Home::sqlite();
    let store = home.store().await;
    let place = seed(&store).await;
    let release = place.release(1);
    save(&store, &release).await.expect("saved");
    let mut other = Raw::to(&home);
    other.run("BEGIN IMMEDIATE").expect("another process writes");
    let refused = save(&store, &fixtures::next_version(&release)).await;
    assert!(
        matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_)))),
        "{refused:?}"
    );
    assert_eq!(store.release(release.id).await, Ok(Some(release.clone())));
    other.run("ROLLBACK").expect("it is done");
    save(&store, &fixtures::next_version(&release))
        .await
        .expect("it goes on");
    whole(&store, &[]).await;
}

#[tokio::test]
async fn sqlite_is_set_as_it_must_be() {
    let home = Home::sqlite();
    home.store().await;
    let mut raw = Raw::to(&home);
    assert_eq!(
        raw.lines("SELECT journal_mode AS line FROM pragma_journal_mode"),
        ["wal"]
    );
    let version = raw.lines("SELECT sqlite_version() AS line").remove(0);
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().expect("a number")).collect();
    assert!(parts >= vec![3, 51, 3], "SQLite {version}");
}

/// Connections are ended in the middle of anything, commits among it; some replies are lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_connections_that_break_lose_nothing_acknowledged() {
    const ROUNDS: usize = 30;
    let home = Home::postgres();
    let store = home.store().await;
    let place = seed(&store).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..=6)
        .map(|number| {
            let (store, stop, mut release) = (store.clone(), stop.clone(), place.release(number));
            tokio::spawn(async move {
                let (mut acknowledged, mut unknown) = (Vec::new(), 0_u64);
                while !stop.load(Ordering::Relaxed) {
                    match save(&store, &release).await {
                        Ok(head) => {
                            acknowledged.push(head);
                            release = fixtures::next_version(&release);
                        }
                        Err(CommitError::Store(StoreError::Unavailable(_))) => {
                            unknown += 1;
                            // The caller looks: it may have been taken.
                            if let Ok(found) = store.release(release.id).await
                                && found.is_some_and(|found| found.version == release.version)
                            {
                                release = fixtures::next_version(&release);
                            }
                        }
                        // A look that failed too: what was taken shows as a conflict now.
                        Err(CommitError::Conflict | CommitError::AlreadyExists(_)) => {
                            if let Ok(Some(found)) = store.release(release.id).await {
                                release = fixtures::next_version(&found);
                            }
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                }
                (acknowledged, unknown)
            })
        })
        .collect();
    let mut raw = Raw::to(&home);
    for round in 0..ROUNDS {
        let seen = loop {
            if let Ok(head) = store.head().await {
                break head.map_or(0, |head| head.seq);
            }
        };
        // Each round waits for work to have gone on, then ends one connection or all of them.
        while store.wait_past(seen + 5).await.is_err() {}
        let which = if round % 3 == 0 { "" } else { "LIMIT 1" };
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() ORDER BY random() {which}) AS others"
        );
        raw.run(&end).expect("ended");
    }
    stop.store(true, Ordering::Relaxed);
    let (mut acknowledged, mut unknown) = (Vec::new(), 0);
    for writer in writers {
        let (heads, lost) = writer.await.expect("a writer");
        acknowledged.extend(heads);
        unknown += lost;
    }
    acknowledged.sort_by_key(|head| head.seq);
    let doubled = acknowledged
        .windows(2)
        .filter(|pair| pair[0].seq == pair[1].seq)
        .count();
    assert_eq!(doubled, 0, "a place was given twice");
    let store = home.open().await;
    whole(&store, &acknowledged).await;
    assert!(unknown > 0, "some connections were ended in the middle of a commit");
    println!(
        "postgres broken connections: {ROUNDS} rounds, {} acknowledged, {unknown} answers lost, 0 lost, 0 doubled",
        acknowledged.len()
    );
}

#[tokio::test]
async fn failed_sign_ins_of_one_address_are_bounded() {
    let home = Home::sqlite();
    let store = home.store().await;
    for n in 0..250 {
        let name = format!("user-{n}");
        store
            .record_sign_in_failure(&name, "192.0.2.1", fixtures::now(), fixtures::at(-900))
            .await
            .expect("recorded");
    }
    let rows = Raw::to(&home).lines("SELECT CAST(count(*) AS TEXT) AS line FROM sign_in_failures");
    assert_eq!(rows, ["200"]);
    let found = store
        .sign_in_failures("user-1", "192.0.2.1", fixtures::at(-900))
        .await
        .expect("an answer");
    assert!(found.of_address >= 50);
}

async fn drops_old_keys(home: Home) {
    use release_domain::ports::{ANSWER_KEPT_SECS, Idempotency};
    let store = home.store().await;
    for n in 0..40 {
        store
            .reserve(fixtures::id(), "key", fixtures::hash("r"), fixtures::at(n))
            .await
            .expect("reserved");
    }
    let day = i64::from(ANSWER_KEPT_SECS);
    for n in 0..20 {
        store
            .reserve(fixtures::id(), "key", fixtures::hash("r"), fixtures::at(day + 100 + n))
            .await
            .expect("reserved");
    }
    let rows = Raw::to(&home).lines("SELECT CAST(count(*) AS TEXT) AS line FROM idempotency_keys");
    assert_eq!(rows, ["20"]);
    assert_eq!(store.policy_version().await, Ok(0));
}

#[tokio::test]
async fn sqlite_drops_idempotency_keys_that_stand_for_nothing_any_more() {
    drops_old_keys(Home::sqlite()).await;
}

#[tokio::test]
async fn postgres_drops_idempotency_keys_that_stand_for_nothing_any_more() {
    drops_old_keys(Home::postgres()).await;
}
