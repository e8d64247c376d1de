//! What stands on an engine, as values: read once, planned from, never asked for again by the planner.

use crate::names::{compose, ours};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The part of an engine that a project's plan looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// All containers of the project, sorted by name.
    pub containers: Vec<Container>,
    /// By name on the engine: those of the project, and those that the project names.
    pub networks: BTreeMap<String, Network>,
    pub volumes: BTreeMap<String, Volume>,
    /// By image reference as written.
    pub images: BTreeMap<String, Image>,
    /// Names that new containers would need and that stand for containers outside the project.
    pub taken_names: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    #[default]
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "being removed",
            Self::Exited => "exited",
            Self::Dead => "dead",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Starting,
    Healthy,
    Unhealthy,
}

/// How a container is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub status: Status,
    pub exit_code: i64,
    pub oom_killed: bool,
    /// What the engine says about a start that failed.
    pub error: String,
    pub restart_count: i64,
    /// `None` without a health check.
    pub health: Option<Health>,
    /// What the newest failed health check printed.
    pub health_output: String,
    /// How many milliseconds it had been running when it was looked at.
    pub running_millis: u64,
}

/// How a container stands in a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    pub network_id: String,
    pub aliases: Vec<String>,
    /// Empty while it does not run.
    pub ipv4: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MountSeen {
    /// `volume`, `bind`, `tmpfs`.
    pub kind: String,
    /// A volume's name; empty otherwise.
    pub name: String,
    pub source: String,
    pub target: String,
    pub read_only: bool,
}

/// What `docker update` can change of a running container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub memory: i64,
    pub memory_reservation: i64,
    pub nano_cpus: i64,
    pub cpu_shares: i64,
    pub cpuset: String,
    pub pids: i64,
    /// `no`, `always`, `unless-stopped`, `on-failure`.
    pub restart: String,
    pub restart_attempts: i64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    pub id: String,
    /// Without the leading slash.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// The image as it was asked for.
    pub image: String,
    /// The image that runs: `sha256:…`.
    pub image_id: String,
    pub state: State,
    /// By the network's name.
    pub networks: BTreeMap<String, Endpoint>,
    pub mounts: Vec<MountSeen>,
    pub limits: Limits,
    /// What it is, in Compose's words: what plans compare where the desired state it came from is not known.
    pub view: Map<String, Value>,
}

impl Container {
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// The Compose service it belongs to.
    pub fn service(&self) -> &str {
        self.label(compose::SERVICE).unwrap_or("")
    }

    pub fn number(&self) -> u32 {
        self.label(compose::NUMBER).and_then(|n| n.parse().ok()).unwrap_or(0)
    }

    /// Made by `docker compose run`: never ours to touch.
    pub fn is_oneoff(&self) -> bool {
        self.label(compose::ONEOFF)
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    /// The release service that made it; `None`: it was not made by a release.
    pub fn owner(&self) -> Option<&str> {
        self.label(ours::SERVICE)
    }

    pub fn epoch(&self) -> u64 {
        self.label(ours::EPOCH).and_then(|e| e.parse().ok()).unwrap_or(0)
    }

    /// Whether it does its work, or may be about to.
    pub fn is_up(&self) -> bool {
        match self.state.status {
            Status::Running | Status::Paused | Status::Restarting => true,
            Status::Created | Status::Removing | Status::Exited | Status::Dead => false,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// Ids of the containers in it.
    pub containers: BTreeSet<String>,
    /// Ids of other networks of the project with this name: the engine allows it, and then knows none of them by name.
    pub doubles: Vec<String>,
    pub subnets: Vec<String>,
    /// In Compose's words.
    pub view: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volume {
    pub name: String,
    pub created_at: String,
    pub labels: BTreeMap<String, String>,
    /// `driver_opts`, for the policy: an external volume may be a bind mount too.
    pub options: BTreeMap<String, String>,
    pub driver: String,
    pub view: Map<String, Value>,
}

/// What an image reference stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// The engine has it.
    Local {
        id: String,
        /// Paths that the image makes volumes of.
        volumes: BTreeSet<String>,
    },
    /// The registry has it; the engine will pull it.
    Remote { digest: String },
    /// Neither has it; why, in the registry's words.
    Missing { reason: String },
    /// The registry does not answer.
    Unverified { reason: String },
    /// Not a reference at all.
    Invalid { reason: String },
}

impl Observed {
    /// The containers of one service, but for one-off ones.
    pub fn of_service<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Container> + 'a {
        self.containers
            .iter()
            .filter(move |c| c.service() == service && !c.is_oneoff())
    }

    pub fn container(&self, id: &str) -> Option<&Container> {
        self.containers.iter().find(|c| c.id == id)
    }

    /// The newest epoch that this release service has written here.
    pub fn newest_epoch(&self, owner: &str) -> u64 {
        let containers = self.containers.iter().map(|c| &c.labels);
        let networks = self.networks.values().map(|n| &n.labels);
        let volumes = self.volumes.values().map(|v| &v.labels);
        containers
            .chain(networks)
            .chain(volumes)
            .filter(|labels| labels.get(ours::SERVICE).is_some_and(|s| s == owner))
            .filter_map(|labels| labels.get(ours::EPOCH)?.parse().ok())
            .max()
            .unwrap_or(0)
    }
}
