//! Backups taken under load, and what a restore makes of them.

use crate::stores::Home;
use crate::work::{save, seed, whole};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use release_domain::event::EventData;
use release_domain::ports::{
    AccessQueries, AuditFilter, Commit, CommitError, Guard, Jobs, Ledger, Page, Timeline, Visible, Write,
};
use release_domain::release::Release;
use release_store::{BackupError, OpenError, RestoreError, SqlStore, restore};
use release_testkit::fixtures;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Starts an execution and claims it.
async fn claimed(store: &SqlStore, release: &Release) -> release_domain::execution::Execution {
    let execution = fixtures::execution(release);
    let started = fixtures::started(release, &execution);
    let commit = Commit {
        writes: vec![
            Write::Release(Box::new(started.clone())),
            Write::StartExecution(Box::new(execution)),
        ],
        events: vec![fixtures::event_of(&started)],
        ..Commit::default()
    };
    store.commit(commit).await.expect("started");
    store
        .claim("worker", fixtures::now(), 10)
        .await
        .expect("an answer")
        .expect("a claim")
        .execution
}

fn progress(execution: &release_domain::execution::Execution) -> Commit {
    Commit {
        guards: vec![Guard::Fence {
            execution: execution.id,
            epoch: execution.epoch,
        }],
        writes: vec![Write::ExecutionProgress {
            id: execution.id,
            at: fixtures::at(5),
            started: true,
            wrote: true,
        }],
        ..Commit::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_whole_and_restores() {
    let home = Home::sqlite();
    let store = home.store().await;
    let place = seed(&store).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..=4)
        .map(|number| {
            let (store, stop, mut release) = (store.clone(), stop.clone(), place.release(number));
            tokio::spawn(async move {
                let mut saved = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    save(&store, &release).await.expect("saved");
                    release = fixtures::next_version(&release);
                    saved += 1;
                }
                saved
            })
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let mut taken = Vec::new();
    for n in 0..5 {
        // Some work lies between two backups.
        let seen = store.head().await.expect("a head").map_or(0, |head| head.seq);
        store.wait_past(seen + 20).await.expect("they work");
        let file = folder.path().join(format!("backup-{n}.db"));
        let backup = store.backup(&file).await.expect("a backup");
        assert!(
            backup.head.is_some_and(|head| head.seq > seen),
            "it holds what was there when it was asked for"
        );
        taken.push((file, backup));
    }
    stop.store(true, Ordering::Relaxed);
    let mut saved = 0;
    for writer in writers {
        saved += writer.await.expect("a writer");
    }
    for (n, (file, backup)) in taken.iter().enumerate() {
        let url = format!("sqlite://{}", folder.path().join(format!("restored-{n}.db")).display());
        let restored = restore(file, &url, fixtures::at(100)).expect("restored");
        assert_eq!(restored.backup_head, backup.head);
        let again = SqlStore::open(&url, Default::default()).await.expect("it opens");
        again.ready().await.expect("ready");
        assert_eq!(whole_but_restored(&again).await, restored.head.seq);
    }
    println!(
        "backups under load: {} backups, {saved} commits meanwhile, 0 broken",
        taken.len()
    );
}

/// The chain holds and its end says that the store was restored.
async fn whole_but_restored(store: &SqlStore) -> u64 {
    let head = whole(store, &[]).await.expect("a head");
    let last = AuditFilter {
        from_seq: Some(head.seq),
        ..AuditFilter::default()
    };
    let page = Page { limit: 2, after: None };
    let found = store.audit(&last, &Visible::All, page).await.expect("the newest").items;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["event_type"], "store.restored");
    assert_eq!(found[0]["data"]["backup_seq"], head.seq - 1);
    head.seq
}

#[tokio::test]
async fn a_restored_store_fences_off_every_worker_of_the_lost_days() {
    let home = Home::sqlite();
    let store = home.store().await;
    let place = seed(&store).await;
    let release = place.release(1);
    save(&store, &release).await.expect("saved");
    let held = claimed(&store, &release).await;
    let file = home.file().with_file_name("backup.db");
    store.backup(&file).await.expect("a backup");
    // The lost days: the execution is taken over again and again.
    let mut lost = held.clone();
    for n in 1..=5 {
        let later = fixtures::at(n * 100);
        lost = store
            .claim("lost", later, 10)
            .await
            .expect("an answer")
            .expect("a claim")
            .execution;
    }
    let anna = fixtures::user("anna");
    let writes = vec![Write::User(anna.clone()), Write::Session(fixtures::session(&anna, "s"))];
    store
        .commit(Commit {
            writes,
            ..Commit::default()
        })
        .await
        .expect("saved");
    store.close().await;

    let restored = restore(&file, &home.url(), fixtures::at(1_000)).expect("restored");
    assert!(restored.epoch > lost.epoch + 1_000_000);
    let store = home.store().await;
    for late in [&held, &lost] {
        assert_eq!(store.commit(progress(late)).await, Err(CommitError::Fenced));
        assert_eq!(
            store.renew(late.id, late.epoch, fixtures::at(1_001), 10).await,
            Ok(None)
        );
    }
    let claim = store
        .claim("new", fixtures::at(1_001), 10)
        .await
        .expect("an answer")
        .expect("it is free");
    assert!(claim.resumed && claim.execution.epoch > restored.epoch);
    store
        .commit(progress(&claim.execution))
        .await
        .expect("the new worker holds it");
    assert_eq!(store.user_by_name("anna").await, Ok(None), "the lost days are lost");

    // The same backup once more: epochs given in between are not given again.
    store.close().await;
    let again = restore(&file, &home.url(), fixtures::at(2_000)).expect("restored");
    assert!(again.epoch > claim.execution.epoch);
    println!("restored stores: 2 restored, 3 late workers fenced, 0 let through");
}

#[tokio::test]
async fn sessions_do_not_come_back_with_a_backup_and_its_epoch_is_told() {
    let home = Home::sqlite();
    let store = home.store().await;
    seed(&store).await;
    store.meta_put("store_id", "the-store").await.expect("set");
    let anna = fixtures::user("anna");
    let session = fixtures::session(&anna, "s");
    let writes = vec![Write::User(anna.clone()), Write::Session(session.clone())];
    store
        .commit(Commit {
            writes,
            ..Commit::default()
        })
        .await
        .expect("saved");
    let version = store.policy_version().await.expect("a version");
    let file = home.file().with_file_name("backup.db");
    store.backup(&file).await.expect("a backup");
    store.close().await;
    let restored = restore(&file, &home.url(), fixtures::at(10)).expect("restored");
    assert!(
        restored.replaced.as_deref().is_some_and(Path::exists),
        "the store before is kept aside"
    );
    let store = home.store().await;
    assert_eq!(store.session_by_hash(&session.hash).await, Ok(None));
    assert_eq!(store.user_by_name("anna").await, Ok(Some(anna)));
    assert!(store.policy_version().await.expect("a version") > version);
    let page = Page { limit: 1, after: None };
    let newest = store
        .audit(&AuditFilter::default(), &Visible::All, page)
        .await
        .expect("the newest")
        .items;
    let event: release_domain::event::Event = serde_json::from_value(newest[0].clone()).expect("an event");
    let told = EventData::StoreRestored {
        backup_seq: 0,
        epoch: restored.epoch,
    };
    assert_eq!(event.data, told);
    assert_eq!(event.subject.map(|subject| subject.id), Some("the-store".to_owned()));
}

#[tokio::test]
async fn a_store_in_use_is_not_replaced() {
    let home = Home::sqlite();
    let store = home.store().await;
    let place = seed(&store).await;
    save(&store, &place.release(1)).await.expect("saved");
    let file = home.file().with_file_name("backup.db");
    store.backup(&file).await.expect("a backup");
    save(&store, &place.release(2)).await.expect("saved");
    let refused = restore(&file, &home.url(), fixtures::at(10));
    assert!(matches!(refused, Err(RestoreError::InUse)), "{refused:?}");
    assert_eq!(
        store.head().await.expect("a head").map(|head| head.seq),
        Some(2),
        "nothing was changed"
    );
    save(&store, &place.release(3)).await.expect("it goes on");
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_the_store_left_alone() {
    let home = Home::sqlite();
    let store = home.store().await;
    let place = seed(&store).await;
    let mut release = place.release(1);
    for _ in 0..30 {
        save(&store, &release).await.expect("saved");
        release = fixtures::next_version(&release);
    }
    let file = home.file().with_file_name("backup.db");
    store.backup(&file).await.expect("a backup");
    store.close().await;
    let whole_bytes = std::fs::read(&file).expect("the backup");
    let before = 30;
    let refuse = |name: &str, bytes: &[u8]| {
        let bad = home.file().with_file_name(name);
        std::fs::write(&bad, bytes).expect("written");
        restore(&bad, &home.url(), fixtures::at(10)).expect_err(name)
    };
    assert!(matches!(
        refuse("short.db", &whole_bytes[..whole_bytes.len() / 2]),
        RestoreError::Damaged(_)
    ));
    assert!(matches!(
        refuse("text.db", b"this is no database, whatever its name says"),
        RestoreError::Damaged(_)
    ));
    let forge = |name: &str, sql: &str| {
        let forged = home.file().with_file_name(name);
        std::fs::write(&forged, &whole_bytes).expect("written");
        let mut raw = SqliteConnection::establish(&forged.to_string_lossy()).expect("the copy");
        let open = "DROP TRIGGER timeline_no_update; DROP TRIGGER timeline_no_delete;";
        raw.batch_execute(&format!("{open} {sql}")).expect("forged");
        drop(raw);
        restore(&forged, &home.url(), fixtures::at(10)).expect_err(name)
    };
    let changed = forge(
        "changed.db",
        "UPDATE timeline SET doc = replace(doc, 'editor', 'nobody') WHERE seq = 17",
    );
    assert!(
        matches!(&changed, RestoreError::Chain(bad) if bad.seq == 17),
        "{changed:?}"
    );
    let dropped = forge("dropped.db", "DELETE FROM timeline WHERE seq = 9");
    assert!(
        matches!(&dropped, RestoreError::Chain(bad) if bad.seq == 9),
        "{dropped:?}"
    );
    let newer = forge(
        "newer.db",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')",
    );
    assert!(
        matches!(newer, RestoreError::Open(OpenError::Newer { .. })),
        "{newer:?}"
    );
    let missing = restore(Path::new("no-such-backup.db"), &home.url(), fixtures::at(10)).expect_err("missing");
    assert!(matches!(missing, RestoreError::File(_)), "{missing:?}");
    let store = home.store().await;
    let head = whole(&store, &[]).await;
    assert_eq!(head.map(|head| head.seq), Some(before), "the store was left alone");
    let left: Vec<_> = std::fs::read_dir(home.file().parent().expect("a folder"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("restoring") || name.contains("replaced"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_is_its_owners_alone() {
    let home = Home::sqlite();
    let store = home.store().await;
    seed(&store).await;
    let file = home.file().with_file_name("backup.db");
    store.backup(&file).await.expect("a backup");
    let again = store.backup(&file).await;
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    let nowhere = store
        .backup(&home.file().with_file_name("no-such-folder").join("backup.db"))
        .await;
    assert!(matches!(nowhere, Err(BackupError::File(_))), "{nowhere:?}");
    #[cfg(unix)]
    for file in [file, home.file()] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("a file").permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn on_postgres_a_backup_names_pg_dump() {
    let home = Home::postgres();
    let refused = home
        .open()
        .await
        .backup(Path::new("backup.db"))
        .await
        .expect_err("it has its own tools");
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
    let refused = restore(Path::new("backup.db"), &home.url(), fixtures::now()).expect_err("it has its own tools");
    assert!(refused.to_string().contains("pg_restore"), "{refused}");
}
