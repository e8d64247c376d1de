//! A Compose project after loading: every short form expanded, every default filled in, every
//! variable substituted.
//!
//! The types mirror compose-go's `types` package (Apache-2.0) field by field and **in its field
//! order**, so that serialising a [`Service`] gives the bytes Docker Compose hashes (see
//! `config_hash`) and serialising a [`Project`] gives what `docker compose config --format json`
//! prints. The rules that follow from it: an empty string, list or map and a zero number mean
//! *not set* and are left out; where the difference matters the field is an `Option`.
//! Limits: `build`, `develop`, `models`, `provider` and `use_api_socket` have no place here, the
//! loader refuses or drops them; `env_file` and `label_file` are already merged.
//! Invariant: a `Project` deserialised from its own JSON is equal to it.

pub mod deploy;
pub mod init_hook;
pub mod parts;
pub mod resources;
pub mod scalar;
pub mod service;

pub use deploy::{
    Deploy, DeviceRequest, DiscreteResource, GenericResource, Placement, PlacementPreference, Resource, Resources,
    RestartPolicy, UpdateConfig,
};
pub use init_hook::InitHook;
pub use parts::{
    BindOptions, BlkioConfig, Condition, CredentialSpec, Dependency, DeviceMapping, EnvFile, ExtraHosts, FileReference,
    HealthCheck, Hook, ImageOptions, Logging, Mount, MountKind, Port, ServiceNetwork, ThrottleDevice, TmpfsOptions,
    Ulimit, VolumeOptions, WeightDevice,
};
pub use resources::{FileObject, Ipam, IpamPool, Network, Volume};
pub use scalar::{ByteSize, Cpus, Duration, FileMode};
pub use service::Service;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole project. `services` holds only the services of the active profiles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub name: String,
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    #[serde(default, skip_serializing_if = "unset")]
    pub networks: BTreeMap<String, Network>,
    #[serde(default, skip_serializing_if = "unset")]
    pub volumes: BTreeMap<String, Volume>,
    #[serde(default, skip_serializing_if = "unset")]
    pub secrets: BTreeMap<String, FileObject>,
    #[serde(default, skip_serializing_if = "unset")]
    pub configs: BTreeMap<String, FileObject>,
    /// Top-level `x-*` keys, as written. Those further down are dropped, as Compose drops them.
    #[serde(flatten)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

/// Whether a value is its type's zero and so left out, Go's `omitempty`.
pub(crate) fn unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(crate) fn is_true(value: &bool) -> bool {
    *value
}

pub(crate) fn yes() -> bool {
    true
}
