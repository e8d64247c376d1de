//! The canonical desired state of a Compose release: the loaded project, and the images it is pinned to.
//!
//! The project stands in `Desired.model` as one JSON text, so that its bytes (and the fractions in it) never depend on
//! how values are kept in memory. Invariant: render, store, read back gives the same text.

use crate::model::{Project, Service};
use release_domain::catalogue::RuntimeType;
use release_domain::plan::Resource;
use release_domain::ports::{Desired, DesiredObject, TargetError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What an image reference stood for when it was planned. `id` where the engine has it, else the registry's `digest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The engine's own id of the image: `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The registry's digest: `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl Pin {
    /// What plans show.
    pub fn shown(&self) -> Option<&str> {
        self.id.as_deref().or(self.digest.as_deref())
    }
}

/// A project as it is desired.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub project: Project,
    /// Bundle paths of the Compose files, in order.
    pub compose_files: Vec<String>,
    /// The project's folder on the engine's host, where it has one.
    pub working_dir: Option<String>,
    /// By image reference as written; empty until planned.
    pub pins: BTreeMap<String, Pin>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    project: String,
    compose_files: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    working_dir: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pins: BTreeMap<String, Pin>,
}

impl Model {
    /// # Errors
    /// It was not written by this adapter.
    pub fn read(desired: &Desired) -> Result<Self, TargetError> {
        let unreadable =
            |error: serde_json::Error| TargetError::Refused(format!("the desired state is unreadable: {error}"));
        if desired.runtime_type != RuntimeType::Compose {
            return Err(TargetError::Refused(
                "the desired state is not a Compose project".into(),
            ));
        }
        let stored: Stored = serde_json::from_value(desired.model.clone()).map_err(unreadable)?;
        Ok(Self {
            project: serde_json::from_str(&stored.project).map_err(unreadable)?,
            compose_files: stored.compose_files,
            working_dir: stored.working_dir,
            pins: stored.pins,
        })
    }

    /// As the port carries it. The model's types cannot fail to serialise.
    pub fn write(&self, secret_values: Vec<String>) -> Desired {
        let stored = Stored {
            project: serde_json::to_string(&self.project).unwrap_or_default(),
            compose_files: self.compose_files.clone(),
            working_dir: self.working_dir.clone(),
            pins: self.pins.clone(),
        };
        Desired {
            runtime_type: RuntimeType::Compose,
            objects: self.objects(),
            model: serde_json::to_value(stored).unwrap_or(Value::Null),
            secret_values,
        }
    }

    /// Every object that is made of it, sorted by key. What is external is not ours.
    pub fn objects(&self) -> Vec<DesiredObject> {
        let networks = self
            .project
            .networks
            .iter()
            .filter(|(_, n)| !n.external)
            .map(|(key, _)| network_key(key));
        let volumes = self
            .project
            .volumes
            .iter()
            .filter(|(_, v)| !v.external)
            .map(|(key, _)| volume_key(key));
        let services = self.project.services.keys().map(|key| service_key(key));
        let mut keys: Vec<String> = networks.chain(services).chain(volumes).collect();
        keys.sort();
        keys.into_iter()
            .map(|key| DesiredObject {
                resource: resource(&key),
                key,
            })
            .collect()
    }

    /// Services in an order in which each comes after those it depends on; the loader has refused cycles.
    pub fn in_order(&self) -> Vec<&str> {
        let mut order = Vec::new();
        for key in self.project.services.keys() {
            self.visit(key, &mut order);
        }
        order
    }

    fn visit<'a>(&'a self, key: &'a str, order: &mut Vec<&'a str>) {
        if order.contains(&key) {
            return;
        }
        let Some(service) = self.project.services.get(key) else {
            return;
        };
        for on in service.depends_on.keys() {
            if on != key {
                self.visit(on, order);
            }
        }
        if !order.contains(&key) {
            order.push(key);
        }
    }

    /// The length of the longest chain of dependencies below a service.
    pub fn level(&self, key: &str) -> usize {
        let order = self.in_order();
        let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
        for name in order {
            let below = self.project.services[name]
                .depends_on
                .keys()
                .filter_map(|on| levels.get(on.as_str()));
            let level = below.max().map_or(0, |level| level + 1);
            levels.insert(name, level);
        }
        levels.get(key).copied().unwrap_or(0)
    }

    pub fn pin(&self, service: &Service) -> Option<&Pin> {
        self.pins.get(&service.image)
    }
}

pub fn service_key(name: &str) -> String {
    format!("service/{name}")
}

pub fn network_key(name: &str) -> String {
    format!("network/{name}")
}

pub fn volume_key(name: &str) -> String {
    format!("volume/{name}")
}

/// The object that a key names.
pub fn resource(key: &str) -> Resource {
    let (kind, name) = key.split_once('/').unwrap_or(("object", key));
    Resource {
        kind: kind.into(),
        namespace: None,
        name: name.into(),
        api_version: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cpus, Dependency, Network, Volume};

    fn model() -> Model {
        let depends = |on: &str| BTreeMap::from([(on.to_owned(), Dependency::default())]);
        let service = |on: Option<&str>| Service {
            image: "x".into(),
            cpus: Cpus::new(0.5),
            depends_on: on.map(depends).unwrap_or_default(),
            ..Service::default()
        };
        let external = Network {
            external: true,
            ..Network::default()
        };
        Model {
            project: Project {
                name: "p".into(),
                services: BTreeMap::from([
                    ("a".into(), service(Some("c"))),
                    ("b".into(), service(None)),
                    ("c".into(), service(Some("b"))),
                ]),
                networks: BTreeMap::from([("n".into(), Network::default()), ("out".into(), external)]),
                volumes: BTreeMap::from([("v".into(), Volume::default())]),
                ..Project::default()
            },
            compose_files: vec!["compose.yaml".into()],
            ..Model::default()
        }
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let model = model();
        let desired = model.write(vec!["s".into()]);
        assert_eq!(Model::read(&desired), Ok(model));
        assert!(
            release_domain::canonical::to_bytes(&desired).is_ok(),
            "fractions do not reach the canonical form"
        );
        let keys: Vec<_> = desired.objects.iter().map(|o| o.key.as_str()).collect();
        assert_eq!(keys, ["network/n", "service/a", "service/b", "service/c", "volume/v"]);
    }

    #[test]
    fn dependencies_come_before_what_depends_on_them() {
        assert_eq!(model().in_order(), ["b", "c", "a"]);
    }
}
