//! An execution in a running server: given back when the process leaves, counted, and told in the log.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::http;
use bed::engine::Project;
use bed::server::Setup;
use bed::stage::{Stage, never_healthy, text, web};
use bed::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leaves_gives_its_execution_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("leaving");
    // Waiting for the lease instead would take five minutes.
    let setup = Setup::new(folder.path()).with("RELEASE_LEASE_SECS", "300");
    let server = setup.serve().await;
    let stage = Stage::set(&server, &project.0, &never_healthy()).await;
    let release = stage.approved().await;
    stage.apply(&release).await;
    until("the container runs", SOON, async || {
        project.containers().first().filter(|c| c.ends_with("running")).cloned()
    })
    .await;
    let before = project.ids();
    let asked = Instant::now();
    server.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());

    let server = setup.serve().await;
    let stage = stage.at(&server);
    until("somebody goes on with it", SOON, async || {
        let events = stage.timeline(&release.id).await;
        events
            .iter()
            .any(|event| event["event_type"] == "execution.resumed")
            .then_some(())
    })
    .await;
    assert_eq!(stage.state(&release.id).await, "applying");
    assert_eq!(project.ids(), before, "what ran runs on");

    let path = format!("/releases/{}/cancel", release.id);
    stage
        .admin
        .call(Method::POST, &path, Some(&json!({"reason": "seen enough"})))
        .await
        .expect(&[202], &path);
    let state = until("it ends", SOON, async || {
        Some(stage.state(&release.id).await).filter(|state| state != "applying")
    })
    .await;
    assert_eq!(state, "failed");
    assert_eq!(stage.release(&release.id).await["reason_code"], "cancelled_by_user");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_is_counted_and_its_log_lines_carry_the_correlation_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("counted");
    let server = Setup::new(folder.path())
        .with("RELEASE_LOG_FORMAT", "json")
        .serve()
        .await;
    let stage = Stage::set(&server, &project.0, &web("one")).await;
    let release = stage.approved().await;
    stage.apply(&release).await;
    until("it is applied", SOON, async || {
        (stage.state(&release.id).await == "applied").then_some(())
    })
    .await;

    let page = http()
        .get(format!("{}/metrics", server.url))
        .send()
        .await
        .expect("an answer");
    let page = page.text().await.expect("text");
    let counted = "release_executions_total{runtime=\"compose\",kind=\"apply\",outcome=\"succeeded\"} 1";
    assert!(page.contains(counted), "{page}");

    let correlation = text(&stage.release(&release.id).await["correlation_id"]);
    let log = server.stop().await;
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_release: Vec<_> = lines
        .iter()
        .filter(|line| line["correlation_id"] == correlation.as_str())
        .collect();
    let told: Vec<_> = of_release
        .iter()
        .filter_map(|line| line["fields"]["event"].as_str())
        .collect();
    for event in [
        "release.created",
        "preview.issued",
        "approval.granted",
        "apply.started",
        "apply.succeeded",
    ] {
        assert!(told.contains(&event), "{event}: {told:?}");
    }
    let by_request = of_release
        .iter()
        .find(|line| line["fields"]["event"] == "apply.requested")
        .expect("told");
    assert!(
        by_request["request_id"].is_string() && by_request["trace_id"].is_string(),
        "{by_request}"
    );
}
