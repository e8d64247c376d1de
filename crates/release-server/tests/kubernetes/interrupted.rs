//! An apply that is cut off, cancelled, or runs out of time.

use super::application::{pods, web};
use super::bed::cluster::Namespace;
use super::bed::server::Setup;
use super::bed::stage::{Previewed, Stage};
use super::bed::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);
/// Cancel and deadline are honoured within this.
const AT_ONCE: Duration = Duration::from_secs(2);
/// No progress for so long is a failure.
const DEADLINE_SECS: i64 = 3;
const SLEEPS: &str = "[sleep, '3600']";
const NEVER: &str = "exec: {command: ['false']}";

/// The Deployment is on the cluster and its pods run.
async fn runs(namespace: &Namespace, replicas: usize) -> Vec<String> {
    until("the pods are there", SOON, async || {
        Some(pods(namespace, "web")).filter(|pods| pods.len() == replicas)
    })
    .await
}

fn instant(event: &Value) -> jiff::Timestamp {
    let at = event["occurred_at"].as_str().expect("an instant");
    at.parse().expect("an instant")
}

async fn applying(stage: &Stage) -> Previewed {
    let release = stage.approved().await;
    stage.apply(&release).await;
    release
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_of_an_apply_goes_on_where_the_cluster_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("killed");
    let setup = Setup::new(folder.path()).with("RELEASE_LEASE_SECS", "2");
    let server = setup.serve().await;
    let manifest = web(2, SLEEPS, "exec: {command: [test, -e, /tmp/open]}");
    let stage = Stage::on_cluster(&server, &namespace.0, &manifest).await;
    let release = applying(&stage).await;
    let before = runs(&namespace, 2).await;
    server.signal("KILL");
    assert_eq!(server.ended(SOON).await, -1);

    // Ready only now: the kill came before that, however slow the machine is.
    for pod in namespace.list("pods") {
        let name = pod["metadata"]["name"].as_str().expect("a name");
        let open = || namespace.kubectl(&["exec", name, "--", "touch", "/tmp/open"], "");
        until("the pod runs", SOON, async || (open().code == Some(0)).then_some(())).await;
    }
    let server = setup.serve().await;
    let stage = stage.at(&server);
    assert_eq!(stage.ended(&release.id, SOON * 3).await, "applied");
    assert_eq!(pods(&namespace, "web"), before, "nothing was made again");
    assert_eq!(namespace.list("deployments")[0]["metadata"]["generation"], 1);
    let told = stage.timeline(&release.id).await;
    let count = |kind: &str| told.iter().filter(|event| event["event_type"] == kind).count();
    assert_eq!((count("execution.resumed"), count("apply.succeeded")), (1, 1));
    println!("Kubernetes kill -9: {} resumed, {} made again", 1, 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_honoured_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("cancelled");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::on_cluster(&server, &namespace.0, &web(1, SLEEPS, NEVER)).await;
    let release = applying(&stage).await;
    runs(&namespace, 1).await;
    let asked = Instant::now();
    let path = format!("/releases/{}/cancel", release.id);
    let answer = stage
        .admin
        .call(Method::POST, &path, Some(&json!({"reason": "seen enough"})))
        .await;
    answer.expect(&[202], &path);
    assert_eq!(stage.ended(&release.id, SOON).await, "failed");
    let took = asked.elapsed();
    assert_eq!(stage.release(&release.id).await["reason_code"], "cancelled_by_user");
    println!("Kubernetes cancel: {} ms", took.as_millis());
    assert!(took <= AT_ONCE, "{took:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_without_progress_ends_at_its_deadline_with_the_cause() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("late");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::on_cluster(&server, &namespace.0, &web(1, SLEEPS, NEVER)).await;
    stage.set_policy(json!({"progress_deadline_secs": DEADLINE_SECS})).await;
    let release = applying(&stage).await;
    assert_eq!(stage.ended(&release.id, SOON).await, "failed");
    let told = stage.timeline(&release.id).await;
    let failed = told
        .iter()
        .position(|event| event["event_type"] == "apply.failed")
        .expect("told");
    let progress = told[..failed]
        .iter()
        .rfind(|event| event["event_type"] == "resource.changed" || event["event_type"] == "stage.changed")
        .expect("progress is told");
    let took = instant(&told[failed]).duration_since(instant(progress)).as_millis();
    println!(
        "Kubernetes deadline: {} ms after it",
        took - i128::from(DEADLINE_SECS) * 1_000
    );
    assert!(took <= i128::from(DEADLINE_SECS) * 1_000 + 2_000, "{took} ms");
    let found = stage.admin.get(&format!("/releases/{}/diagnostics", release.id)).await;
    let codes: Vec<_> = found["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| &item["code"])
        .collect();
    assert!(codes.iter().any(|code| **code == "unhealthy"), "{found:#}");
    server.stop().await;
}
