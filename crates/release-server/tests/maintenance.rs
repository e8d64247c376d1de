//! What an operator does beside the running server: doctor, reset-password, backup and restore.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::{Client, http};
use bed::database::Database;
use bed::engine::Project;
use bed::server::{ADMIN_PASSWORD, Server, Setup};
use bed::stage::{Stage, text, web};
use bed::wait::until;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

fn said(output: &Output) -> (bool, String) {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8_lossy(&both).into_owned())
}

fn setup() -> (tempfile::TempDir, Setup) {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path());
    (folder, setup)
}

#[tokio::test]
async fn doctor_finds_nothing_wrong_with_a_server_that_is_well() {
    let (_folder, setup) = setup();
    let project = Project::new("doctor");
    let server = setup.serve().await;
    Stage::set(&server, &project.0, &web("one")).await;
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(well, "{found}");
    for about in [
        "settings",
        "store",
        "schema",
        "clock",
        "chain",
        "master key",
        "signing key",
        &format!("target {}", project.0),
    ] {
        assert!(
            found.lines().any(|line| line.starts_with(&format!("ok    {about}: "))),
            "{about}: {found}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn doctor_says_what_is_wrong_and_what_to_do() {
    let (folder, setup) = setup();
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(
        !well && found.contains("WRONG store: ") && found.contains("`release-server serve` makes it"),
        "{found}"
    );

    let server = setup.serve().await;
    let admin = Client::admin(&server).await;
    let environments = admin.get("/environments?q=dev").await;
    let target = json!({
        "project_id": environments["items"][0]["project"]["id"], "environment_id": environments["items"][0]["id"],
        "key": "gone", "name": "Gone", "runtime_type": "compose", "compose_project": "gone",
        "connection": {"kind": "docker", "host": "unix:///nowhere/docker.sock"},
    });
    admin.post("/targets", &target).await;
    server.stop().await;
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(
        !well && found.contains("WRONG target gone: ") && found.contains("Start it"),
        "{found}"
    );
    assert_eq!(found.matches("WRONG").count(), 1, "{found}");

    let key = folder.path().join("data/master.key");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("changed");
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(
        !well && found.contains("WRONG master key: ") && found.contains("chmod 600"),
        "{found}"
    );

    std::fs::remove_file(&key).expect("removed");
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(
        !well && found.contains("WRONG keys: ") && found.contains("is gone"),
        "{found}"
    );
    assert!(!key.exists(), "doctor changes nothing");
}

#[tokio::test]
async fn doctor_names_a_setting_that_does_not_fit() {
    let (_folder, setup) = setup();
    let (well, found) = said(&setup.with("RELEASE_LEASE_SECS", "1").run(&["doctor"]));
    assert!(!well && found.contains("RELEASE_LEASE_SECS"), "{found}");
}

#[tokio::test]
async fn doctor_sees_a_clock_that_is_behind_the_store_and_a_chain_that_somebody_touched() {
    let database = Database::new("doctor");
    let (_folder, setup) = setup();
    let setup = setup.with("RELEASE_DATABASE_URL", &database.url);
    setup.serve().await.stop().await;
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(well, "{found}");
    // As only somebody with the database's own password can: an event of a thousand years later.
    database.rows("alter table timeline disable trigger user");
    database.rows(
        "update timeline set doc = replace(doc::text, '\"occurred_at\":\"2', '\"occurred_at\":\"3')::json \
         where seq = (select max(seq) from timeline)",
    );
    let (well, found) = said(&setup.run(&["doctor"]));
    assert!(
        !well && found.contains("WRONG clock: ") && found.contains("NTP"),
        "{found}"
    );
    assert!(found.contains("WRONG chain: it is broken at seq "), "{found}");
}

#[tokio::test]
async fn a_reset_password_lets_its_owner_in_and_ends_their_sessions() {
    let (_folder, setup) = setup();
    let server = setup.serve().await;
    let sign_in = async |password: &str| {
        let body = json!({"username": "admin", "password": password});
        let answer = http()
            .post(format!("{}/api/v1/auth/login", server.url))
            .json(&body)
            .send()
            .await;
        answer.expect("an answer")
    };
    let before = sign_in(ADMIN_PASSWORD).await;
    let cookie = before.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("it")
        .to_owned();
    let (done, printed) = said(&setup.run(&["reset-password", "admin"]));
    assert!(done, "{printed}");
    let password = printed
        .lines()
        .next()
        .and_then(|line| line.rsplit(' ').next())
        .expect("a password");

    assert_eq!(sign_in(ADMIN_PASSWORD).await.status(), 401);
    let me = http()
        .get(format!("{}/api/v1/auth/me", server.url))
        .header("cookie", cookie)
        .send()
        .await;
    assert_eq!(me.expect("an answer").status(), 401, "the old session has ended");
    assert_eq!(sign_in(password).await.status(), 200);

    let (done, printed) = said(&setup.run(&["reset-password", "nobody"]));
    assert!(!done && printed.contains("there is no user `nobody`"), "{printed}");
    let log = server.stop().await;
    assert!(!log.contains(password), "{log}");
}

/// Makes projects one after the other until it is told to stop; yields the seq of the last one acknowledged.
async fn load(admin: Client, over: Arc<AtomicBool>, newest: Arc<AtomicU64>, n: usize) {
    for i in 0.. {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let body = json!({"key": format!("load-{n}-{i}"), "name": "Load"});
        admin.post("/projects", &body).await;
        let found = admin.get("/audit/events?limit=1").await;
        let seq = found["items"][0]["seq"].as_u64().expect("a seq");
        newest.fetch_max(seq, Ordering::SeqCst);
    }
}

fn copy_keys(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for key in ["master.key", "signing.key"] {
        std::fs::copy(from.join(key), to.join(key)).expect("copied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_whole_and_restores_into_another_folder() {
    let (folder, setup) = setup();
    let server = setup.serve().await;
    let admin = Client::admin(&server).await;
    let (over, newest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..4)
        .map(|n| tokio::spawn(load(admin.clone(), over.clone(), newest.clone(), n)))
        .collect();
    until("there is something to lose", SOON, async || {
        (newest.load(Ordering::SeqCst) > 60).then_some(())
    })
    .await;
    let acknowledged = newest.load(Ordering::SeqCst);
    let running = setup.clone();
    let made = tokio::task::spawn_blocking(move || said(&running.run(&["backup", "one.db"])))
        .await
        .expect("no panic");
    assert!(made.0, "{}", made.1);
    let after = newest.load(Ordering::SeqCst);
    until("the load goes on", SOON, async || {
        (newest.load(Ordering::SeqCst) > after + 20).then_some(())
    })
    .await;
    over.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("nothing failed meanwhile");
    }
    let (again, printed) = said(&setup.run(&["backup", "one.db"]));
    assert!(!again && printed.contains("there already"), "{printed}");

    let elsewhere = tempfile::tempdir().expect("a folder");
    copy_keys(&folder.path().join("data"), &elsewhere.path().join("data"));
    let other = Setup::new(elsewhere.path());
    let backup = folder.path().join("one.db");
    let (done, printed) = said(&other.run(&["restore", &backup.to_string_lossy()]));
    assert!(done && printed.contains("store.restored"), "{printed}");
    let restored = other.serve().await;
    let there = admin.at(&restored);
    let head = there.get("/audit/events?limit=200&event_type=store.restored").await;
    let told = &head["items"][0];
    let backup_seq = told["data"]["backup_seq"].as_u64().expect("a seq");
    assert!(backup_seq >= acknowledged, "all that was acknowledged before: {told:#}");
    assert_eq!(told["seq"], backup_seq + 1);
    let verified = there.get("/audit/verify").await;
    assert_eq!(verified["ok"], true, "{verified:#}");
    assert!(verified["checked"].as_u64() > Some(backup_seq), "{verified:#}");
    println!("backup: {backup_seq} events, {acknowledged} acknowledged");
    restored.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn a_store_in_use_or_on_postgres_is_not_restored() {
    let (_folder, sqlite) = setup();
    let server = sqlite.serve().await;
    let (made, printed) = said(&sqlite.run(&["backup", "one.db"]));
    assert!(made, "{printed}");
    let (done, printed) = said(&sqlite.run(&["restore", "one.db"]));
    assert!(!done && printed.contains("stop the server first"), "{printed}");
    server.stop().await;
    let (done, printed) = said(&sqlite.run(&["restore", "one.db"]));
    assert!(done && printed.contains("is kept as"), "{printed}");
    std::fs::write(sqlite.folder.join("torn.db"), b"not a store").expect("written");
    let (done, printed) = said(&sqlite.run(&["restore", "torn.db"]));
    assert!(!done, "{printed}");
    sqlite.serve().await.stop().await;

    let database = Database::new("backup");
    let (_folder, postgres) = setup();
    let postgres = postgres.with("RELEASE_DATABASE_URL", &database.url);
    let (done, printed) = said(&postgres.run(&["migrate"]));
    assert!(done, "{printed}");
    let (done, printed) = said(&postgres.run(&["backup", "one.db"]));
    assert!(!done && printed.contains("pg_dump"), "{printed}");
}

async fn rests(stage: &Stage, release: &str) -> String {
    until("the release comes to rest", SOON, async || {
        Some(stage.state(release).await).filter(|state| state != "applying")
    })
    .await
}

/// Applies a new release of the service and waits for its end.
async fn release(stage: &Stage) -> (String, Value) {
    let approved = stage.approved().await;
    stage.apply(&approved).await;
    let state = rests(stage, &approved.id).await;
    (state, stage.release(&approved.id).await)
}

async fn start_elsewhere(setup: &Setup, folder: &Path, backup: &str) -> Server {
    copy_keys(&setup.folder.join("data"), &folder.join("data"));
    let other = Setup::new(folder);
    let (done, printed) = said(&other.run(&["restore", &setup.folder.join(backup).to_string_lossy()]));
    assert!(done, "{printed}");
    other.serve().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leftover_worker_of_the_old_store_is_fenced_off() {
    let (_folder, setup) = setup();
    let project = Project::new("restored");
    let old = setup.serve().await;
    let stage = Stage::set(&old, &project.0, &web("one")).await;
    assert_eq!(release(&stage).await.0, "applied");
    let (made, printed) = said(&setup.run(&["backup", "one.db"]));
    assert!(made, "{printed}");

    let elsewhere = tempfile::tempdir().expect("a folder");
    let new = start_elsewhere(&setup, elsewhere.path(), "one.db").await;
    let restored = stage.at(&new);
    restored.revise(&web("two")).await;
    assert_eq!(release(&restored).await.0, "applied");
    let (ids, containers) = (project.ids(), project.containers());

    // The old server has not noticed anything and is asked for one more release. What its worker leaves to others, being
    // fenced off, ends soon.
    stage.set_policy(json!({"progress_deadline_secs": 3})).await;
    stage.revise(&web("three")).await;
    let approved = stage.approved().await;
    stage.apply(&approved).await;
    assert_eq!(rests(&stage, &approved.id).await, "failed");
    assert_eq!(
        (project.ids(), project.containers()),
        (ids, containers),
        "nothing was touched on the target"
    );
    let seen = text(
        &restored
            .release(&text(&restored.admin.get("/releases?limit=1").await["items"][0]["id"]))
            .await["lifecycle_state"],
    );
    assert_eq!(seen, "applied");
    new.stop().await;
    old.stop().await;
}

/// PostgreSQL's own tool, beside the server's `psql`.
fn tool(words: &[&str]) {
    let done = std::process::Command::new(words[0]).args(&words[1..]).output();
    let done = done.expect("PostgreSQL's tools: `testbed/install postgres`");
    assert!(
        done.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[tokio::test]
async fn after_pg_restore_a_store_on_postgres_goes_on_past_all_that_was_lost() {
    let (old, new) = (Database::new("dumped"), Database::new("restored"));
    let (folder, setup) = setup();
    let here = |setup: Setup, database: &Database| setup.with("RELEASE_DATABASE_URL", &database.url);
    let server = here(setup, &old).serve().await;
    let dump = folder.path().join("release.dump");
    let dump = dump.to_str().expect("text");
    tool(&["pg_dump", "--format=custom", &format!("--file={dump}"), &old.url]);
    tool(&["pg_restore", "--no-owner", &format!("--dbname={}", new.url), dump]);
    let epoch = || {
        new.rows("select value from counters where name = 'epoch'")
            .remove(0)
            .parse::<u64>()
    };
    let before = epoch().expect("a number");

    // The old database is in use, the new one is not yet what a server may start on.
    let (done, printed) = said(&here(Setup::new(folder.path()), &old).run(&["restore"]));
    assert!(!done && printed.contains("stop the server first"), "{printed}");
    let (done, printed) = said(&here(Setup::new(folder.path()), &new).run(&["restore", dump]));
    assert!(!done && printed.contains("pg_restore"), "{printed}");
    server.stop().await;
    let (done, printed) = said(&here(Setup::new(folder.path()), &new).run(&["restore"]));
    assert!(done && printed.contains("`store.restored` is event"), "{printed}");

    assert!(epoch().expect("a number") > before + u64::from(u32::MAX));
    assert_eq!(new.rows("select count(*) from sessions"), ["0"]);
    let server = here(Setup::new(folder.path()), &new).serve().await;
    let admin = Client::admin(&server).await;
    let told = admin.get("/audit/events?event_type=store.restored").await;
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1), "{told:#}");
    let verified = admin.get("/audit/verify").await;
    assert_eq!(verified["ok"], true, "{verified:#}");
    server.stop().await;
}
