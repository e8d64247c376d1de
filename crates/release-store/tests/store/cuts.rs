//! Power cuts on SQLite: copies of the file and its write-ahead log, cut at any length, torn, half checkpointed.
//!
//! What was acknowledged was synced to the log first, so whatever part of the log that was not yet synced is missing,
//! everything acknowledged by then is there, and the chain holds.

use crate::stores::Home;
use crate::work::{save, seed, whole};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use release_domain::event::chain::Head;
use release_store::{Options, SqlStore};
use release_testkit::fixtures;
use std::path::{Path, PathBuf};

/// The generator's numbers look like chance and are the same each time: a cut that fails, fails again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

fn log_of(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", file.display()))
}

/// The store's bytes at one moment, and what had been acknowledged when the log had which length.
struct Moment {
    file: Vec<u8>,
    log: Vec<u8>,
    acknowledged: Vec<(usize, Head)>,
}

impl Moment {
    fn acknowledged_within(&self, length: usize) -> Vec<Head> {
        self.acknowledged
            .iter()
            .filter(|(synced, _)| *synced <= length)
            .map(|(_, head)| *head)
            .collect()
    }
}

/// Works for a while without a checkpoint: the log then tells when each commit was synced.
async fn work(home: &Home, commits: u64) -> Moment {
    let store = home.store().await;
    let place = seed(&store).await;
    let file = home.file();
    // Everything so far goes into the file, so that the log starts with what is counted here.
    let mut raw = SqliteConnection::establish(&file.to_string_lossy()).expect("the file");
    raw.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
        .expect("checkpointed");
    let before = std::fs::read(&file).expect("the file");
    let mut acknowledged = Vec::new();
    let mut release = place.release(1);
    for n in 0..commits {
        let head = save(&store, &release).await.expect("saved");
        let length = std::fs::metadata(log_of(&file)).expect("the log").len();
        acknowledged.push((usize::try_from(length).expect("a length"), head));
        release = if n % 5 == 4 {
            place.release(n + 2)
        } else {
            fixtures::next_version(&release)
        };
    }
    let log = std::fs::read(log_of(&file)).expect("the log");
    assert_eq!(
        acknowledged.last().map(|(length, _)| *length),
        Some(log.len()),
        "no checkpoint came between"
    );
    Moment {
        file: before,
        log,
        acknowledged,
    }
}

/// Opens a store from these bytes and looks whether all is well; the newest event.
async fn reopen(file: &[u8], log: &[u8], acknowledged: &[Head]) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.db");
    std::fs::write(&path, file).expect("written");
    std::fs::write(log_of(&path), log).expect("written");
    let store = SqlStore::open(&format!("sqlite://{}", path.display()), Options { connections: 2 })
        .await
        .expect("it opens");
    store.ready().await.expect("the schema is there");
    let head = whole(&store, acknowledged).await;
    // And it goes on from there.
    store.migrate().await.expect("nothing to migrate");
    let events = vec![fixtures::event_of_project(fixtures::id(), "updated")];
    let commit = release_domain::ports::Commit {
        events,
        ..Default::default()
    };
    let next = release_domain::ports::Ledger::commit(&store, commit)
        .await
        .expect("it goes on");
    assert_eq!(next.events[0].seq, head.map_or(1, |head| head.seq + 1));
    next.events[0].seq
}

#[tokio::test]
async fn a_log_cut_anywhere_loses_nothing_that_was_synced() {
    let home = Home::sqlite();
    let moment = work(&home, 40).await;
    let mut dice = Dice(7);
    let mut ends = std::collections::BTreeSet::new();
    for n in 0..60 {
        let length = match n {
            0 => 0,
            1 => moment.log.len(),
            // Just before and just after a commit's last byte, and anywhere.
            n if n % 4 == 0 => moment.acknowledged[usize::try_from(dice.below(40)).expect("small")].0 - 1,
            n if n % 4 == 1 => moment.acknowledged[usize::try_from(dice.below(40)).expect("small")].0,
            _ => usize::try_from(dice.below(moment.log.len() as u64)).expect("small"),
        };
        ends.insert(reopen(&moment.file, &moment.log[..length], &moment.acknowledged_within(length)).await);
    }
    assert!(ends.len() > 10, "the cuts fell at many places: {ends:?}");
    println!(
        "sqlite cut logs: 60 cuts, {} different ends, 0 lost, 0 broken",
        ends.len()
    );
}

#[tokio::test]
async fn a_torn_end_of_the_log_is_no_event() {
    let home = Home::sqlite();
    let moment = work(&home, 30).await;
    let mut dice = Dice(11);
    for n in 0..30 {
        let length = usize::try_from(dice.below(moment.log.len() as u64)).expect("small");
        let mut log = moment.log.clone();
        // Sectors that were never written: old bytes, zeros, or anything.
        for byte in &mut log[length..] {
            *byte = match n % 3 {
                0 => 0,
                1 => u8::try_from(dice.below(256)).expect("a byte"),
                _ => *byte ^ 0x10,
            };
        }
        reopen(&moment.file, &log, &moment.acknowledged_within(length)).await;
    }
    println!("sqlite torn logs: 30 cuts, 0 lost, 0 broken");
}

#[tokio::test]
async fn a_checkpoint_cut_half_way_loses_nothing() {
    const PAGE: usize = 4096;
    let home = Home::sqlite();
    let moment = work(&home, 30).await;
    let file = home.file();
    let mut raw = SqliteConnection::establish(&file.to_string_lossy()).expect("the file");
    raw.batch_execute("PRAGMA wal_checkpoint(FULL)").expect("checkpointed");
    let after = std::fs::read(&file).expect("the file");
    let acknowledged = moment.acknowledged_within(moment.log.len());
    let mut dice = Dice(13);
    for _ in 0..20 {
        // Some pages are in the file already, some are not; the log is still whole.
        let mut mixed = moment.file.clone();
        mixed.resize(after.len(), 0);
        for (old, new) in mixed.chunks_mut(PAGE).zip(after.chunks(PAGE)) {
            if dice.below(2) == 0 {
                old.copy_from_slice(new);
            }
        }
        reopen(&mixed, &moment.log, &acknowledged).await;
    }
    println!("sqlite half checkpoints: 20 cuts, 0 lost, 0 broken");
}
