//! One service.

use super::deploy::{Deploy, DeviceRequest};
use super::init_hook::InitHook;
use super::parts::{
    BlkioConfig, CredentialSpec, Dependency, DeviceMapping, ExtraHosts, FileReference, HealthCheck, Hook, Logging,
    Mount, Port, ServiceNetwork, Ulimit,
};
use super::scalar::{ByteSize, Cpus, Duration};
use super::unset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A service of the active profiles, with every default filled in. The order of the fields is the
/// one that Compose hashes, which is not quite the one in which 5.6.1 prints them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    #[serde(default, skip_serializing_if = "unset")]
    pub profiles: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub annotations: BTreeMap<String, String>,
    /// Whether `up` shows its output; nothing on the engine follows from it.
    #[serde(default, skip_serializing_if = "unset")]
    pub attach: Option<bool>,
    #[serde(default, skip_serializing_if = "unset")]
    pub blkio_config: Option<BlkioConfig>,
    #[serde(default, skip_serializing_if = "unset")]
    pub cap_add: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub cap_drop: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub cgroup_parent: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub cgroup: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_count: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_percent: Cpus,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_period: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_quota: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_rt_period: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_rt_runtime: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpus: Cpus,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpuset: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub cpu_shares: i64,
    /// None keeps the image's, an empty list clears it. Written even when none, as Compose does.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "unset")]
    pub configs: Vec<FileReference>,
    #[serde(default, skip_serializing_if = "unset")]
    pub container_name: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub credential_spec: Option<CredentialSpec>,
    #[serde(default, skip_serializing_if = "unset")]
    pub depends_on: BTreeMap<String, Dependency>,
    #[serde(default, skip_serializing_if = "unset")]
    pub deploy: Option<Deploy>,
    #[serde(default, skip_serializing_if = "unset")]
    pub device_cgroup_rules: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub devices: Vec<DeviceMapping>,
    #[serde(default, skip_serializing_if = "unset")]
    pub dns: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub dns_opt: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub dns_search: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub domainname: String,
    /// As `command`.
    #[serde(default)]
    pub entrypoint: Option<Vec<String>>,
    /// `env_file` and the variables are merged in. A name without a value is unset in the container.
    #[serde(default, skip_serializing_if = "unset")]
    pub environment: BTreeMap<String, Option<String>>,
    #[serde(default, skip_serializing_if = "unset")]
    pub expose: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub external_links: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub extra_hosts: ExtraHosts,
    #[serde(default, skip_serializing_if = "unset")]
    pub group_add: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub gpus: Vec<DeviceRequest>,
    #[serde(default, skip_serializing_if = "unset")]
    pub hostname: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub healthcheck: Option<HealthCheck>,
    /// Never empty in a loaded project.
    #[serde(default, skip_serializing_if = "unset")]
    pub image: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub init: Option<bool>,
    #[serde(default, skip_serializing_if = "unset")]
    pub ipc: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub isolation: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub labels: BTreeMap<String, String>,
    /// Merged into `labels`; kept as paths because Compose hashes them.
    #[serde(default, skip_serializing_if = "unset")]
    pub label_file: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub links: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub logging: Option<Logging>,
    #[serde(default, skip_serializing_if = "unset")]
    pub mem_limit: ByteSize,
    #[serde(default, skip_serializing_if = "unset")]
    pub mem_reservation: ByteSize,
    #[serde(default, skip_serializing_if = "unset")]
    pub memswap_limit: ByteSize,
    /// A percentage, kept in this type by Compose.
    #[serde(default, skip_serializing_if = "unset")]
    pub mem_swappiness: ByteSize,
    #[serde(default, skip_serializing_if = "unset")]
    pub mac_address: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub network_mode: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub networks: BTreeMap<String, Option<ServiceNetwork>>,
    #[serde(default, skip_serializing_if = "unset")]
    pub oom_kill_disable: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub oom_score_adj: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub pid: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub pids_limit: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub platform: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub ports: Vec<Port>,
    #[serde(default, skip_serializing_if = "unset")]
    pub privileged: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub pull_policy: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub read_only: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub restart: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub runtime: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub scale: Option<i64>,
    #[serde(default, skip_serializing_if = "unset")]
    pub secrets: Vec<FileReference>,
    #[serde(default, skip_serializing_if = "unset")]
    pub security_opt: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub shm_size: ByteSize,
    #[serde(default, skip_serializing_if = "unset")]
    pub stdin_open: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub stop_grace_period: Option<Duration>,
    #[serde(default, skip_serializing_if = "unset")]
    pub stop_signal: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub storage_opt: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub sysctls: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub tmpfs: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub tty: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub ulimits: BTreeMap<String, Ulimit>,
    #[serde(default, skip_serializing_if = "unset")]
    pub user: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub userns_mode: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub uts: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub volumes: Vec<Mount>,
    #[serde(default, skip_serializing_if = "unset")]
    pub volumes_from: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub working_dir: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub pre_start: Vec<InitHook>,
    #[serde(default, skip_serializing_if = "unset")]
    pub post_start: Vec<Hook>,
    #[serde(default, skip_serializing_if = "unset")]
    pub pre_stop: Vec<Hook>,
}

impl Service {
    /// How many containers are wanted: `scale`, else `deploy.replicas`, else 1.
    pub fn replicas(&self) -> i64 {
        self.scale
            .or_else(|| self.deploy.as_ref().and_then(|deploy| deploy.replicas))
            .unwrap_or(1)
    }
}
