//! Migrations run on tables that are not empty, on both databases alike, and back.

use crate::raw::Raw;
use crate::stores::Home;
use diesel::connection::SimpleConnection;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use release_domain::assistant::{Answer, EntryContent, Spent};
use release_domain::event::chain::Verifier;
use release_domain::lifecycle::LifecycleState;
use release_domain::observation::HealthStatus;
use release_domain::ports::{
    AccessQueries, AssistantSessions, AuditFilter, CatalogueQueries, Commit, Due, Jobs, Ledger, Page, ReleaseFilter,
    ReleaseQueries, Timeline, Visible, Watches, Write,
};
use release_store::{OpenError, SqlStore};
use release_testkit::fixtures;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn folder(database: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(database)
}

fn migrations(database: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(database)).expect("the migrations");
    let mut found: Vec<_> = entries.map(|entry| entry.expect("a folder").path()).collect();
    found.sort();
    found
}

fn text(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each migration, then its sample data, so that the next one runs on it.
macro_rules! forward {
    ($conn:expr, $database:literal) => {{
        let source = FileBasedMigrations::from_path(folder($database)).expect("the migrations");
        let mut run = 0;
        for migration in migrations($database) {
            $conn
                .run_next_migration(source.clone())
                .expect("it runs on what is there");
            $conn
                .batch_execute(&text(&migration.join("sample.sql")))
                .expect("its sample data");
            run += 1;
        }
        run
    }};
}

macro_rules! back {
    ($conn:expr, $database:literal) => {{
        let source = FileBasedMigrations::from_path(folder($database)).expect("the migrations");
        $conn
            .revert_all_migrations(source)
            .expect("each goes back, with what is in it")
            .len()
    }};
}

#[tokio::test]
async fn sqlite_migrates_over_sample_data_and_back() {
    let home = Home::sqlite();
    let Raw::Sqlite(mut conn) = Raw::to(&home) else {
        panic!("an SQLite file")
    };
    conn.batch_execute("PRAGMA foreign_keys = ON").expect("set");
    let run = forward!(conn, "sqlite");
    reads_what_older_servers_wrote(home.open().await).await;
    let back = back!(conn, "sqlite");
    println!("migrations on sqlite: {run} forward, {back} back");
    assert_eq!(run, back);
}

#[tokio::test]
async fn postgres_migrates_over_sample_data_and_back() {
    let home = Home::postgres();
    let Raw::Postgres(mut conn) = Raw::to(&home) else {
        panic!("a database")
    };
    let run = forward!(conn, "postgres");
    reads_what_older_servers_wrote(home.open().await).await;
    let back = back!(conn, "postgres");
    println!("migrations on postgres: {run} forward, {back} back");
    assert_eq!(run, back);
}

fn whole<Key>() -> Page<Key> {
    Page {
        limit: 100,
        after: None,
    }
}

/// The sample data through the ports: nothing that was ever stored becomes unreadable.
async fn reads_what_older_servers_wrote(store: SqlStore) {
    store.ready().await.expect("the schema fits");
    let all = Visible::All;
    let releases = store
        .releases(&ReleaseFilter::default(), &all, whole())
        .await
        .expect("releases")
        .items;
    let states: Vec<_> = releases
        .iter()
        .rev()
        .map(|release| (release.number, release.state()))
        .collect();
    let expected = [
        (1, LifecycleState::Applied),
        (2, LifecycleState::Draft),
        (3, LifecycleState::Applied),
        (4, LifecycleState::Failed),
    ];
    assert_eq!(states, expected);
    let mapped: Vec<_> = releases
        .iter()
        .rev()
        .map(|r| r.compat.as_ref().map(|compat| compat.mapped))
        .collect();
    assert_eq!(mapped, [None, None, Some(true), Some(false)]);
    let first = releases.last().expect("the first release");
    let dossier = store
        .dossier(first.id, fixtures::now())
        .await
        .expect("an answer")
        .expect("a dossier");
    assert_eq!(
        (dossier.current, dossier.last_attempt, dossier.running),
        (Some(first.id), Some(first.id), None)
    );
    assert!(dossier.hold.is_some());
    let seen = dossier.observation.of(first.id).expect("what was seen of it");
    assert_eq!((seen.health.status, seen.drift.objects), (HealthStatus::Degraded, 1));
    let (service, target) = (first.service.id, first.target.id);
    let objects = store.seen_objects(service, target).await.expect("its objects");
    assert_eq!(objects.iter().map(|object| object.drift.len()).sum::<usize>(), 1);
    let due = Due {
        health: true,
        drift: true,
    };
    let watch = store.claim_watch("watcher", fixtures::at(1_000), 10, due).await;
    assert_eq!(
        watch.expect("an answer").map(|watch| (watch.target, watch.epoch)),
        Some((target, 4))
    );
    assert_eq!(store.diagnostics(first.id).await.expect("diagnostics").len(), 1);
    let execution = first.ticket.as_ref().map(|ticket| ticket.id).expect("a ticket");
    assert!(store.ticket(execution).await.expect("an answer").is_some());
    let preview = first.apply_preview.as_ref().expect("a preview");
    assert!(store.preview_body(preview.id).await.expect("an answer").is_some());
    assert!(
        store
            .preview_by_token(&preview.token_hash)
            .await
            .expect("an answer")
            .is_some()
    );
    assert_eq!(store.claim("worker", fixtures::at(1_000), 10).await, Ok(None));
    let policy = store.access_policy().await.expect("a policy");
    assert_eq!((policy.roles.len(), policy.grants.len()), (1, 2));
    assert_eq!(store.users(whole()).await.expect("users").items.len(), 2);
    assert_eq!(store.tokens(None, whole()).await.expect("tokens").items.len(), 1);
    let service = first.service.id;
    assert!(store.service_revision(service, 1).await.expect("an answer").is_some());
    assert_eq!(
        store
            .policy_revisions(first.environment.id, whole())
            .await
            .expect("revisions")
            .items
            .len(),
        1
    );

    reads_the_assistants_session(&store).await;

    let mut verifier = Verifier::from_start();
    let events = store
        .events(&AuditFilter::default(), &all, whole())
        .await
        .expect("events")
        .items;
    assert_eq!(events.len(), 7);
    for (event, _) in &events {
        verifier.check(event).expect("the chain of the sample holds");
    }
    // And it can be written on.
    let next = fixtures::next_version(first);
    let commit = Commit {
        writes: vec![Write::Release(Box::new(next.clone()))],
        events: vec![fixtures::event_of(&next)],
        ..Commit::default()
    };
    let committed = store.commit(commit).await.expect("it goes on");
    assert_eq!(committed.events[0].seq, 8);
    assert_eq!(store.next_number(first.project.id).await, Ok(5));
    // The way back wants the file for itself.
    store.close().await;
}

async fn reads_the_assistants_session(store: &SqlStore) {
    let users = store.users(whole()).await.expect("users").items;
    let anna = users.iter().find(|user| user.username == "anna").expect("anna");
    let sessions = store
        .assistant_sessions(anna.id, whole())
        .await
        .expect("sessions")
        .items;
    let [session] = sessions.as_slice() else {
        panic!("{} sessions", sessions.len())
    };
    assert_eq!(session.title, "apply 1");
    let entries = store.assistant_entries(session.id).await.expect("entries");
    let EntryContent::ConfirmationRequired(card) = &entries[1].content else {
        panic!("{entries:?}")
    };
    let confirmation = store.confirmation(card.confirmation_id).await.expect("an answer");
    let settled = confirmation
        .and_then(|asked| asked.settled)
        .map(|settled| settled.answer);
    assert_eq!(settled, Some(Answer::Declined));
    let spent = store.spent_tokens(session.id, 20_513).await;
    assert_eq!(
        spent,
        Ok(Spent {
            in_session: 1_200,
            in_day: 1_200
        })
    );
}

/// `table.column` and `index` names of a migrated store.
fn shape(home: &Home) -> BTreeSet<String> {
    let mut raw = Raw::to(home);
    let (columns, indexes) = match home {
        Home::Folder(_) => (
            "SELECT m.name || '.' || c.name AS line FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
            "SELECT name AS line FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
        ),
        Home::Database(_) => (
            "SELECT (table_name || '.' || column_name)::text AS line FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
            "SELECT indexname::text AS line FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'",
        ),
    };
    raw.lines(columns).into_iter().chain(raw.lines(indexes)).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (Home::sqlite(), Home::postgres());
    sqlite.store().await;
    postgres.store().await;
    assert_eq!(shape(&sqlite), shape(&postgres));
    let names = |database| -> Vec<_> {
        migrations(database)
            .iter()
            .filter_map(|path| path.file_name().map(ToOwned::to_owned))
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn every_table_of_a_migration_has_sample_data_beside_it() {
    for database in ["sqlite", "postgres"] {
        for migration in migrations(database) {
            let (up, sample) = (text(&migration.join("up.sql")), text(&migration.join("sample.sql")));
            let made: BTreeMap<_, _> = up
                .lines()
                .filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next())
                .map(|table| (table, sample.contains(&format!(" {table} "))))
                .collect();
            let bare: Vec<_> = made
                .iter()
                .filter(|(_, filled)| !**filled)
                .map(|(table, _)| table)
                .collect();
            assert!(bare.is_empty(), "{}: no sample data for {bare:?}", migration.display());
        }
    }
}

async fn refuses_a_newer_schema(home: Home) {
    let store = home.store().await;
    store.ready().await.expect("ready");
    store.migrate().await.expect("migrating again is nothing");
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    Raw::to(&home).run(newer).expect("a newer server was here");
    let expected = OpenError::Newer {
        found: "9999".into(),
        known: "0008".into(),
    };
    assert_eq!(home.open().await.migrate().await, Err(expected.clone()));
    assert_eq!(store.ready().await, Err(expected));
}

#[tokio::test]
async fn sqlite_refuses_a_schema_newer_than_it_knows() {
    refuses_a_newer_schema(Home::sqlite()).await;
}

#[tokio::test]
async fn postgres_refuses_a_schema_newer_than_it_knows() {
    refuses_a_newer_schema(Home::postgres()).await;
}

async fn migrates_once(home: Home) {
    let unready = home.open().await;
    assert!(unready.ready().await.is_err(), "an empty store is not ready");
    let mut replicas = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = home.open().await;
        replicas.spawn(async move { store.migrate().await });
    }
    while let Some(done) = replicas.join_next().await {
        assert_eq!(done.expect("a replica"), Ok(()));
    }
    unready.ready().await.expect("ready");
}

#[tokio::test]
async fn sqlite_is_migrated_once_by_processes_that_start_together() {
    migrates_once(Home::sqlite()).await;
}

#[tokio::test]
async fn postgres_is_migrated_once_by_replicas_that_start_together() {
    migrates_once(Home::postgres()).await;
}
