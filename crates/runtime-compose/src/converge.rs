//! What the containers of one service need to be what is wanted. Pure; the planner asks before anything is done, the
//! executor again when it gets there, with what it has made by then.
//!
//! # Names while a container is replaced
//! The old container keeps the final name. Its successor is called `<id of the old>_<name>` and carries the old one's
//! id in `dev.releasectl.replaces`, until the old one is gone and it takes the name. So whoever comes after a crash,
//! at any point, sees which is which: an old one whose hash is wanted is kept and its successor goes, a successor
//! whose hash is wanted is taken up, and what was created and never started is made again.

use crate::config_hash;
use crate::container::{self, files};
use crate::desired::{Model, Pin};
use crate::health;
use crate::model::{MountKind, Service};
use crate::names::{self, compose, ours};
use crate::observed::{Container, Limits, Observed, Status};
use release_domain::ports::MacKey;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A network as it will be when containers are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkOutlook {
    /// It has this id.
    Is(String),
    /// It is made anew, and those that are in it are put into the new one.
    Swapped,
    /// It is not there yet.
    New,
}

/// What else containers depend on, as it will be.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// By name on the engine.
    pub networks: BTreeMap<String, NetworkOutlook>,
    /// Names of volumes that are made anew: whoever uses one is removed before.
    pub new_volumes: BTreeSet<String>,
    /// The container that stands for a service in `service:x`; `None` when it will be another one.
    pub parents: BTreeMap<String, Option<String>>,
    /// Services of which a container becomes another one, or is started again.
    pub renewed: BTreeSet<String>,
}

/// Why a container cannot stay.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    Config,
    Image,
    Files,
    /// A network's key.
    Network(String),
    /// A mount's target.
    Volume(String),
    /// The service whose container it shares something with.
    Namespace(String),
    /// Pointer, live value, wanted value.
    Limit(&'static str, Value, Value),
}

/// One replica.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    Keep {
        id: String,
        /// The name it is to take: its predecessor is gone.
        rename: Option<String>,
    },
    Start {
        id: String,
        rename: Option<String>,
    },
    /// It is what it should be, and something that it depends on is renewed (`depends_on: {x: {restart: true}}`).
    Restart {
        id: String,
    },
    Create {
        number: u32,
    },
    Replace {
        number: u32,
        old: String,
        /// Made by a run that was cut off.
        successor: Option<String>,
        why: Vec<Why>,
    },
}

/// What a service's containers need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    pub slots: Vec<Slot>,
    /// Replicas that are too many.
    pub surplus: Vec<String>,
    /// Leftovers of a run that was cut off, removed first.
    pub stale: Vec<String>,
}

impl Needs {
    /// Whether a container becomes another one, or is started again.
    pub fn renews(&self) -> bool {
        self.slots.iter().any(|slot| match slot {
            Slot::Start { .. } | Slot::Restart { .. } | Slot::Replace { .. } => true,
            Slot::Keep { .. } | Slot::Create { .. } => false,
        })
    }

    pub fn is_met(&self) -> bool {
        let kept = |slot: &Slot| matches!(slot, Slot::Keep { rename: None, .. });
        self.surplus.is_empty() && self.stale.is_empty() && self.slots.iter().all(kept)
    }
}

/// What each container of a service should be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// With what it shares with other services resolved to containers.
    pub service: Service,
    pub hash: String,
    /// Unknown where the image could not be resolved, or is still to be pulled.
    pub image_id: Option<String>,
    /// The image is to be pulled: no container can have it yet.
    pub image_is_new: bool,
    pub files: Option<String>,
    /// Services that it shares something with and whose container will be another.
    pub changing_parents: Vec<String>,
}

impl Wanted {
    pub fn of(model: &Model, key: &str, outlook: &Outlook, secret_key: &MacKey) -> Option<Self> {
        let written = model.project.services.get(key)?;
        let (service, changing_parents) = resolved(written, outlook);
        let pin = model.pin(written);
        Some(Self {
            hash: config_hash::service(&as_hashed(&service)),
            image_id: pin.and_then(|pin| pin.id.clone()),
            image_is_new: pin.is_some_and(|pin| *pin != Pin::default() && pin.id.is_none()),
            files: files::hash(&files::of(&model.project, &service), secret_key),
            service,
            changing_parents,
        })
    }
}

