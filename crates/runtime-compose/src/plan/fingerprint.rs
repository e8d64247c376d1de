//! The live fingerprint: identity and the live fields that the plan would overwrite, and what images stand for. Health
//! and times of containers stay out of it.

use crate::names::{compose, ours};
use crate::observed::{Container, Network, Observed, Status, Volume};
use crate::states::States;
use release_domain::canonical::{self, Hash};
use release_domain::plan::Change;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn of(states: &States, observed: &Observed, changes: &[Change]) -> Hash {
    let mut live: BTreeMap<&str, Value> = BTreeMap::new();
    for change in changes {
        let name = &change.resource.name;
        let seen = match change.resource.kind.as_str() {
            "service" => json!(observed.of_service(name).map(container).collect::<Vec<_>>()),
            "network" => json!(
                observed
                    .networks
                    .values()
                    .find(|n| is(&n.labels, compose::NETWORK, name))
                    .map(network)
            ),
            _ => json!(
                observed
                    .volumes
                    .values()
                    .find(|v| is(&v.labels, compose::VOLUME, name))
                    .map(volume)
            ),
        };
        live.insert(&change.key, seen);
    }
    let pins = states.desired.as_ref().map(|model| &model.pins);
    // Texts and whole numbers only: it has a canonical form.
    canonical::hash(&json!({"live": live, "pins": pins})).unwrap_or_else(|_| Hash::of(b""))
}

fn is(labels: &BTreeMap<String, String>, label: &str, name: &str) -> bool {
    labels.get(label).is_some_and(|value| value == name)
}

fn container(container: &Container) -> Value {
    let networks: BTreeMap<&str, &str> = container
        .networks
        .iter()
        .map(|(name, e)| (name.as_str(), e.network_id.as_str()))
        .collect();
    let mounts: Vec<_> = container
        .mounts
        .iter()
        .map(|m| json!([m.kind, m.name, m.target, m.read_only]))
        .collect();
    let limits = &container.limits;
    json!({
        "id": container.id,
        "name": container.name,
        "image": container.image_id,
        "config": container.label(compose::CONFIG_HASH),
        "files": container.label(ours::FILES),
        "networks": networks,
        "mounts": mounts,
        "limits": [limits.memory, limits.memory_reservation, limits.nano_cpus, limits.cpu_shares, limits.pids],
        "restart": [limits.restart.as_str(), limits.cpuset.as_str()],
        // One that stopped would be started; what it does while it is up is its own affair.
        "up": container.is_up(),
        "completed": container.state.status == Status::Exited && container.state.exit_code == 0,
    })
}

fn network(network: &Network) -> Value {
    json!({"id": network.id, "config": network.labels.get(compose::CONFIG_HASH)})
}

fn volume(volume: &Volume) -> Value {
    json!({"created": volume.created_at, "config": volume.labels.get(compose::CONFIG_HASH), "options": volume.options})
}
