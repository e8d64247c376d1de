//! The runtime contract on a real Docker Engine.

use crate::bed::{Bed, access, is_running, manifest, variable};
use async_trait::async_trait;
use bollard::models::ContainerUpdateBody;
use bollard::query_parameters::RemoveContainerOptionsBuilder;
use release_domain::manifest::Manifest;
use release_domain::ports::{Runtime, TargetAccess};
use release_domain::release::Options;
use release_testkit::runtime::{Keys, RuntimeHarness, Sample};
use release_testkit::runtime_contract;
use runtime_compose::ComposeRuntime;
use std::collections::BTreeMap;

struct Compose {
    runtime: ComposeRuntime,
    bed: Bed,
}

impl Compose {
    async fn new() -> Self {
        Self {
            runtime: ComposeRuntime,
            bed: Bed::new(),
        }
    }
}

const HEALTHY: &str = "healthcheck: {test: [CMD, 'true'], interval: 200ms}";
const NEVER: &str = "healthcheck: {test: [CMD, 'false'], interval: 200ms, start_period: 1h}";
const SLEEP: &str = "command: [sleep, '3600']";
const END: &str = "command: [sh, -c, 'echo starting with $$DB_PASSWORD; exit 3']";

/// `web` with these lines, a network and a volume.
fn web(serves: &str, lines: &[&str]) -> String {
    let more: String = lines.iter().map(|line| format!("\n    {line}")).collect();
    format!(
        "services:
  web:
    image: testbed/busybox:1
    init: true
    environment: {{SERVES: {serves}, DB_PASSWORD: '${{DB_PASSWORD}}'}}
    networks: [front]
    volumes: ['data:/data:ro']{more}
networks: {{front: {{}}}}
volumes: {{data: {{}}}}
"
    )
}

fn sleeper(name: &str) -> String {
    format!(
        "\n  {name}:\n    image: testbed/busybox:1\n    init: true\n    {SLEEP}\n    {HEALTHY}\n    networks: [front]\n"
    )
}

#[async_trait]
impl RuntimeHarness for Compose {
    fn runtime(&self) -> &dyn Runtime {
        &self.runtime
    }

    fn target(&self) -> TargetAccess {
        self.bed.target()
    }

    fn unreachable(&self) -> TargetAccess {
        access("unix:///nowhere/docker.sock", &self.bed.project)
    }

    fn manifest(&self, sample: Sample) -> Manifest {
        let beside = |text: String, name: &str| text.replace("\nnetworks:", &format!("{}networks:", sleeper(name)));
        let content = match sample {
            Sample::First => web("first", &[SLEEP, HEALTHY]),
            Sample::Second => web("second", &[SLEEP, HEALTHY]),
            Sample::Extra => beside(web("second", &[SLEEP, HEALTHY]), "extra"),
            Sample::Broken => web("broken", &[END, HEALTHY]),
            Sample::Hanging => web("hanging", &[SLEEP, NEVER]),
            Sample::Denied => web("first", &[SLEEP, HEALTHY, "privileged: true"]),
            Sample::Chain => beside(
                web(
                    "first",
                    &[SLEEP, HEALTHY, "depends_on: {store: {condition: service_healthy}}"],
                ),
                "store",
            ),
            Sample::Zero => web("first", &[SLEEP, HEALTHY, "deploy: {replicas: 0}"]),
            Sample::Other => format!("services:{}networks: {{front: {{}}}}\n", sleeper("other")),
        };
        manifest(&content)
    }

    fn keys(&self) -> Keys {
        Keys {
            web: "service/web",
            extra: "service/extra",
            other: "service/other",
            volume: "volume/data",
            secret_path: "/environment/DB_PASSWORD",
            denied_pointer: "/services/web/privileged",
            orphan_pointer: "/service/extra",
        }
    }

    fn dropping(&self, goes: bool) -> Options {
        Options {
            remove_orphans: goes,
            ..Options::default()
        }
    }

    fn puts_back(&self) -> bool {
        true
    }

    async fn inventory(&self) -> BTreeMap<String, String> {
        self.bed.inventory().await
    }

    async fn serving(&self) -> Option<String> {
        let web = self.bed.of_service("web").await;
        let mut serving = web.iter().filter(|c| is_running(c)).map(|c| variable(c, "SERVES"));
        let first = serving.next()??;
        serving.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    async fn drift(&self) {
        for web in self.bed.of_service("web").await {
            let change = ContainerUpdateBody {
                memory: Some(64 << 20),
                memory_swap: Some(128 << 20),
                ..ContainerUpdateBody::default()
            };
            let changed = self
                .bed
                .docker
                .update_container(&web.id.unwrap_or_default(), change)
                .await;
            changed.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    async fn tamper(&self) {
        for web in self.bed.of_service("web").await {
            let killed = self.bed.docker.kill_container(&web.id.unwrap_or_default(), None).await;
            killed.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    async fn undo(&self) {
        for web in self.bed.of_service("web").await {
            let started = self.bed.docker.start_container(&web.id.unwrap_or_default(), None).await;
            started.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    async fn lose(&self) {
        for web in self.bed.of_service("web").await {
            let options = RemoveContainerOptionsBuilder::default().force(true).build();
            let id = web.id.unwrap_or_default();
            let removed = self.bed.docker.remove_container(&id, Some(options)).await;
            removed.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    async fn clean(&self) {
        self.bed.clean().await;
    }
}

runtime_contract!("compose", Compose::new());
