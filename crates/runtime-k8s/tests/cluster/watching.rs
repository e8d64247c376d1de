//! Watching what runs on a real cluster: what people change by hand, and what looking costs.

use crate::story::Story;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use release_domain::diagnostics::DiagnosticCode;
use release_domain::event::EventData;
use release_domain::observation::HealthStatus;
use release_testkit::runtime::Eyes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The node that runs pods.
const NODE: &str = "localhost";
const APPLICATION: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front}}
spec:
  replicas: 1
  progressDeadlineSeconds: 600
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: docker.io/testbed/busybox:1
        imagePullPolicy: Never
        command: [sleep, '3600']
        env: [{name: MODE, value: calm}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: green}
";

/// Requests as the client sends them: method and address, told by its own spans.
#[derive(Clone, Default)]
struct Requests(Arc<Mutex<Vec<(String, String)>>>, Arc<AtomicU64>);

#[derive(Default)]
struct Named(BTreeMap<&'static str, String>);

impl Visit for Named {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Requests {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name() == "HTTP"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut named = Named::default();
        span.record(&mut named);
        let member = |name| named.0.get(name).cloned().unwrap_or_default();
        let request = (member("http.method"), member("http.url"));
        self.0.lock().unwrap_or_else(|error| panic!("{error}")).push(request);
        Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Requests {
    fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(|error| panic!("{error}")))
    }
}

/// A dry run changes nothing, and neither does a question about permissions.
fn writes((method, url): &(String, String)) -> bool {
    method != "GET" && !url.contains("dryRun=All") && !url.contains("selfsubjectaccessreviews")
}

/// The node's agent, stopped for as long as this lives: it goes on however the test ends.
struct StoppedNode(Child);

impl StoppedNode {
    fn new() -> Self {
        const HELD: &str = r#"trap exit INT TERM; trap 'kill -CONT "$1"' EXIT; kill -STOP "$1"; read -r _"#;
        let kubeconfig = std::env::var("TESTBED_KUBECONFIG").unwrap_or_else(|error| panic!("{error}"));
        let pid = Path::new(&kubeconfig).with_file_name("pids").join("kubelet");
        let pid = std::fs::read_to_string(pid).unwrap_or_else(|error| panic!("{error}"));
        let mut shell = Command::new("sh");
        shell.args(["-c", HELD, "sh", pid.trim()]).stdin(Stdio::piped());
        Self(shell.spawn().unwrap_or_else(|error| panic!("{error}")))
    }
}

impl Drop for StoppedNode {
    fn drop(&mut self) {
        // Its end is the sign.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

async fn watched(story: &Story) -> Eyes<'_> {
    let applied = story.to(APPLICATION, None).await;
    let request = story.request(Some(applied.clone()), Some(applied));
    Eyes::new(&story.runtime, story.target.clone(), request)
}

fn deployments(story: &Story) -> Api<DynamicObject> {
    story.bed.api("apps/v1", "Deployment", "deployments")
}

/// As `kubectl edit` does, by a manager of its own.
async fn edit(api: &Api<DynamicObject>, name: &str, change: &Value) {
    let by_hand = PatchParams {
        field_manager: Some("kubectl-edit".into()),
        ..PatchParams::default()
    };
    let patched = api.patch(name, &by_hand, &Patch::Strategic(change)).await;
    patched.unwrap_or_else(|error| panic!("{error}"));
}

fn turned(wanted: HealthStatus) -> impl Fn(&EventData) -> bool {
    move |event| matches!(event, EventData::HealthChanged { after, .. } if *after == wanted)
}

fn container(change: &Value) -> Value {
    let mut container = json!({"name": "web"});
    for (name, value) in change.as_object().into_iter().flatten() {
        container[name] = value.clone();
    }
    json!({"spec": {"template": {"spec": {"containers": [container]}}}})
}

#[tokio::test]
async fn what_is_changed_by_hand_is_told_at_its_path_and_cleared_when_it_is_put_back() {
    let story = Story::new().await;
    let mut eyes = watched(&story).await;
    let (web, settings) = (deployments(&story), story.bed.api("v1", "ConfigMap", "configmaps"));
    let label = |tier| json!({"metadata": {"labels": {"tier": tier}}});
    let replicas = |n: u32| json!({"spec": {"replicas": n}});
    let mode = |mode| container(&json!({"env": [{"name": "MODE", "value": mode}]}));
    let colour = |colour| json!({"data": {"colour": colour}});
    let env = "/spec/template/spec/containers/0/env/0/value";
    let edits = [
        (&web, "web", label("back"), label("front"), "/metadata/labels/tier"),
        (&web, "web", replicas(2), replicas(1), "/spec/replicas"),
        (&web, "web", mode("wild"), mode("calm"), env),
        (&settings, "settings", colour("red"), colour("green"), "/data/colour"),
    ];
    for (api, name, change, back, path) in &edits {
        edit(api, name, change).await;
        let told = eyes
            .until(|event| matches!(event, EventData::DriftDetected { .. }))
            .await;
        let drift = told.iter().find_map(|event| {
            let EventData::DriftDetected { objects, changed } = event else {
                return None;
            };
            Some((*objects, changed.clone()))
        });
        let (objects, changed) = drift.unwrap_or_else(|| panic!("{told:#?}"));
        assert_eq!(
            (objects, changed[0].paths.as_slice()),
            (1, &[(*path).to_owned()][..]),
            "{changed:#?}"
        );
        assert!(changed[0].key.ends_with(&format!("/{name}")), "{changed:#?}");
        edit(api, name, back).await;
        eyes.until(|event| matches!(event, EventData::DriftCleared {})).await;
    }
    println!("kubernetes drift by hand: {} fields, {} looks", edits.len(), eyes.looks);
    story.bed.clean().await;
    story.bed.end().await;
}

#[tokio::test]
async fn an_image_edited_by_hand_turns_it_degraded_with_one_diagnosis_and_healthy_again() {
    let story = Story::new().await;
    let mut eyes = watched(&story).await;
    eyes.look().await;
    let web = deployments(&story);
    let mut broken = container(&json!({"image": "docker.io/testbed/nowhere:1"}));
    broken["spec"]["progressDeadlineSeconds"] = json!(1);
    edit(&web, "web", &broken).await;
    // A deadline of one second can pass before the node has tried the image, and then nobody knows the cause yet.
    story.bed.until_waiting("ErrImageNeverPull").await;
    eyes.until(turned(HealthStatus::Degraded)).await;
    for _ in 0..5 {
        eyes.look().await;
    }
    let [findings] = eyes.diagnoses.as_slice() else {
        panic!("{:#?}", eyes.diagnoses)
    };
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&DiagnosticCode::ImageNotFound), "{findings:#?}");
    let mut mended = container(&json!({"image": "docker.io/testbed/busybox:1"}));
    mended["spec"]["progressDeadlineSeconds"] = json!(600);
    edit(&web, "web", &mended).await;
    eyes.until(turned(HealthStatus::Healthy)).await;
    println!(
        "kubernetes health by hand: {} diagnoses, {} looks",
        eyes.diagnoses.len(),
        eyes.looks
    );
    story.bed.clean().await;
    story.bed.end().await;
}

