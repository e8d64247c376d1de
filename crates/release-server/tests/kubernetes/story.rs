//! One application's life: released, changed, broken, rolled back, uninstalled.

use super::application::{Watch, objects, pods, three_tiers, web};
use super::bed::cluster::{Namespace, tool};
use super::bed::server::Setup;
use super::bed::stage::Stage;
use super::bed::wait::until;
use release_testkit::registry;
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(120);
/// Progress is told within this (runtimes.md, *Progress*).
const TOLD_WITHIN_MS: i64 = 1_000;
const SERVES: &str = "[sh, -c, 'mkdir -p /tmp/www && exec httpd -f -p 8080 -h /tmp/www']";
const ANSWERS: &str = "tcpSocket: {port: 8080}";

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_released_changed_broken_rolled_back_and_uninstalled() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("story");
    let group = format!("{}.example.com", namespace.0);
    let server = Setup::new(folder.path()).serve().await;
    let good = |greeting: &str| three_tiers(&group, greeting, &web(2, SERVES, ANSWERS));
    let stage = Stage::on_cluster(&server, &namespace.0, &good("hello")).await;
    stage.set_policy(json!({"allow": {"cluster_scoped": true}})).await;

    first(&stage, &namespace).await;
    stage.revise(&good("good-day")).await;
    let second = stage.approved_with(consents()).await;
    stage.apply(&second).await;
    assert_eq!(stage.ended(&second.id, SOON).await, "applied");

    let before = objects(&namespace, &group);
    assert_eq!(before.len(), 8, "{:?}", before.keys());
    let kept = pods(&namespace, "store");
    broken_and_back(&stage, &namespace, &group).await;
    let after = objects(&namespace, &group);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (name, object) in &before {
        assert_eq!(after[name], *object, "{name}");
    }
    assert_eq!(pods(&namespace, "store"), kept, "what did not change runs on");
    println!("Kubernetes rollback: {} objects equal, {} not", before.len(), 0);

    let (uninstall, shown) = stage.preview_return(&second.id, &json!({"to": "uninstall"})).await;
    assert_eq!(shown["plan"]["summary"]["delete"], 9, "{shown:#}");
    stage.roll_back(&uninstall).await;
    assert_eq!(stage.ended(&second.id, SOON).await, "rolled_back");
    assert_eq!(objects(&namespace, &group).len(), 0);
    let definition = tool(
        "kubectl",
        &["get", "crd", &format!("shelves.{group}"), "--ignore-not-found"],
        "",
    );
    assert_eq!(definition.well(), "");

    let verified = stage.admin.get("/audit/verify").await;
    assert_eq!(verified["ok"], true, "{verified:#}");
    server.stop().await;
}

/// Data and definitions may go with the application.
fn consents() -> Value {
    json!({"consent": ["delete:StatefulSet", "delete:CustomResourceDefinition"]})
}

/// Nothing is there yet; a second person has to agree; what happens is told as it happens.
async fn first(stage: &Stage, namespace: &Namespace) {
    let draft = stage.draft_with(consents()).await;
    let previewed = stage.preview(&draft).await;
    assert_eq!(stage.state(&draft).await, "previewed");
    let ticket = stage.submit(&previewed).await;
    assert_eq!(stage.state(&draft).await, "pending_approval");
    assert!(
        namespace.list("deployments").is_empty(),
        "nothing is written before it is agreed to"
    );
    stage.approve(&previewed, &ticket).await;
    assert_eq!(stage.state(&draft).await, "approved");
    let watch = Watch::of(namespace);
    stage.apply(&previewed).await;
    assert_eq!(stage.ended(&draft, SOON).await, "applied");
    assert_eq!(pods(namespace, "web").len(), 2);
    for kind in ["deployment/web", "statefulset/store"] {
        namespace
            .kubectl(&["rollout", "status", kind, "--timeout=0s"], "")
            .well();
    }

    let seen = until("kubectl sees two ready", SOON, async || watch.ready_at("web", 2)).await;
    let told = stage.timeline(&draft).await;
    let both = told.iter().find(|event| {
        let data = &event["data"];
        event["event_type"] == "resource.changed" && data["resource"]["kind"] == "Deployment" && data["ready"] == 2
    });
    let at = both
        .and_then(|event| event["occurred_at"].as_str())
        .expect("two ready are told");
    let at: jiff::Timestamp = at.parse().expect("an instant");
    let late = (at.as_microsecond() - seen) / 1_000;
    println!("Kubernetes progress: {} ms after kubectl saw it", late.max(0));
    assert!(late <= TOLD_WITHIN_MS, "told {late} ms after kubectl saw it");
}