/// Puts containers in the place of services, as Compose does before it hashes.
fn resolved(written: &Service, outlook: &Outlook) -> (Service, Vec<String>) {
    let mut service = written.clone();
    let mut changing = Vec::new();
    let mut container_of = |name: &str| match outlook.parents.get(name) {
        Some(Some(id)) => Some(id.clone()),
        Some(None) | None => {
            changing.push(name.to_owned());
            None
        }
    };
    for mode in [&mut service.network_mode, &mut service.ipc, &mut service.pid] {
        if let Some(id) = mode.strip_prefix("service:").and_then(&mut container_of) {
            *mode = format!("container:{id}");
        }
    }
    for from in &mut service.volumes_from {
        match from.strip_prefix("container:") {
            Some(outside) => *from = outside.to_owned(),
            None => {
                let (name, access) = from
                    .split_once(':')
                    .map_or((from.as_str(), None), |(n, a)| (n, Some(a)));
                if let Some(id) = container_of(name) {
                    *from = access.map_or(id.clone(), |access| format!("{id}:{access}"));
                }
            }
        }
    }
    changing.sort();
    changing.dedup();
    (service, changing)
}

/// Compose forgets how the files of another container are mounted (`web:ro`) once it has found that container.
fn as_hashed(resolved: &Service) -> Service {
    let mut hashed = resolved.clone();
    for from in &mut hashed.volumes_from {
        from.truncate(from.find(':').unwrap_or(from.len()));
    }
    hashed
}

/// Services whose containers this one shares something with.
pub fn parents(service: &Service) -> BTreeSet<&str> {
    let modes = [&service.network_mode, &service.ipc, &service.pid];
    let shared = modes.into_iter().filter_map(|mode| mode.strip_prefix("service:"));
    let volumes = service
        .volumes_from
        .iter()
        .filter(|from| !from.starts_with("container:"));
    shared
        .chain(volumes.map(|from| from.split(':').next().unwrap_or(from)))
        .collect()
}

/// What a service's containers need.
pub fn needs(model: &Model, key: &str, wanted: &Wanted, observed: &Observed, outlook: &Outlook) -> Needs {
    let judge = Judge {
        model,
        key,
        wanted,
        outlook,
    };
    let mut needs = Needs::default();
    let mut by_number: BTreeMap<u32, Vec<&Container>> = BTreeMap::new();
    for container in observed.of_service(key) {
        match container.state.status {
            Status::Removing | Status::Dead => needs.stale.push(container.id.clone()),
            Status::Created | Status::Running | Status::Paused | Status::Restarting | Status::Exited => {
                by_number.entry(container.number()).or_default().push(container);
            }
        }
    }
    let mut slots: Vec<Slot> = Vec::new();
    for (number, containers) in &by_number {
        slots.extend(judge.slot(*number, containers, &mut needs.stale));
    }
    let replicas = usize::try_from(wanted.service.replicas()).unwrap_or(0);
    slots.sort_by_key(rank);
    for slot in slots.split_off(slots.len().min(replicas)) {
        needs.surplus.extend(containers_of(&slot));
    }
    let mut number = 0;
    while slots.len() < replicas {
        number += 1;
        let taken = by_number
            .get(&number)
            .is_some_and(|all| all.iter().any(|c| !needs.stale.contains(&c.id)));
        if !taken {
            slots.push(Slot::Create { number });
        }
    }
    needs.slots = slots;
    needs
}

/// What is right stays when there are too many, then those with the lowest numbers.
fn rank(slot: &Slot) -> u32 {
    match slot {
        Slot::Keep { .. } => 0,
        Slot::Start { .. } | Slot::Restart { .. } => 1,
        Slot::Replace { .. } => 2,
        Slot::Create { .. } => 3,
    }
}

