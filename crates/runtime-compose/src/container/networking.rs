//! Networks, aliases and ports of a container.

use super::{ApiVersion, Recipe, some};
use crate::model::{Service, ServiceNetwork};
use crate::names;
use bollard::models::{EndpointIpamConfig, EndpointSettings, NetworkingConfig, PortBinding, PortMap};

/// From this version on the engine takes several networks at creation; before, all but the first are joined after it.
pub const SEVERAL_NETWORKS: ApiVersion = ApiVersion::new(1, 44);

/// The option of an endpoint that names its interface in the container (Docker 28.1 and later).
const INTERFACE_NAME: &str = "com.docker.network.endpoint.ifname";

/// `network_mode` and the networks that are joined at creation.
pub(super) fn settings(recipe: &Recipe<'_>) -> (String, Option<NetworkingConfig>) {
    let service = recipe.service;
    if !service.network_mode.is_empty() {
        return (service.network_mode.clone(), None);
    }
    let order = by_priority(service);
    let Some(first) = order.first() else {
        return ("none".into(), None);
    };
    let count = if recipe.api < SEVERAL_NETWORKS { 1 } else { order.len() };
    let endpoints = order.iter().take(count).map(|key| {
        let settings = endpoint(recipe, key, *key == *first);
        (engine_name(recipe, key), settings)
    });
    let config = NetworkingConfig {
        endpoints_config: Some(endpoints.collect()),
    };
    (engine_name(recipe, first), Some(config))
}

/// The networks that are joined after creation: name on the engine, and how.
pub fn later(recipe: &Recipe<'_>) -> Vec<(String, EndpointSettings)> {
    if !recipe.service.network_mode.is_empty() || recipe.api >= SEVERAL_NETWORKS {
        return Vec::new();
    }
    let order = by_priority(recipe.service);
    let rest = order.iter().skip(1);
    rest.map(|key| (engine_name(recipe, key), endpoint(recipe, key, false)))
        .collect()
}

/// How a container of this recipe stands in one of its networks.
pub fn endpoint(recipe: &Recipe<'_>, key: &str, is_first: bool) -> EndpointSettings {
    let service = recipe.service;
    let name = names::container(&recipe.model.project.name, recipe.key, service, recipe.number);
    let own = service.networks.get(key).cloned().flatten().unwrap_or_default();
    let mut aliases = Vec::new();
    if !recipe.held_back {
        aliases.extend([name, recipe.key.to_owned()]);
        aliases.extend(own.aliases.iter().cloned());
    }
    let mac_address = match (own.mac_address.is_empty(), is_first) {
        (false, _) => own.mac_address.clone(),
        (true, true) => service.mac_address.clone(),
        (true, false) => String::new(),
    };
    let mut driver_opts = own.driver_opts.clone();
    if !own.interface_name.is_empty() {
        driver_opts.insert(INTERFACE_NAME.into(), own.interface_name.clone());
    }
    EndpointSettings {
        aliases: Some(aliases),
        links: some(recipe.links.clone()),
        ipam_config: ipam(&own),
        mac_address: super::filled(&mac_address),
        driver_opts: super::map(&driver_opts),
        gw_priority: super::nonzero(own.gw_priority),
        ..EndpointSettings::default()
    }
}

fn ipam(own: &ServiceNetwork) -> Option<EndpointIpamConfig> {
    let config = EndpointIpamConfig {
        ipv4_address: super::filled(&own.ipv4_address),
        ipv6_address: super::filled(&own.ipv6_address),
        link_local_ips: some(own.link_local_ips.clone()),
    };
    (config != EndpointIpamConfig::default()).then_some(config)
}

/// All networks of a recipe: name on the engine, and how it stands in them.
pub fn all(recipe: &Recipe<'_>) -> Vec<(String, EndpointSettings)> {
    let order = by_priority(recipe.service);
    let settings = order
        .iter()
        .enumerate()
        .map(|(i, key)| (engine_name(recipe, key), endpoint(recipe, key, i == 0)));
    settings.collect()
}

/// The networks of a service, those with the highest priority first, then by name.
pub fn by_priority(service: &Service) -> Vec<&str> {
    let priority = |own: &Option<ServiceNetwork>| own.as_ref().map_or(0, |n| n.priority);
    let mut order: Vec<_> = service.networks.iter().collect();
    order.sort_by(|a, b| priority(b.1).cmp(&priority(a.1)).then_with(|| a.0.cmp(b.0)));
    order.into_iter().map(|(key, _)| key.as_str()).collect()
}

fn engine_name(recipe: &Recipe<'_>, key: &str) -> String {
    let network = recipe.model.project.networks.get(key);
    network.map_or(key, |network| network.name.as_str()).to_owned()
}

fn protocol(text: &str) -> &str {
    if text.is_empty() { "tcp" } else { text }
}

/// Ports that the container shows to its networks, `80/tcp`, each once.
pub(super) fn exposed(service: &Service) -> Vec<String> {
    let mut ports = Vec::new();
    for entry in &service.expose {
        let (range, kind) = entry.split_once('/').unwrap_or((entry, "tcp"));
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) => ports.extend((low..=high).map(|port| format!("{port}/{kind}"))),
            _ => ports.push(format!("{range}/{kind}")),
        }
    }
    ports.extend(
        service
            .ports
            .iter()
            .map(|p| format!("{}/{}", p.target, protocol(&p.protocol))),
    );
    ports.sort();
    ports.dedup();
    ports
}

/// Container ports by where the host shows them.
pub(super) fn bindings(service: &Service) -> PortMap {
    let mut map = PortMap::new();
    for port in &service.ports {
        let key = format!("{}/{}", port.target, protocol(&port.protocol));
        let binding = PortBinding {
            host_ip: Some(port.host_ip.clone()),
            host_port: Some(port.published.clone()),
        };
        map.entry(key).or_default().get_or_insert_default().push(binding);
    }
    map
}

/// Whether two containers of this service cannot run side by side: a fixed host port, name or address, or the host's
/// own network, where nobody knows what it listens on.
pub fn is_exclusive(service: &Service) -> bool {
    let fixed_port = service
        .ports
        .iter()
        .any(|p| !p.published.is_empty() && !p.published.contains('-') && p.published != "0");
    let fixed_address = service
        .networks
        .values()
        .flatten()
        .any(|n| !n.ipv4_address.is_empty() || !n.ipv6_address.is_empty() || !n.mac_address.is_empty());
    fixed_port
        || fixed_address
        || !service.container_name.is_empty()
        || !service.mac_address.is_empty()
        || service.network_mode == "host"
}

/// Whether host ports are to be taken from a range, so that containers are started one by one.
pub fn has_port_range(service: &Service) -> bool {
    service.ports.iter().any(|p| p.published.contains('-'))
}
