//! Input that is no good: every answer is a problem with a code of the contract, and nothing has changed.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

#[path = "bad_input/addresses.rs"]
mod addresses;
#[path = "bad_input/bodies.rs"]
mod bodies;
#[path = "bad_input/case.rs"]
mod case;
#[path = "bad_input/catalogue.rs"]
mod catalogue;
#[path = "bad_input/headers.rs"]
mod headers;
#[path = "bad_input/previews.rs"]
mod previews;
#[path = "bad_input/wire.rs"]
mod wire;

use bed::client::{Client, http};
use bed::engine::Project;
use bed::server::Setup;
use bed::stage::{Stage, text, web};
use case::Case;
use serde_json::json;

/// The `seq` of the newest event.
async fn newest_seq(admin: &Client) -> u64 {
    admin.get("/audit/events?limit=1").await["event_seq"]
        .as_u64()
        .expect("a number")
}

/// Types of the events since, oldest first, but for what watchers tell of targets meanwhile.
async fn told_since(admin: &Client, before: u64) -> Vec<String> {
    let found = admin.get("/audit/events?limit=20").await;
    let since = found["items"].as_array().expect("events").iter().rev();
    let since = since.filter(|event| event["seq"].as_u64() > Some(before));
    let types = since.map(|event| event["event_type"].as_str().expect("a type").to_owned());
    types.filter(|told| told != "target.status_changed").collect()
}

#[tokio::test]
async fn whatever_does_not_fit_is_a_problem_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("bad-input");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("one")).await;
    let draft = stage.draft().await;
    let project_id = text(&stage.admin.get("/projects?q=default").await["items"][0]["id"]);
    let codes = case::codes(&server).await;
    let first = http()
        .post(format!("{}/api/v1/releases", server.url))
        .bearer_auth(&stage.admin.token)
        .header("idempotency-key", "used")
        .json(&json!({"service_id": stage.service, "target_id": stage.target}))
        .send()
        .await;
    assert_eq!(first.expect("an answer").status(), 201);

    let cases: Vec<Case> = [
        bodies::cases(&stage, &draft),
        addresses::cases(&stage, &draft),
        headers::cases(&stage, &draft),
        catalogue::cases(&stage, &project_id),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut bad = Vec::new();
    for case in &cases {
        let before = newest_seq(&stage.admin).await;
        let (status, media, problem) = case.send(&server.url, &stage.admin.token).await;
        bad.extend(case::wrong(case, status, &media, &problem, &codes));
        let told = told_since(&stage.admin, before).await;
        if told != Vec::from_iter(case.told) {
            bad.push(format!("{}: {told:?}", case.what));
        }
    }
    println!("bad input: {} cases, {} without a problem", cases.len(), bad.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.stop().await;
}
