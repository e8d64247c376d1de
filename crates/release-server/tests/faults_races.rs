//! Many callers at once, over HTTP: one winner, and exactly the quorum.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::{Answer, Client};
use bed::engine::Project;
use bed::server::Setup;
use bed::stage::{ADA_PASSWORD, Stage, web};
use bed::wait::until;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const APPLIES: usize = 200;
const APPROVERS: usize = 50;
const QUORUM: usize = 3;

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status.as_u16() == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_applies_at_once_one_starts_an_execution() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("races");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("one")).await;
    let release = stage.approved().await;
    let (path, body) = (format!("/releases/{}/apply", release.id), release.with_token());
    let answers = join_all((0..APPLIES).map(|_| stage.admin.call(Method::POST, &path, Some(&body)))).await;

    let (accepted, refused) = (count(&answers, 202), APPLIES - count(&answers, 202));
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        let code = answer.body["code"].as_str().unwrap_or_default();
        assert!(
            ["invalid_transition", "preview_required"].contains(&code),
            "{:#}",
            answer.body
        );
    }
    until("it is applied", Duration::from_secs(60), async || {
        (stage.state(&release.id).await == "applied").then_some(())
    })
    .await;
    let executions = stage.release(&release.id).await["executions"]
        .as_array()
        .expect("a list")
        .len();
    let started = stage
        .timeline(&release.id)
        .await
        .iter()
        .filter(|e| e["event_type"] == "apply.requested")
        .count();
    println!("concurrent applies: {accepted} accepted, {refused} refused, {executions} executions");
    assert_eq!((accepted, refused, executions, started), (1, APPLIES - 1, 1, 1));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_decisions_at_once_exactly_the_quorum_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("quorum");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("one")).await;
    stage.set_policy(json!({"min_approvals": QUORUM})).await;
    let names: Vec<_> = (0..APPROVERS).map(|n| format!("approver-{n}")).collect();
    for name in &names {
        Stage::person(&stage.admin, name, "approver").await;
    }
    let approvers = join_all(names.iter().map(|name| Client::sign_in(&server, name, ADA_PASSWORD))).await;
    let draft = stage.draft().await;
    let previewed = stage.preview(&draft).await;
    let ticket = stage.submit(&previewed).await;
    let (path, body) = (
        format!("/approvals/{ticket}/approve"),
        json!({"plan_hash": previewed.plan_hash}),
    );
    let answers = join_all(approvers.iter().map(|a| a.call(Method::POST, &path, Some(&body)))).await;

    let (counted, refused) = (count(&answers, 200), APPROVERS - count(&answers, 200));
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.body["code"], "ticket_closed", "{:#}", answer.body);
    }
    let settled = stage.admin.get(&format!("/approvals/{ticket}")).await;
    let kept = settled["decisions"].as_array().expect("a list").len();
    println!("concurrent decisions: {counted} counted, {refused} refused, {kept} kept");
    assert_eq!((counted, refused, kept), (QUORUM, APPROVERS - QUORUM, QUORUM));
    assert_eq!(
        (&settled["status"], &settled["received"]),
        (&json!("approved"), &json!(QUORUM))
    );
    let events = stage.timeline(&draft).await;
    let told = |name: &str| events.iter().filter(|event| event["event_type"] == name).count();
    assert_eq!((told("approval.decided"), told("approval.granted")), (QUORUM, 1));
    server.stop().await;
}
