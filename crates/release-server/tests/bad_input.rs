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
        let after = stage.admin.get("/audit/events?limit=1").await;
        let newest = after["items"][0]["event_type"].as_str();
        let grown = after["event_seq"].as_u64().expect("a number") - before;
        let fits = match case.told {
            Some(event) => grown == 1 && newest == Some(event),
            None => grown == 0,
        };
        if !fits {
            bad.push(format!("{}: {grown} events, the newest {newest:?}", case.what));
        }
    }
    println!("bad input: {} cases, {} without a problem", cases.len(), bad.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.stop().await;
}
