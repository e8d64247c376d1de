//! Much at once.

use super::application::{IMAGE, Watch};
use super::bed::cluster::{Flow, Namespace};
use super::bed::server::{Server, Setup};
use super::bed::stage::Stage;
use super::bed::wait::until;
use super::pressure::config_maps;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Thousands of pods take their time on two cores.
const LONG: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_secs(30);
/// Progress is told within this (runtimes.md, *Progress*).
const TOLD_WITHIN_MS: i64 = 1_000;

const DEPLOYMENTS: usize = 100;
const PODS_EACH: usize = 20;
const SERVICES: usize = 100;
const ACCOUNTS: usize = 200;
const CONFIG_MAPS: usize = 1_600;
const OBJECTS: u64 = 2_000;
/// Requests beyond one for each object: discovery, lists by kind, watches, the books.
const FEW: u64 = 100;
/// The server with all of it in hand, at its peak.
const MAX_MEMORY_MB: u64 = 400;

fn much() -> String {
    let deployment = |n| {
        format!(
            "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}}}
spec:
  replicas: {PODS_EACH}
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata: {{labels: {{app: app-{n}}}}}
    spec: {{nodeName: simulated, containers: [{{name: app, image: '{IMAGE}'}}]}}
"
        )
    };
    let service = |n| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: app-{n}}}, spec: {{selector: {{app: app-{n}}}, ports: [{{port: 80}}]}}}}\n"
        )
    };
    let account = |n| format!("---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: account-{n}}}}}\n");
    let mut text = config_maps(CONFIG_MAPS);
    text.extend((0..DEPLOYMENTS).map(deployment));
    text.extend((0..SERVICES).map(service));
    text.extend((0..ACCOUNTS).map(account));
    text
}

/// The most memory that the process ever had.
fn peak_mb(server: &Server) -> u64 {
    let path = format!("/proc/{}/status", server.pid());
    let status = std::fs::read_to_string(&path).expect("a process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes / 1024
}

/// When each Deployment was told with all its pods, microseconds since 1970.
fn told(events: &[Value]) -> BTreeMap<String, i64> {
    let mut told = BTreeMap::new();
    for event in events.iter().filter(|event| event["event_type"] == "resource.changed") {
        let data = &event["data"];
        if data["resource"]["kind"] == "Deployment" && data["ready"] == PODS_EACH {
            let at: jiff::Timestamp = event["occurred_at"].as_str().expect("an instant").parse().expect("one");
            let name = data["resource"]["name"].as_str().expect("a name").to_owned();
            told.entry(name).or_insert(at.as_microsecond());
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_objects_are_applied_watched_and_pruned_with_few_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("scale");
    let flow = Flow::roomy(&namespace);
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::on_cluster_as(&server, &flow.kubeconfig(), &namespace.0, &much()).await;
    let release = stage.approved().await;
    let (planned, begun) = (flow.dispatched(), Instant::now());
    println!("Kubernetes requests of a preview: {planned} requests, {OBJECTS} objects");

    let watch = Watch::of(&namespace);
    stage.apply(&release).await;
    assert_eq!(stage.ended(&release.id, LONG).await, "applied");
    let (applied, took) = (flow.dispatched() - planned, begun.elapsed());
    println!("Kubernetes requests of an apply: {applied} requests, {OBJECTS} objects");
    // Planned again in the request that starts it and once more before the first write; then each is written once.
    assert!(applied <= OBJECTS + 2 * planned + FEW, "{applied} requests");

    let events = stage.timeline(&release.id).await;
    let told = told(&events);
    assert_eq!(told.len(), DEPLOYMENTS);
    let mut late = Vec::new();
    for (name, at) in &told {
        let seen = until("kubectl sees it", SOON, async || watch.ready_at(name, PODS_EACH)).await;
        late.push((at - seen) / 1_000);
    }
    let latest = late.iter().max().copied().unwrap_or_default();
    println!(
        "Kubernetes progress of many: {DEPLOYMENTS} workloads, {} ms late at most",
        latest.max(0)
    );
    assert!(latest <= TOLD_WITHIN_MS, "told {latest} ms after kubectl saw it");
    drop(watch);

    let before = flow.dispatched();
    let (uninstall, _) = stage.preview_return(&release.id, &json!({"to": "uninstall"})).await;
    stage.roll_back(&uninstall).await;
    assert_eq!(stage.ended(&release.id, LONG).await, "rolled_back");
    let pruned = flow.dispatched() - before;
    println!("Kubernetes requests of a prune: {pruned} requests, {OBJECTS} objects");
    assert!(pruned <= OBJECTS + FEW, "{pruned} requests");
    assert!(namespace.list("configmaps,deployments,services").iter().all(|object| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        name == "kube-root-ca.crt"
    }));
    let peak = peak_mb(&server);
    println!(
        "Kubernetes at scale: {OBJECTS} objects, {} pods, {} s, {peak} MB",
        DEPLOYMENTS * PODS_EACH,
        took.as_secs()
    );
    assert!(peak <= MAX_MEMORY_MB, "{peak} MB");
    server.stop().await;
}
