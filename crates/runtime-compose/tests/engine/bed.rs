//! A project of its own on the test bed's engine, and eyes on it that do not look through the adapter.

use bollard::Docker;
use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveVolumeOptions,
};
use release_domain::manifest::{Manifest, ManifestFile};
use release_domain::ports::{TargetAccess, TargetConnection};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the engine listens.
///
/// # Panics
/// No engine was started: a missing one fails tests, it skips none.
pub fn host() -> String {
    std::env::var("TESTBED_DOCKER_HOST").unwrap_or_else(|_| {
        panic!("no engine: run this as `testbed/with engine -- cargo nextest run -p runtime-compose`")
    })
}

/// One project on the engine.
pub struct Bed {
    pub project: String,
    pub docker: Docker,
}

impl Bed {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let host = host();
        let path = host.strip_prefix("unix://").unwrap_or(&host);
        let docker = Docker::connect_with_unix(path, 60, bollard::API_DEFAULT_VERSION);
        Self {
            project: format!("bed-{}-{count}", std::process::id()),
            docker: docker.unwrap_or_else(|error| panic!("{error}")),
        }
    }

    pub fn target(&self) -> TargetAccess {
        access(&host(), &self.project)
    }

    fn filters(&self) -> HashMap<&'static str, Vec<String>> {
        HashMap::from([("label", vec![format!("com.docker.compose.project={}", self.project)])])
    }

    /// All containers of the project, by name.
    pub async fn containers(&self) -> BTreeMap<String, ContainerInspectResponse> {
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&self.filters())
            .build();
        let listed = self.docker.list_containers(Some(options)).await;
        let mut containers = BTreeMap::new();
        for summary in listed.unwrap_or_else(|error| panic!("{error}")) {
            let id = summary.id.unwrap_or_default();
            if let Ok(found) = self.docker.inspect_container(&id, None).await {
                let name = found
                    .name
                    .clone()
                    .unwrap_or_default()
                    .trim_start_matches('/')
                    .to_owned();
                containers.insert(name, found);
            }
        }
        containers
    }

    /// Containers of one service.
    pub async fn of_service(&self, service: &str) -> Vec<ContainerInspectResponse> {
        let all = self.containers().await.into_values();
        all.filter(|c| label(c, "com.docker.compose.service") == service)
            .collect()
    }

    /// Everything by name, with its identity and whether it runs.
    pub async fn inventory(&self) -> BTreeMap<String, String> {
        let mut inventory = BTreeMap::new();
        for (name, found) in self.containers().await {
            let running = found.state.as_ref().and_then(|state| state.running);
            let started = found.state.and_then(|state| state.started_at);
            let identity = format!("{:?} {:?} {running:?} {started:?}", found.id, found.image);
            inventory.insert(format!("container {name}"), identity);
        }
        let options = ListNetworksOptionsBuilder::default().filters(&self.filters()).build();
        let networks = self.docker.list_networks(Some(options)).await.unwrap_or_default();
        for network in networks {
            inventory.insert(
                format!("network {}", network.name.unwrap_or_default()),
                format!("{:?}", network.id),
            );
        }
        for volume in self.volumes().await {
            inventory.insert(format!("volume {}", volume.name), format!("{:?}", volume.created_at));
        }
        inventory
    }

    /// What is left of a project that was removed. A network that nobody is in and that the engine still will not let go
    /// of is not the project's doing: the engine miscounts (moby/moby#42119).
    pub async fn left(&self) -> Vec<String> {
        let mut left: Vec<String> = self.inventory().await.into_keys().collect();
        let options = ListNetworksOptionsBuilder::default().filters(&self.filters()).build();
        for network in self.docker.list_networks(Some(options)).await.unwrap_or_default() {
            let name = network.name.unwrap_or_default();
            let found = self.docker.inspect_network(&name, None).await;
            let is_empty = found.is_ok_and(|found| found.containers.is_none_or(|inside| inside.is_empty()));
            let removed = self.docker.remove_network(&name).await;
            if is_empty && removed.is_err_and(|error| error.to_string().contains("has active endpoints")) {
                println!("the engine counts somebody in {name}, where nobody is");
                left.retain(|what| *what != format!("network {name}"));
            }
        }
        left
    }

    async fn volumes(&self) -> Vec<bollard::models::Volume> {
        let options = ListVolumesOptionsBuilder::default().filters(&self.filters()).build();
        let found = self.docker.list_volumes(Some(options)).await.unwrap_or_default();
        found.volumes.unwrap_or_default()
    }

    pub async fn clean(&self) {
        let mut anonymous = Vec::new();
        for found in self.containers().await.into_values() {
            let mounts = found
                .mounts
                .unwrap_or_default()
                .into_iter()
                .filter_map(|mount| mount.name);
            anonymous.extend(mounts.filter(|name| name.len() == 64));
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            let _ = self
                .docker
                .remove_container(&found.id.unwrap_or_default(), Some(options))
                .await;
        }
        let options = ListNetworksOptionsBuilder::default().filters(&self.filters()).build();
        for network in self.docker.list_networks(Some(options)).await.unwrap_or_default() {
            let _ = self.docker.remove_network(&network.name.unwrap_or_default()).await;
        }
        // One that was handed on from container to container is nobody's own.
        for volume in anonymous {
            let _ = self.docker.remove_volume(&volume, None::<RemoveVolumeOptions>).await;
        }
        for volume in self.volumes().await {
            let _ = self
                .docker
                .remove_volume(&volume.name, None::<RemoveVolumeOptions>)
                .await;
        }
    }
}

pub fn access(host: &str, project: &str) -> TargetAccess {
    TargetAccess {
        connection: TargetConnection::Docker {
            host: host.into(),
            tls: None,
        },
        namespace: None,
        compose_project: Some(project.into()),
        working_dir: None,
    }
}

pub fn label<'c>(container: &'c ContainerInspectResponse, name: &str) -> &'c str {
    let labels = container.config.as_ref().and_then(|config| config.labels.as_ref());
    labels.and_then(|labels| labels.get(name)).map_or("", String::as_str)
}

pub fn variable(container: &ContainerInspectResponse, name: &str) -> Option<String> {
    let env = container.config.as_ref()?.env.as_ref()?;
    env.iter()
        .find_map(|line| line.strip_prefix(&format!("{name}=")).map(ToOwned::to_owned))
}

pub fn is_running(container: &ContainerInspectResponse) -> bool {
    container.state.as_ref().and_then(|state| state.running) == Some(true)
}

/// One Compose file.
pub fn manifest(content: &str) -> Manifest {
    Manifest {
        files: vec![ManifestFile {
            path: "compose.yaml".into(),
            content: content.into(),
        }],
        compose_files: None,
    }
}