/// A revision that crashes, and adds an object; then back.
async fn broken_and_back(stage: &Stage, namespace: &Namespace, group: &str) {
    let crash = "[sh, -c, 'echo no table called orders >&2; exit 3']";
    let added = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: added}, data: {a: b}}\n";
    let broken = three_tiers(group, "good-bye", &web(2, crash, ANSWERS)) + added;
    stage.revise(&broken).await;
    let release = stage.approved_with(consents()).await;
    stage.apply(&release).await;
    assert_eq!(stage.ended(&release.id, SOON).await, "failed");
    assert_eq!(stage.release(&release.id).await["reason_code"], "crash_loop");
    let found = stage.admin.get(&format!("/releases/{}/diagnostics", release.id)).await;
    let first = &found["items"][0];
    assert_eq!(first["code"], "crash_loop", "{found:#}");
    assert_eq!(first["evidence"]["exit_code"], 3, "{found:#}");
    let tail = first["evidence"]["log_tail"].as_array().expect("lines");
    assert!(
        tail.iter().any(|line| line
            .as_str()
            .is_some_and(|line| line.contains("no table called orders"))),
        "{tail:?}"
    );
    assert!(!pods(namespace, "web").is_empty(), "the revision before serves on");
    namespace.kubectl(&["get", "configmap", "added"], "").well();

    let (back, shown) = stage.preview_return(&release.id, &json!({})).await;
    let deleted: Vec<_> = shown["plan"]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter(|change| change["action"] == "delete")
        .map(|change| change["resource"]["name"].clone())
        .collect();
    assert_eq!(deleted, ["added"], "{shown:#}");
    stage.roll_back(&back).await;
    assert_eq!(stage.ended(&release.id, SOON).await, "rolled_back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_fails_with_its_cause() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("image");
    let server = Setup::new(folder.path()).serve().await;
    let missing = web(1, SERVES, ANSWERS).replace("testbed/busybox:1", "testbed/nobody-has-it:7");
    let stage = Stage::on_cluster(&server, &namespace.0, &missing).await;
    let release = stage.approved().await;
    stage.apply(&release).await;
    assert_eq!(stage.ended(&release.id, SOON).await, "failed");
    assert_eq!(stage.release(&release.id).await["reason_code"], "image_not_found");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_asks_the_registries_that_the_allow_list_holds_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("registries");
    let server = Setup::new(folder.path())
        .with("RELEASE_TARGET_ALLOW", "127.0.0.1")
        .serve()
        .await;
    let (listed, other) = (registry::start(), registry::start_on([127, 0, 0, 2].into()));
    let of = |image: &str| {
        let pulled = web(1, SERVES, ANSWERS).replace("Never", "IfNotPresent");
        pulled.replace("docker.io/testbed/busybox:1", image)
    };
    let stage = Stage::on_cluster(&server, &namespace.0, &of(&listed.image("nothing"))).await;
    let previewed = async || {
        let draft = stage.draft().await;
        stage
            .admin
            .post(&format!("/releases/{draft}/preview"), &json!({}))
            .await
    };
    let shown = previewed().await;
    assert_eq!(shown["checks"][0]["code"], "image_not_found", "{shown:#}");
    let why = shown["checks"][0]["message"].as_str().expect("a message");
    assert!(why.contains("is not known to its registry"), "{why}");
    let pointer = format!(
        "/apps/v1/Deployment/{}/web/spec/template/spec/containers/0/image",
        namespace.0
    );
    assert_eq!(shown["checks"][0]["pointer"], pointer, "{shown:#}");

    stage
        .revise(&of(&format!("127.0.0.2:{}/known/app:1", other.port)))
        .await;
    let shown = previewed().await;
    assert_eq!(
        (shown["checks"].as_array().map(Vec::len), &shown["warnings"][0]["code"]),
        (Some(0), &json!("image_unverified")),
        "{shown:#}"
    );
    let why = shown["warnings"][0]["message"].as_str().expect("a message");
    assert!(why.contains("which RELEASE_TARGET_ALLOW does not list"), "{why}");
    assert_eq!((listed.take().len(), other.take().len()), (1, 0));
    server.stop().await;
}
