//! What runs is watched by the running server, on a real engine: by the second here, by the minute as it ships.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;
#[path = "watching/cable.rs"]
mod cable;
#[path = "watching/replicas.rs"]
mod replicas;

use bed::client::http;
use bed::engine::{Project, docker};
use bed::server::{Server, Setup};
use bed::stage::{Stage, web};
use bed::wait::until;
use cable::Cable;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Many times the second in which it is looked, on a machine that does other things.
const SOON: Duration = Duration::from_secs(60);

async fn watching(folder: &Path) -> Server {
    Setup::new(folder)
        .with("RELEASE_OBSERVE_SECS", "1")
        .with("RELEASE_DRIFT_SECS", "1")
        .serve()
        .await
}

/// An applied release that the server has looked at.
async fn watched(stage: &Stage) -> String {
    let previewed = stage.approved().await;
    stage.apply(&previewed).await;
    until("it is applied and seen healthy", SOON, async || {
        let release = stage.release(&previewed.id).await;
        assert_ne!(release["lifecycle_state"], "failed", "{release:#}");
        (release["health"]["status"] == "healthy" && release["drift"]["status"] == "none").then_some(())
    })
    .await;
    previewed.id
}

/// The data of the events of these types, oldest first, once there are so many.
async fn told(stage: &Stage, id: &str, event_type: &str, count: usize) -> Vec<Value> {
    until(event_type, SOON, async || {
        let events = stage.timeline(id).await;
        let found = events.into_iter().filter(|event| event["event_type"] == event_type);
        let found: Vec<_> = found.map(|event| event["data"].clone()).collect();
        (found.len() >= count).then_some(found)
    })
    .await
}

/// Waits for so many looks more.
async fn looks(stage: &Stage, id: &str, count: usize) {
    let mut last = Value::Null;
    for _ in 0..=count {
        last = until("another look", SOON, async || {
            let checked = stage.release(id).await["health"]["checked_at"].clone();
            (checked != last).then_some(checked)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_killed_by_hand_is_told_diagnosed_once_and_healed_and_watching_starts_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = watching(folder.path()).await;
    let project = Project::new("watched");
    let stage = Stage::set(&server, &project.0, &web("hello")).await;
    let id = watched(&stage).await;
    let (ids, starts) = (project.ids(), project.starts());
    looks(&stage, &id, 5).await;
    let container = format!("{}-web-1", project.0);
    docker(&["kill", &container]);
    let changed = told(&stage, &id, "health.changed", 1).await;
    assert_eq!(
        (&changed[0]["before"], &changed[0]["after"]),
        (&json!("healthy"), &json!("degraded"))
    );
    assert_eq!(changed[0]["objects"][0]["key"], "service/web");
    let drifted = told(&stage, &id, "drift.detected", 1).await;
    assert_eq!(drifted[0]["changed"][0]["paths"], json!(["/state"]), "{drifted:#?}");
    looks(&stage, &id, 5).await;
    assert_eq!(told(&stage, &id, "diagnostics.recorded", 1).await.len(), 1, "once");
    let diagnostics = stage.admin.get(&format!("/releases/{id}/diagnostics")).await;
    assert_eq!(diagnostics["items"][0]["resource"]["name"], "web", "{diagnostics:#}");
    let objects = stage.admin.get(&format!("/releases/{id}/objects")).await;
    assert_eq!(
        (&objects["health"]["status"], &objects["drift"]["objects"]),
        (&json!("degraded"), &json!(1))
    );
    assert_eq!((project.ids(), starts.count()), (ids, 0), "nothing was written there");
    docker(&["start", &container]);
    // A look or two may find it on its way.
    until("it is healthy again", SOON, async || {
        let changed = told(&stage, &id, "health.changed", 2).await;
        (changed.last()?["after"] == "healthy").then_some(())
    })
    .await;
    told(&stage, &id, "drift.cleared", 1).await;
    println!(
        "watching by the running server: 10 looks, {} starts by it",
        starts.count().saturating_sub(1)
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_goes_away_and_comes_back_is_told_and_shown_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = watching(folder.path()).await;
    let project = Project::new("cut");
    let stage = Stage::set(&server, &project.0, &web("hello")).await;
    let cable = Cable::new(folder.path().join("engine.sock"));
    cable.lead(&stage).await;
    let id = watched(&stage).await;
    // What nobody has seen twice was not told, and is no news when it is lost.
    looks(&stage, &id, 2).await;

    let path = cable.cut();
    let changes = async |after: &str| {
        until(after, SOON, async || {
            let found = stage
                .admin
                .get(&format!(
                    "/audit/events?event_type=target.status_changed&target={}",
                    stage.target
                ))
                .await;
            (found["items"][0]["data"]["after"] == after).then_some(())
        })
        .await;
    };
    changes("unreachable").await;
    let told_of = told(&stage, &id, "health.changed", 1).await;
    assert_eq!(told_of[0]["after"], "unknown");
    let status = stage.admin.get(&format!("/targets/{}", stage.target)).await["status"].clone();
    assert_eq!(
        (&status["reachable"], status["last_reachable_at"].is_string()),
        (&json!(false), true)
    );
    let overview = stage.admin.get("/overview").await;
    assert_eq!(overview["targets"]["unreachable"], 1, "{overview:#}");
    assert_eq!(reachable(&server, &project).await, Some("0".into()));
    let matrix = stage.admin.get("/overview/matrix?q=cut").await;
    let cells = &matrix["items"][0]["cells"][0]["current"][0];
    assert_eq!(cells["health"]["status"], "unknown", "{matrix:#}");

    let _cable = Cable::new(path);
    changes("reachable").await;
    let told_of = told(&stage, &id, "health.changed", 2).await;
    assert_eq!(told_of[1]["after"], "healthy");
    assert_eq!(reachable(&server, &project).await, Some("1".into()));
    server.stop().await;
}

async fn reachable(server: &Server, project: &Project) -> Option<String> {
    let page = http()
        .get(format!("{}/metrics", server.url))
        .send()
        .await
        .expect("an answer");
    let page = page.text().await.expect("text");
    let sample = format!("release_target_reachable{{target=\"{}\"}} ", project.0);
    page.lines()
        .find_map(|line| line.strip_prefix(&sample).map(str::to_owned))
}

/// Killed while it looks, at any moment: the next one takes its targets over after the lease, and tells what it has not.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_watcher_s_targets_are_taken_over_and_nothing_is_told_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path())
        .with("RELEASE_OBSERVE_SECS", "1")
        .with("RELEASE_DRIFT_SECS", "1")
        .with("RELEASE_LEASE_SECS", "2");
    let first = setup.serve().await;
    let project = Project::new("taken-over");
    let stage = Stage::set(&first, &project.0, &web("hello")).await;
    let id = watched(&stage).await;
    first.signal("KILL");
    first.ended(SOON).await;
    docker(&["kill", &format!("{}-web-1", project.0)]);
    let second = setup.serve().await;
    let stage = stage.at(&second);
    told(&stage, &id, "health.changed", 1).await;
    told(&stage, &id, "drift.detected", 1).await;
    looks(&stage, &id, 3).await;
    for event in ["health.changed", "diagnostics.recorded", "drift.detected"] {
        assert_eq!(told(&stage, &id, event, 1).await.len(), 1, "{event}");
    }
    second.stop().await;
}
