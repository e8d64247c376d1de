//! Networks and volumes, before any service.

use super::{Broken, Run};
use crate::config_hash;
use crate::desired::{network_key, volume_key};
use crate::diagnose::Doing;
use crate::engine::Fault;
use crate::model::{Network, Volume};
use crate::names::{self, compose, ours};
use crate::plan::{NetworkStep, VolumeStep};
use bollard::models::{EndpointSettings, Ipam, IpamConfig, NetworkCreateRequest, VolumeCreateRequest};
use release_domain::execution::ObjectStatus;
use std::collections::{BTreeMap, HashMap};

impl Run<'_> {
    pub(super) async fn networks_and_volumes(&self) -> Result<(), Broken> {
        let networks = self.steps.networks.iter().map(|(key, step)| self.network(key, *step));
        let volumes = self.steps.volumes.iter().map(|(key, step)| self.volume(key, *step));
        futures::try_join!(
            futures::future::try_join_all(networks),
            futures::future::try_join_all(volumes)
        )?;
        Ok(())
    }

    async fn network(&self, key: &str, step: NetworkStep) -> Result<(), Broken> {
        let object = network_key(key);
        let network = &self.model()?.project.networks[key];
        match step {
            NetworkStep::Keep => {
                let live = self.observed.networks.get(&network.name);
                if live.is_some_and(|live| !live.doubles.is_empty()) {
                    self.may_write().await?;
                    self.only_one(&network.name).await?;
                }
            }
            NetworkStep::Create => {
                self.begin(&object).await?;
                self.create_network(key, network).await?;
            }
            NetworkStep::Swap => {
                self.begin(&object).await?;
                self.swap(key, network).await?;
            }
        }
        self.tell(&object, ObjectStatus::Healthy, None, None).await;
        Ok(())
    }

    async fn begin(&self, object: &str) -> Result<(), Broken> {
        self.not_fenced().await?;
        self.may_write().await?;
        self.tell(object, ObjectStatus::InProgress, None, None).await;
        Ok(())
    }

    async fn create_network(&self, key: &str, network: &Network) -> Result<(), Broken> {
        let object = network_key(key);
        let failed = || Self::call(&object, None, Doing::Create);
        self.ask_for_network(self.network_request(key, network))
            .await
            .map_err(failed())?;
        self.only_one(&network.name).await?;
        self.fix_subnet(key, network).await.map_err(failed())
    }

    async fn ask_for_network(&self, request: NetworkCreateRequest) -> Result<(), Fault> {
        let engine = self.engine.clone();
        self.to_the_end(async move { engine.create_network(request).await })
            .await
    }

    /// Makes a network again with the subnet that the engine chose for it. In such a network a container may leave and
    /// join under the same address, which lets a new one stay unknown until it is healthy.
    async fn fix_subnet(&self, key: &str, network: &Network) -> Result<(), Fault> {
        let is_plain = network.ipam.config.is_empty() && network.enable_ipv6 != Some(true);
        let is_bridge = network.driver.is_empty() || network.driver == "bridge";
        if !is_plain || !is_bridge {
            return Ok(());
        }
        let chosen = self.engine.inspect_network(&network.name).await?;
        let Some(subnet) = chosen
            .filter(|n| n.containers.is_empty())
            .and_then(|n| n.subnets.first().cloned())
        else {
            return Ok(());
        };
        let mut request = self.network_request(key, network);
        let plain = request.clone();
        request.ipam.get_or_insert_default().config = Some(vec![IpamConfig {
            subnet: Some(subnet),
            ..IpamConfig::default()
        }]);
        request
            .labels
            .get_or_insert_default()
            .insert(ours::SUBNET.into(), "fixed".into());
        self.engine.remove_network(&network.name).await?;
        match self.ask_for_network(request).await {
            // Somebody took the subnet in between.
            Err(Fault::Answer { .. }) => self.ask_for_network(plain).await,
            other => other,
        }
    }

    fn network_request(&self, key: &str, network: &Network) -> NetworkCreateRequest {
        let labels = self.labels(&network.labels, (compose::NETWORK, key), config_hash::network(network));
        let map = |entries: &BTreeMap<String, String>| {
            (!entries.is_empty()).then(|| entries.clone().into_iter().collect::<HashMap<_, _>>())
        };
        let pools = network.ipam.config.iter().map(|pool| IpamConfig {
            subnet: filled(&pool.subnet),
            gateway: filled(&pool.gateway),
            ip_range: filled(&pool.ip_range),
            auxiliary_addresses: map(&pool.aux_addresses),
        });
        let pools: Vec<_> = pools.collect();
        NetworkCreateRequest {
            name: network.name.clone(),
            driver: filled(&network.driver),
            internal: Some(network.internal),
            attachable: Some(network.attachable),
            ipam: Some(Ipam {
                driver: filled(&network.ipam.driver),
                config: (!pools.is_empty()).then_some(pools),
                options: map(&network.ipam.options),
            }),
            enable_ipv4: network.enable_ipv4,
            enable_ipv6: network.enable_ipv6,
            options: map(&network.driver_opts),
            labels: Some(labels),
            ..NetworkCreateRequest::default()
        }
    }

    /// A run that was cut off may still be served by the engine, and two networks may have one name. The oldest stays;
    /// nothing is in the others yet.
    pub(super) async fn only_one(&self, name: &str) -> Result<(), Broken> {
        let ids = self.engine.networks_named(&self.states.project, name).await?;
        for id in ids.iter().skip(1) {
            // One that is used is not removed; the engine then says so where it matters.
            drop(self.engine.remove_network(id).await);
        }
        Ok(())
    }

    /// Takes everything out, makes the network again and puts everything back: containers go on running.
    async fn swap(&self, key: &str, network: &Network) -> Result<(), Broken> {
        let object = network_key(key);
        let inside: Vec<_> = self
            .observed
            .containers
            .iter()
            .filter_map(|c| Some((c, c.networks.get(&network.name)?)))
            .collect();
        for (container, _) in &inside {
            let left = self.engine.leave(&network.name, &container.id).await;
            left.map_err(Self::call(&object, Some(&container.name), Doing::Remove))?;
        }
        let removed = self.engine.remove_network(&network.name).await;
        removed.map_err(Self::call(&object, None, Doing::Remove))?;
        self.create_network(key, network).await?;
        for (container, endpoint) in inside {
            // The engine adds the container's short id by itself.
            let aliases = endpoint
                .aliases
                .iter()
                .filter(|alias| *alias != names::short(&container.id));
            let settings = EndpointSettings {
                aliases: Some(aliases.cloned().collect()),
                ..EndpointSettings::default()
            };
            let joined = self.engine.join(&network.name, &container.id, settings).await;
            joined.map_err(Self::call(&object, Some(&container.name), Doing::Join))?;
        }
        Ok(())
    }

    async fn volume(&self, key: &str, step: VolumeStep) -> Result<(), Broken> {
        let object = volume_key(key);
        let volume = &self.model()?.project.volumes[key];
        match step {
            VolumeStep::Keep => {}
            VolumeStep::Create => {
                self.begin(&object).await?;
                self.create_volume(key, volume).await?;
            }
            VolumeStep::Recreate => {
                self.begin(&object).await?;
                let users = self
                    .observed
                    .containers
                    .iter()
                    .filter(|c| c.mounts.iter().any(|m| m.name == volume.name));
                for container in users {
                    let stopped = self.engine.stop(&container.id).await;
                    stopped.map_err(Self::call(&object, Some(&container.name), Doing::Stop))?;
                    self.remove_container(&object, &container.id, false).await?;
                }
                let removed = self.engine.remove_volume(&volume.name).await;
                removed.map_err(Self::call(&object, None, Doing::Remove))?;
                self.create_volume(key, volume).await?;
            }
        }
        self.tell(&object, ObjectStatus::Healthy, None, None).await;
        Ok(())
    }

    async fn create_volume(&self, key: &str, volume: &Volume) -> Result<(), Broken> {
        let labels = self.labels(&volume.labels, (compose::VOLUME, key), config_hash::volume(volume));
        let request = VolumeCreateRequest {
            name: Some(volume.name.clone()),
            driver: filled(&volume.driver),
            driver_opts: (!volume.driver_opts.is_empty()).then(|| volume.driver_opts.clone().into_iter().collect()),
            labels: Some(labels),
            ..VolumeCreateRequest::default()
        };
        let engine = self.engine.clone();
        let made = self
            .to_the_end(async move { engine.create_volume(request).await })
            .await;
        made.map_err(Self::call(&volume_key(key), None, Doing::Create))
    }

    fn labels(
        &self,
        own: &BTreeMap<String, String>,
        (label, key): (&str, &str),
        hash: String,
    ) -> HashMap<String, String> {
        let mut labels: HashMap<String, String> = own.clone().into_iter().collect();
        let compose = [
            (compose::PROJECT, self.states.project.clone()),
            (compose::VERSION, names::COMPOSE_VERSION.to_owned()),
            (compose::CONFIG_HASH, hash),
            (label, key.to_owned()),
        ];
        labels.extend(compose.map(|(name, value)| (name.to_owned(), value)));
        labels.extend(self.marks.labels());
        labels
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
