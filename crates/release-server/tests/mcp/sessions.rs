//! A token that is taken away ends what its agent does, also while it waits.

use crate::agent::{Agent, MODES};
use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, web};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

/// Revoked everywhere within this (security.md, *Sessions*).
const WITHIN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_a_wait_within_a_second_and_opens_nothing_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let project = Project::new("mcprevoked");
    let stage = Stage::set(&server, &project.0, &web("agent")).await;
    let release = stage.draft().await;
    let mut slowest = Duration::ZERO;
    for mode in MODES {
        let made = stage.admin.post("/tokens", &json!({"name": "an agent's"})).await;
        let token = made["token"].as_str().expect("a token");
        let agent = Agent::start(&server.url, token, mode);
        agent.hello().await;
        let waits = json!({"release_id": release, "timeout_secs": 60});
        let waiting = async {
            let told = agent.call("wait_for_release", &waits).await;
            (told, Instant::now())
        };
        let revoking = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let path = format!("/tokens/{}", made["id"].as_str().expect("an id"));
            let gone = stage.admin.call(Method::DELETE, &path, None).await;
            gone.expect(&[204], &path);
            Instant::now()
        };
        let ((told, ended), revoked) = tokio::join!(waiting, revoking);
        assert!(told.is_error, "{:#}", told.structured);
        assert_eq!(told.structured["code"], "unauthenticated");
        slowest = slowest.max(ended.saturating_duration_since(revoked));
        assert!(slowest < WITHIN, "{slowest:?}");
        let http = crate::bed::client::http();
        let refused = http
            .post(format!("{}/mcp", server.url))
            .bearer_auth(token)
            .send()
            .await
            .expect("an answer");
        assert_eq!(refused.status(), 401);
    }
    println!(
        "waits ended by a revoked token: {} revisions, slowest {} ms",
        MODES.len(),
        slowest.as_millis()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_the_next_change_of_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let project = Project::new("mcpwait");
    let stage = Stage::set(&server, &project.0, &web("agent")).await;
    let release = stage.draft().await;
    let agent = Agent::start(&server.url, &stage.admin.token, MODES[1]);
    agent.hello().await;
    let waits = json!({"release_id": release, "lifecycle_state": "draft"});
    let (told, _) = tokio::join!(agent.answer("wait_for_release", &waits), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.preview(&release).await
    });
    assert_eq!(told["lifecycle_state"], "previewed");
}
