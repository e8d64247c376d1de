//! A service's `deploy` section.

use super::scalar::{ByteSize, Cpus, Duration};
use super::unset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    #[serde(default, skip_serializing_if = "unset")]
    pub mode: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub replicas: Option<i64>,
    #[serde(default, skip_serializing_if = "unset")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub update_config: Option<UpdateConfig>,
    #[serde(default, skip_serializing_if = "unset")]
    pub rollback_config: Option<UpdateConfig>,
    #[serde(default)]
    pub resources: Resources,
    #[serde(default, skip_serializing_if = "unset")]
    pub restart_policy: Option<RestartPolicy>,
    #[serde(default)]
    pub placement: Placement,
    #[serde(default, skip_serializing_if = "unset")]
    pub endpoint_mode: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateConfig {
    #[serde(default, skip_serializing_if = "unset")]
    pub parallelism: Option<u64>,
    #[serde(default, skip_serializing_if = "unset")]
    pub delay: Duration,
    #[serde(default, skip_serializing_if = "unset")]
    pub failure_action: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub monitor: Duration,
    #[serde(default, skip_serializing_if = "unset")]
    pub max_failure_ratio: Cpus,
    /// `start-first` or `stop-first`.
    #[serde(default, skip_serializing_if = "unset")]
    pub order: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    #[serde(default, skip_serializing_if = "unset")]
    pub limits: Option<Resource>,
    #[serde(default, skip_serializing_if = "unset")]
    pub reservations: Option<Resource>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    #[serde(default, skip_serializing_if = "unset")]
    pub cpus: Cpus,
    #[serde(default, skip_serializing_if = "unset")]
    pub memory: ByteSize,
    #[serde(default, skip_serializing_if = "unset")]
    pub pids: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub devices: Vec<DeviceRequest>,
    #[serde(default, skip_serializing_if = "unset")]
    pub generic_resources: Vec<GenericResource>,
}

/// A request for devices such as GPUs. `count` is -1 for all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    #[serde(default, skip_serializing_if = "unset")]
    pub capabilities: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub count: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub device_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenericResource {
    #[serde(default, skip_serializing_if = "unset")]
    pub discrete_resource_spec: Option<DiscreteResource>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscreteResource {
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub value: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartPolicy {
    /// `none`, `on-failure` or `any`.
    #[serde(default, skip_serializing_if = "unset")]
    pub condition: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub delay: Option<Duration>,
    #[serde(default, skip_serializing_if = "unset")]
    pub max_attempts: Option<u64>,
    #[serde(default, skip_serializing_if = "unset")]
    pub window: Option<Duration>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    #[serde(default, skip_serializing_if = "unset")]
    pub constraints: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub preferences: Vec<PlacementPreference>,
    #[serde(default, skip_serializing_if = "unset")]
    pub max_replicas_per_node: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacementPreference {
    #[serde(default, skip_serializing_if = "unset")]
    pub spread: String,
}
