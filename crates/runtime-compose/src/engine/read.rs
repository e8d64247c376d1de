//! Reading what stands on the engine. Many looks at once, none of which changes anything.

use super::images::ImageDefaults;
use super::{Engine, Fault, view};
use crate::container::restart_word;
use crate::names::compose;
use crate::observed::{
    Container, Endpoint, Health, Image, Limits, MountSeen, Network, Observed, State, Status, Volume,
};
use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, HealthStatusEnum, NetworkInspect,
};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How many looks are taken at once.
const AT_ONCE: usize = 16;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub project: String,
    /// Names on the engine that the desired state names.
    pub networks: BTreeSet<String>,
    pub volumes: BTreeSet<String>,
    /// Image reference → pull policy.
    pub images: BTreeMap<String, String>,
    /// Names that containers of the desired state will have.
    pub containers: BTreeSet<String>,
    /// Config hashes whose service is known: what else carries them need not be described.
    pub known_hashes: BTreeSet<String>,
}

impl Engine {
    /// Everything in the scope.
    pub async fn observe(&self, scope: &Scope) -> Result<Observed, Fault> {
        let (containers, mut networks, volumes, images) = futures::try_join!(
            self.containers(scope),
            self.networks(scope),
            self.volumes(scope),
            self.images(&scope.images)
        )?;
        // A network still lists containers that are gone: whoever it lists and nobody knows is not in it.
        let known: BTreeSet<&String> = containers.iter().map(|c| &c.id).collect();
        let listed: BTreeSet<String> = networks.values().flat_map(|n| n.containers.clone()).collect();
        let unknown: Vec<String> = listed.into_iter().filter(|id| !known.contains(id)).collect();
        let look = |id: String| async move { Ok(self.found(&id).await?.is_none().then_some(id)) };
        let gone: BTreeSet<String> = each(unknown, look).await?.into_iter().collect();
        for network in networks.values_mut() {
            network.containers.retain(|id| !gone.contains(id));
        }
        let ours: BTreeSet<&str> = containers.iter().map(|c| c.name.as_str()).collect();
        let mut wanted: Vec<String> = scope.containers.iter().cloned().collect();
        wanted.retain(|name| !ours.contains(name.as_str()));
        let taken = each(wanted, |name: String| async move {
            Ok(self.found(&name).await?.map(|_| name))
        })
        .await?;
        Ok(Observed {
            containers,
            networks,
            volumes,
            images,
            taken_names: taken.into_iter().collect(),
        })
    }