#[tokio::test]
async fn a_node_that_stops_turns_what_runs_on_it_degraded_and_healthy_once_it_is_back() {
    let story = Story::new().await;
    let mut eyes = watched(&story).await;
    eyes.look().await;
    let node = StoppedNode::new();
    // The cluster itself waits for some missed beats before it gives a node up.
    story.bed.until_node(NODE, "Unknown").await;
    let told = eyes.until(turned(HealthStatus::Degraded)).await;
    let Some(EventData::HealthChanged { objects, .. }) =
        told.iter().rfind(|event| turned(HealthStatus::Degraded)(event))
    else {
        panic!("{told:#?}");
    };
    let [named] = objects.as_slice() else {
        panic!("{objects:#?}")
    };
    assert!(named.key.ends_with("/web"), "{named:#?}");
    let [findings] = eyes.diagnoses.as_slice() else {
        panic!("{:#?}", eyes.diagnoses)
    };
    let said = format!("its node {NODE} is not ready");
    assert!(
        findings.iter().any(|finding| finding.summary.contains(&said)),
        "{findings:#?}"
    );
    drop(node);
    eyes.until(turned(HealthStatus::Healthy)).await;
    let drifts = eyes
        .told
        .iter()
        .filter(|event| matches!(event, EventData::DriftDetected { .. }));
    assert_eq!(drifts.count(), 0, "nobody changed anything");
    println!(
        "kubernetes node stopped: {} objects named, {} looks",
        objects.len(),
        eyes.looks
    );
    story.bed.clean().await;
    story.bed.end().await;
}

/// On one thread, so that every request of the client is counted.
#[tokio::test]
async fn a_look_costs_few_requests_and_writes_nothing() {
    const LOOKS: usize = 10;
    let requests = Requests::default();
    let _counting = tracing::subscriber::set_default(requests.clone());
    let story = Story::new().await;
    let mut eyes = watched(&story).await;
    eyes.look().await;
    let versions = async || {
        let mut versions = BTreeMap::new();
        for (version, kind, plural) in [
            ("apps/v1", "Deployment", "deployments"),
            ("v1", "ConfigMap", "configmaps"),
            ("v1", "Pod", "pods"),
            ("coordination.k8s.io/v1", "Lease", "leases"),
        ] {
            for value in story.bed.list(version, kind, plural).await {
                let metadata = &value["metadata"];
                versions.insert(
                    format!("{kind} {}", metadata["name"]),
                    metadata["resourceVersion"].clone(),
                );
            }
        }
        versions
    };
    let before = versions().await;
    requests.take();
    for _ in 0..LOOKS {
        eyes.look().await;
    }
    let undisturbed = requests.take();
    edit(
        &deployments(&story),
        "web",
        &json!({"metadata": {"labels": {"tier": "back"}}}),
    )
    .await;
    requests.take();
    eyes.look().await;
    let drifted = requests.take();
    edit(
        &deployments(&story),
        "web",
        &json!({"metadata": {"labels": {"tier": "front"}}}),
    )
    .await;
    let mut after = versions().await;
    assert_eq!(
        undisturbed.iter().filter(|request| writes(request)).count(),
        0,
        "{undisturbed:#?}"
    );
    assert_eq!(
        drifted.iter().filter(|request| writes(request)).count(),
        0,
        "{drifted:#?}"
    );
    println!(
        "kubernetes requests per look of 2 objects: {} undisturbed, {} with drift, {} writes",
        undisturbed.len() / LOOKS,
        drifted.len(),
        undisturbed
            .iter()
            .chain(&drifted)
            .filter(|request| writes(request))
            .count(),
    );
    assert!(undisturbed.len() / LOOKS <= 30, "{undisturbed:#?}");
    // What was edited here is another one by our own hand.
    after.insert("Deployment \"web\"".into(), before["Deployment \"web\""].clone());
    assert_eq!(after, before);
    story.bed.clean().await;
    story.bed.end().await;
}