fn containers_of(slot: &Slot) -> Vec<String> {
    match slot {
        Slot::Keep { id, .. } | Slot::Start { id, .. } | Slot::Restart { id } => vec![id.clone()],
        Slot::Replace { old, successor, .. } => successor.iter().chain([old]).cloned().collect(),
        Slot::Create { .. } => Vec::new(),
    }
}

struct Judge<'a> {
    model: &'a Model,
    key: &'a str,
    wanted: &'a Wanted,
    outlook: &'a Outlook,
}

impl Judge<'_> {
    /// The slot of one number; what is in its way goes to `stale`.
    fn slot(&self, number: u32, containers: &[&Container], stale: &mut Vec<String>) -> Option<Slot> {
        let name = names::container(&self.model.project.name, self.key, &self.wanted.service, number);
        let is_interim = |c: &Container| {
            c.label(ours::REPLACES)
                .is_some_and(|old| c.name == names::interim(old, &c_name(c, old)))
        };
        let (interim, mut settled): (Vec<&Container>, Vec<&Container>) =
            containers.iter().copied().partition(|c| is_interim(c));
        settled.sort_by_key(|c| c.name != name);
        let mut settled = settled.into_iter();
        let current = settled
            .next()
            .filter(|c| !self.never_started(c) && !self.loses_volume(c));
        let gone = containers.iter().filter(|c| !interim.iter().any(|i| i.id == c.id));
        stale.extend(
            gone.filter(|c| current.is_none_or(|kept| kept.id != c.id))
                .map(|c| c.id.clone()),
        );
        let fits = |c: &Container| !self.never_started(c) && !self.loses_volume(c) && self.why(c).is_empty();
        let Some(current) = current else {
            // The old one is gone: its successor takes the name.
            let heir = interim.iter().find(|c| fits(c));
            stale.extend(
                interim
                    .iter()
                    .filter(|c| heir.is_none_or(|h| h.id != c.id))
                    .map(|c| c.id.clone()),
            );
            return heir.map(|heir| self.keep(heir, Some(name)));
        };
        let why = self.why(current);
        let successor = match why.is_empty() {
            true => None,
            false => interim.iter().find(|c| fits(c)),
        };
        stale.extend(
            interim
                .iter()
                .filter(|c| successor.is_none_or(|s| s.id != c.id))
                .map(|c| c.id.clone()),
        );
        Some(if why.is_empty() {
            self.keep(current, None)
        } else {
            Slot::Replace {
                number,
                old: current.id.clone(),
                successor: successor.map(|c| c.id.clone()),
                why,
            }
        })
    }

    fn keep(&self, container: &Container, rename: Option<String>) -> Slot {
        let id = container.id.clone();
        let state = &container.state;
        let completed = state.exit_code == 0 && health::may_complete(&self.wanted.service, container);
        match state.status {
            Status::Running | Status::Paused | Status::Restarting if rename.is_none() && self.follows() => {
                Slot::Restart { id }
            }
            Status::Running | Status::Paused | Status::Restarting => Slot::Keep { id, rename },
            Status::Exited if completed => Slot::Keep { id, rename },
            Status::Created | Status::Exited | Status::Removing | Status::Dead => Slot::Start { id, rename },
        }
    }

    /// Whether something is renewed that it wants to be restarted with.
    fn follows(&self) -> bool {
        let mut dependencies = self.wanted.service.depends_on.iter();
        dependencies.any(|(on, dependency)| dependency.restart && self.outlook.renewed.contains(on))
    }

    /// Made by a release and never run: nobody knows whether its files were copied and its networks joined.
    fn never_started(&self, container: &Container) -> bool {
        container.state.status == Status::Created && container.owner().is_some()
    }

    fn loses_volume(&self, container: &Container) -> bool {
        container
            .mounts
            .iter()
            .any(|mount| self.outlook.new_volumes.contains(&mount.name))
    }

    /// Why a container cannot stay; empty where it can.
    fn why(&self, container: &Container) -> Vec<Why> {
        let wanted = self.wanted;
        let mut why: Vec<Why> = wanted.changing_parents.iter().cloned().map(Why::Namespace).collect();
        if why.is_empty() && container.label(compose::CONFIG_HASH) != Some(&wanted.hash) {
            why.push(Why::Config);
        }
        let other_image = wanted.image_id.as_ref().is_some_and(|id| *id != container.image_id);
        if other_image || wanted.image_is_new {
            why.push(Why::Image);
        }
        // Who adopts a container takes over the files that it was given.
        if container.owner().is_some() && container.label(ours::FILES) != wanted.files.as_deref() {
            why.push(Why::Files);
        }
        if wanted.service.network_mode.is_empty() {
            why.extend(self.networks(container));
        }
        why.extend(self.volumes(container));
        if container.owner().is_some() && !why.contains(&Why::Config) {
            why.extend(limits(&container.limits, &container::limits(&wanted.service)));
        }
        why
    }

    fn networks(&self, container: &Container) -> Vec<Why> {
        let joined = |key: &str| {
            let name = self
                .model
                .project
                .networks
                .get(key)
                .map_or(key, |network| network.name.as_str());
            let endpoint = container.networks.get(name);
            match self.outlook.networks.get(name) {
                Some(NetworkOutlook::Is(id)) => {
                    endpoint.is_some_and(|e| e.network_id.is_empty() || e.network_id == *id)
                }
                Some(NetworkOutlook::Swapped) => endpoint.is_some(),
                Some(NetworkOutlook::New) | None => false,
            }
        };
        let keys = self.wanted.service.networks.keys();
        keys.filter(|key| !joined(key)).cloned().map(Why::Network).collect()
    }

    fn volumes(&self, container: &Container) -> Vec<Why> {
        let wanted = self.wanted.service.volumes.iter();
        let named = wanted.filter(|m| m.kind == MountKind::Volume && !m.source.is_empty());
        let missing = named.filter(|m| {
            let name = self
                .model
                .project
                .volumes
                .get(&m.source)
                .map_or(&m.source, |volume| &volume.name);
            !container
                .mounts
                .iter()
                .any(|seen| seen.kind == "volume" && seen.name == *name)
        });
        missing.map(|m| Why::Volume(m.target.clone())).collect()
    }
}