    /// One network as it is now; `None` where it is gone.
    pub async fn inspect_network(&self, name: &str) -> Result<Option<Network>, Fault> {
        match self.docker.inspect_network(name, None).await.map_err(Fault::from) {
            Ok(found) => Ok(Some(network(found))),
            Err(fault) if fault.status() == Some(404) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// One container as it is now; `None` where it is gone.
    pub async fn inspect(&self, id: &str) -> Result<Option<Container>, Fault> {
        Ok(self.found(id).await?.map(|found| container(found, None)))
    }

    /// Ids and labels of the project's containers: cheaper than looking at each.
    pub async fn labels(&self, project: &str) -> Result<Vec<(String, HashMap<String, String>)>, Fault> {
        let filters = HashMap::from([("label", vec![format!("{}={project}", compose::PROJECT)])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let listed = self.docker.list_containers(Some(options)).await?;
        let labels = listed
            .into_iter()
            .map(|c| (c.id.unwrap_or_default(), c.labels.unwrap_or_default()));
        Ok(labels.collect())
    }

    async fn found(&self, id: &str) -> Result<Option<ContainerInspectResponse>, Fault> {
        match self.docker.inspect_container(id, None).await.map_err(Fault::from) {
            Ok(found) => Ok(Some(found)),
            Err(fault) if fault.status() == Some(404) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn containers(&self, scope: &Scope) -> Result<Vec<Container>, Fault> {
        let listed = self.labels(&scope.project).await?;
        let look = |(id, _): (String, HashMap<String, String>)| async move {
            let Some(found) = self.found(&id).await? else {
                return Ok(None);
            };
            let labels = found.config.as_ref().and_then(|c| c.labels.as_ref());
            let hash = labels.and_then(|labels| labels.get(compose::CONFIG_HASH));
            let image = match (&found.image, hash.is_some_and(|hash| scope.known_hashes.contains(hash))) {
                (Some(image), false) => Some((self.image_defaults(image).await?, scope.project.as_str())),
                _ => None,
            };
            Ok(Some(container(found, image)))
        };
        let mut containers = each(listed, look).await?;
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(containers)
    }

    async fn networks(&self, scope: &Scope) -> Result<BTreeMap<String, Network>, Fault> {
        let filters = HashMap::from([("label", vec![format!("{}={}", compose::PROJECT, scope.project)])]);
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let listed = self.docker.list_networks(Some(options)).await?;
        let mut ids: BTreeMap<String, Vec<String>> =
            scope.networks.iter().map(|name| (name.clone(), Vec::new())).collect();
        for network in sorted_by_age(listed) {
            ids.entry(network.name.unwrap_or_default())
                .or_default()
                .extend(network.id);
        }
        let look = |(name, mut ids): (String, Vec<String>)| async move {
            let doubles = ids.split_off(ids.len().min(1));
            let asked = ids.pop().unwrap_or_else(|| name.clone());
            match self.docker.inspect_network(&asked, None).await.map_err(Fault::from) {
                // An id that begins so is not that network.
                Ok(found) if found.name.as_deref() != Some(&name) => Ok(None),
                Ok(found) => Ok(Some((
                    name,
                    Network {
                        doubles,
                        ..network(found)
                    },
                ))),
                Err(fault) if fault.status() == Some(404) => Ok(None),
                Err(fault) => Err(fault),
            }
        };
        Ok(each(ids, look).await?.into_iter().collect())
    }

    /// Ids of the project's networks of one name, the oldest first.
    pub async fn networks_named(&self, project: &str, name: &str) -> Result<Vec<String>, Fault> {
        let filters = HashMap::from([
            ("label", vec![format!("{}={project}", compose::PROJECT)]),
            ("name", vec![name.to_owned()]),
        ]);
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let listed = sorted_by_age(self.docker.list_networks(Some(options)).await?);
        // The engine's filter finds parts of names.
        let same = listed
            .into_iter()
            .filter(|network| network.name.as_deref() == Some(name));
        Ok(same.filter_map(|network| network.id).collect())
    }

    async fn volumes(&self, scope: &Scope) -> Result<BTreeMap<String, Volume>, Fault> {
        let filters = HashMap::from([("label", vec![format!("{}={}", compose::PROJECT, scope.project)])]);
        let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let listed = self
            .docker
            .list_volumes(Some(options))
            .await?
            .volumes
            .unwrap_or_default();
        let mut volumes: BTreeMap<String, Volume> = listed.into_iter().map(volume).collect();
        let mut others: Vec<String> = scope.volumes.iter().cloned().collect();
        others.retain(|name| !volumes.contains_key(name));
        let look = |name: String| async move {
            match self.docker.inspect_volume(&name).await.map_err(Fault::from) {
                Ok(found) => Ok(Some(volume(found))),
                Err(fault) if fault.status() == Some(404) => Ok(None),
                Err(fault) => Err(fault),
            }
        };
        let found = each(others, look).await?;
        volumes.extend(found);
        Ok(volumes)
    }

    async fn images(&self, wanted: &BTreeMap<String, String>) -> Result<BTreeMap<String, Image>, Fault> {
        let look = |(reference, policy): (String, String)| async move {
            let image = self.resolve(&reference, &policy).await?;
            Ok(Some((reference, image)))
        };
        Ok(each(wanted.clone(), look).await?.into_iter().collect())
    }
}

/// Takes many looks at once; what is not there is left out.
async fn each<T, R, F>(items: impl IntoIterator<Item = T>, look: impl FnMut(T) -> F) -> Result<Vec<R>, Fault>
where
    F: Future<Output = Result<Option<R>, Fault>>,
{
    let looks = stream::iter(items).map(look).buffer_unordered(AT_ONCE);
    looks
        .try_filter_map(|found| std::future::ready(Ok(found)))
        .try_collect()
        .await
}

fn container(found: ContainerInspectResponse, described: Option<(ImageDefaults, &str)>) -> Container {
    let view = described
        .map(|(image, project)| view::container(&found, &image, project))
        .unwrap_or_default();
    let config = found.config.unwrap_or_default();
    let host = found.host_config.unwrap_or_default();
    let restart = host.restart_policy.unwrap_or_default();
    let networks = found.network_settings.and_then(|s| s.networks).unwrap_or_default();
    let mounts = found.mounts.unwrap_or_default().into_iter().map(|mount| MountSeen {
        kind: mount.typ.unwrap_or_default(),
        name: mount.name.unwrap_or_default(),
        source: mount.source.unwrap_or_default(),
        target: mount.destination.unwrap_or_default(),
        read_only: mount.rw == Some(false),
    });
    let mut mounts: Vec<_> = mounts.collect();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    Container {
        id: found.id.unwrap_or_default(),
        name: found.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        image: config.image.unwrap_or_default(),
        image_id: found.image.unwrap_or_default(),
        state: state(found.state.unwrap_or_default(), found.restart_count),
        networks: networks
            .into_iter()
            .map(|(name, endpoint)| {
                let endpoint = Endpoint {
                    network_id: endpoint.network_id.unwrap_or_default(),
                    aliases: endpoint.aliases.unwrap_or_default(),
                    ipv4: endpoint.ip_address.unwrap_or_default(),
                };
                (name, endpoint)
            })
            .collect(),
        mounts,
        limits: Limits {
            memory: host.memory.unwrap_or(0),
            memory_reservation: host.memory_reservation.unwrap_or(0),
            nano_cpus: host.nano_cpus.unwrap_or(0),
            cpu_shares: host.cpu_shares.unwrap_or(0),
            cpuset: host.cpuset_cpus.unwrap_or_default(),
            pids: host.pids_limit.unwrap_or(0),
            restart: restart_word(restart.name).to_owned(),
            restart_attempts: restart.maximum_retry_count.unwrap_or(0),
        },
        view,
    }
}

fn state(found: ContainerState, restart_count: Option<i64>) -> State {
    let health = found.health.unwrap_or_default();
    let newest_failed = health
        .log
        .unwrap_or_default()
        .into_iter()
        .rfind(|check| check.exit_code != Some(0));
    let started = found
        .started_at
        .and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
    let running = started.map_or(0, |at| (OffsetDateTime::now_utc() - at).whole_milliseconds());
    State {
        status: match found.status {
            Some(ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::STOPPING) => Status::Running,
            Some(ContainerStateStatusEnum::PAUSED) => Status::Paused,
            Some(ContainerStateStatusEnum::RESTARTING) => Status::Restarting,
            Some(ContainerStateStatusEnum::REMOVING) => Status::Removing,
            Some(ContainerStateStatusEnum::EXITED) => Status::Exited,
            Some(ContainerStateStatusEnum::DEAD) => Status::Dead,
            Some(ContainerStateStatusEnum::CREATED | ContainerStateStatusEnum::EMPTY) | None => Status::Created,
        },
        exit_code: found.exit_code.unwrap_or(0),
        oom_killed: found.oom_killed.unwrap_or(false),
        error: found.error.unwrap_or_default(),
        restart_count: restart_count.unwrap_or(0),
        health: match health.status {
            Some(HealthStatusEnum::STARTING) => Some(Health::Starting),
            Some(HealthStatusEnum::HEALTHY) => Some(Health::Healthy),
            Some(HealthStatusEnum::UNHEALTHY) => Some(Health::Unhealthy),
            Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) | None => None,
        },
        health_output: newest_failed.and_then(|check| check.output).unwrap_or_default(),
        running_millis: u64::try_from(running).unwrap_or(0),
    }
}

fn sorted_by_age(mut networks: Vec<bollard::models::Network>) -> Vec<bollard::models::Network> {
    networks.sort_by(|a, b| (&a.created, &a.id).cmp(&(&b.created, &b.id)));
    networks
}

fn network(found: NetworkInspect) -> Network {
    let mut view = Map::new();
    let ipam = found.ipam.unwrap_or_default();
    let pools = ipam.config.unwrap_or_default().into_iter();
    let subnets: Vec<String> = pools.filter_map(|pool| pool.subnet).collect();
    for (name, value) in [
        ("name", json!(found.name)),
        ("driver", json!(found.driver)),
        ("driver_opts", json!(sorted(found.options.unwrap_or_default()))),
        (
            "ipam",
            json!({"config": subnets.iter().map(|subnet| json!({"subnet": subnet})).collect::<Vec<_>>()}),
        ),
        ("internal", json!(found.internal.filter(|yes| *yes))),
        ("attachable", json!(found.attachable.filter(|yes| *yes))),
        ("enable_ipv6", json!(found.enable_ipv6.filter(|yes| *yes))),
    ] {
        if !value.is_null() && value != json!({}) {
            view.insert(name.into(), value);
        }
    }
    Network {
        id: found.id.unwrap_or_default(),
        name: found.name.unwrap_or_default(),
        labels: sorted(found.labels.unwrap_or_default()),
        containers: found.containers.unwrap_or_default().into_keys().collect(),
        doubles: Vec::new(),
        subnets,
        view,
    }
}

fn volume(found: bollard::models::Volume) -> (String, Volume) {
    let options = sorted(found.options);
    let mut view = Map::from_iter([("name".to_owned(), Value::from(found.name.clone()))]);
    if found.driver != "local" {
        view.insert("driver".into(), found.driver.clone().into());
    }
    if !options.is_empty() {
        view.insert("driver_opts".into(), json!(options));
    }
    let volume = Volume {
        name: found.name.clone(),
        created_at: found
            .created_at
            .map(|at| at.unix_timestamp().to_string())
            .unwrap_or_default(),
        labels: sorted(found.labels),
        options,
        driver: found.driver,
        view,
    };
    (found.name, volume)
}

fn sorted(map: HashMap<String, String>) -> BTreeMap<String, String> {
    map.into_iter().collect()
}
