//! Real projects through their whole life on a real engine: applied, changed, rolled back, removed, and looked at by
//! Docker Compose in between. They are taken from `tests/fixtures/compose` as they are; one more file puts the test bed's
//! image in the place of theirs, with something to run where theirs had it in the image.

use crate::bed::{is_running, variable};
use crate::oracle::Project;
use futures::StreamExt;
use release_domain::execution::ObjectStatus;
use release_domain::ports::{ApplyEnd, Desired, Runtime};
use release_testkit::runtime::Recorder;
use release_testkit::runtime::race::caught;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tokio::sync::Mutex;

/// Folders of `tests/fixtures/compose`: docker/awesome-compose first, then docker/compose's and the conformance suite's.
const PROJECTS: [&str; 20] = [
    "5", "11", "12", "15", "32", "36", "37", "38", "64", "85", "88", "94", "95", "128", "194", "197", "227", "231",
    "300", "301",
];

/// Projects at once; those that ask for the same host ports wait for each other.
const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_real_projects_are_applied_changed_rolled_back_and_removed() {
    let cases: Vec<Case> = PROJECTS.iter().map(|number| Case::read(number)).collect();
    let ports: BTreeMap<String, Mutex<()>> = cases
        .iter()
        .flat_map(Case::host_ports)
        .map(|port| (port, Mutex::default()))
        .collect();
    let runs = cases.iter().map(|case| {
        let ports = &ports;
        async move {
            let mut alone = Vec::new();
            for port in case.host_ports() {
                alone.push(ports[&port].lock().await); // in the same order for all
            }
            let mut project = case.project();
            let ended = caught(life(&mut project, case)).await;
            project.story.bed.clean().await;
            (&case.source, ended)
        }
    });
    let (mut lived, mut services, mut wrong) = (0, 0, Vec::new());
    let mut runs = futures::stream::iter(runs).buffer_unordered(AT_ONCE);
    while let Some((source, ended)) = runs.next().await {
        match ended {
            Ok(count) => {
                println!("project: {source}, {count} services");
                lived += 1;
                services += count;
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                wrong.push(format!("{source}: {}", text.unwrap_or_default()));
            }
        }
    }
    println!(
        "real projects: {lived} applied and changed and rolled back and removed, {} failed, {services} services",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Case {
    source: String,
    file: String,
    files: Vec<(String, String)>,
    services: serde_json::Map<String, Value>,
}

impl Case {
    fn read(number: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/compose")
            .join(number);
        let json = |name: &str| -> Value {
            let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let meta = json("case.json");
        let mut files = Vec::new();
        bundle(&folder.join("input"), "", &mut files);
        Self {
            source: meta["source"].as_str().unwrap_or_default().replace('+', "/"),
            file: meta["file"].as_str().unwrap_or_default().to_owned(),
            files,
            services: json("expected.json")["services"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// Sorted.
    fn host_ports(&self) -> BTreeSet<String> {
        let ports = self
            .services
            .values()
            .flat_map(|service| service["ports"].as_array())
            .flatten();
        ports
            .filter_map(|port| Some(port["published"].as_str()?.to_owned()))
            .collect()
    }

    fn project(&self) -> Project {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let mut project = Project::new(&files);
        project.write("testbed.yaml", &self.over(&json!({})));
        project.of_files(&[&self.file, "testbed.yaml"])
    }

    /// The file that puts the test bed's image in; `more` goes into each service.
    fn over(&self, more: &Value) -> String {
        let services = self.services.iter().map(|(name, service)| {
            let mut over = json!({ "image": "testbed/busybox:1", "stop_grace_period": "1s" });
            let image = service["image"].as_str().unwrap_or_default();
            let is_shell = ["alpine", "busybox", "bash"]
                .iter()
                .any(|shell| image.split(':').next() == Some(shell));
            if !(is_shell && service["command"].is_array()) {
                over["entrypoint"] = json!(["sleep"]);
                over["command"] = json!(["3600"]);
                over["init"] = json!(true);
            }
            if service["healthcheck"].is_object() {
                over["healthcheck"] = json!({ "test": ["CMD", "true"], "interval": "200ms" });
            }
            for (key, value) in more.as_object().into_iter().flatten() {
                over[key] = value.clone();
            }
            (name.clone(), over)
        });
        json!({ "services": services.collect::<serde_json::Map<_, _>>() }).to_string()
    }
}

fn bundle(dir: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            bundle(&entry.path(), &format!("{path}/"), files);
        } else if let Ok(content) = fs::read_to_string(entry.path()) {
            files.push((path, content));
        }
    }
}

/// One project's life; how many services it has.
async fn life(project: &mut Project, case: &Case) -> usize {
    assert!(project.story.bed.inventory().await.is_empty());
    let first = project.apply(None).await;
    healthy(project, &first).await;
    let before = project.story.bed.inventory().await;
    let made = project.plan(Some(&first)).await;
    assert!(made.plan.is_unchanged(), "applied: {:#?}", made.plan);
    if !has_ended(project).await {
        project.up().await;
        assert_eq!(
            project.story.bed.inventory().await,
            before,
            "up after us changes nothing"
        );
    }

    let changed = case.over(&json!({ "environment": { "RELEASE": "two" } }));
    project.write("testbed.yaml", &changed);
    let second = project.apply(Some(&first)).await;
    healthy(project, &second).await;
    let containers = project.story.bed.containers().await;
    assert!(!containers.is_empty());
    assert!(
        containers
            .values()
            .all(|c| variable(c, "RELEASE").as_deref() == Some("two"))
    );

    let back = project
        .story
        .request(Some(first.clone()), Some(second.clone()), Some(second));
    let monitor = Recorder::default();
    let end = project.story.run(back, &monitor).await;
    assert_eq!(end, Ok(ApplyEnd::Succeeded), "rolled back: {:#?}", monitor.told());
    healthy(project, &first).await;
    let containers = project.story.bed.containers().await;
    assert!(containers.values().all(|c| variable(c, "RELEASE").is_none()));

    let count = first.objects.iter().filter(|o| o.resource.kind == "service").count();
    project.remove(first, &["delete:Volume"]).await;
    assert_eq!(project.story.bed.left().await, Vec::<String>::new(), "removed");
    count
}

async fn healthy(project: &Project, desired: &Desired) {
    let seen = project.story.runtime.observe(&project.story.target, desired).await;
    let seen = seen.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        seen.objects.iter().all(|o| o.status == ObjectStatus::Healthy),
        "{seen:#?}"
    );
}

/// Docker Compose starts again what has ended, also what it made itself.
async fn has_ended(project: &Project) -> bool {
    project.story.bed.containers().await.values().any(|c| !is_running(c))
}