/// The final name that an interim one leads to.
fn c_name(container: &Container, old: &str) -> String {
    let prefix = format!("{}_", names::short(old));
    container
        .name
        .strip_prefix(&prefix)
        .unwrap_or(&container.name)
        .to_owned()
}

/// What somebody has changed on a running container with `docker update`.
fn limits(live: &Limits, wanted: &Limits) -> Vec<Why> {
    let mut why = Vec::new();
    let mut compare = |pointer, live: Value, wanted: Value| {
        if live != wanted {
            why.push(Why::Limit(pointer, live, wanted));
        }
    };
    compare("/mem_limit", json!(live.memory), json!(wanted.memory));
    compare(
        "/mem_reservation",
        json!(live.memory_reservation),
        json!(wanted.memory_reservation),
    );
    compare("/cpus", json!(live.nano_cpus), json!(wanted.nano_cpus));
    compare("/cpu_shares", json!(live.cpu_shares), json!(wanted.cpu_shares));
    compare("/cpuset", json!(live.cpuset), json!(wanted.cpuset));
    // Engines write no limit as 0, -1 or nothing.
    compare("/pids_limit", json!(live.pids.max(0)), json!(wanted.pids.max(0)));
    compare("/restart", json!(live.restart), json!(wanted.restart));
    compare("/restart", json!(live.restart_attempts), json!(wanted.restart_attempts));
    why
}

/// Whether a new replica may be started before the old one is stopped: nothing that only one can have, and nothing
/// that both would write to, unless the file says so.
pub fn starts_first(service: &Service) -> bool {
    let order = service
        .deploy
        .as_ref()
        .and_then(|d| d.update_config.as_ref())
        .map_or("", |update| &update.order);
    let writes = service
        .volumes
        .iter()
        .any(|m| !m.read_only && matches!(m.kind, MountKind::Volume | MountKind::Bind));
    let shares = !service.volumes_from.is_empty();
    match order {
        "start-first" => !container::networking::is_exclusive(service),
        "stop-first" => false,
        _ => !container::networking::is_exclusive(service) && !writes && !shares,
    }
}

#[cfg(test)]
mod tests;
