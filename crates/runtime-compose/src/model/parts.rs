//! The parts a service is made of.

use super::scalar::{ByteSize, Duration, FileMode};
use super::{is_true, unset, yes};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// What to wait for before a dependent service starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    #[default]
    #[serde(rename = "service_started")]
    Started,
    #[serde(rename = "service_healthy")]
    Healthy,
    #[serde(rename = "service_completed_successfully")]
    CompletedSuccessfully,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    #[serde(default)]
    pub condition: Condition,
    /// Whether to restart the dependent when this dependency is replaced.
    #[serde(default, skip_serializing_if = "unset")]
    pub restart: bool,
    /// False: a dependency that is missing or fails is no error.
    #[serde(default = "yes")]
    pub required: bool,
}

/// A secret or config mounted into a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileReference {
    /// The key of the secret or config in the project.
    #[serde(default, skip_serializing_if = "unset")]
    pub source: String,
    /// Path in the container; for a config empty means `/<source>`.
    #[serde(default, skip_serializing_if = "unset")]
    pub target: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub uid: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub gid: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub mode: Option<FileMode>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// Begins with `CMD`, `CMD-SHELL` or `NONE`.
    #[serde(default, skip_serializing_if = "unset")]
    pub test: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub timeout: Option<Duration>,
    #[serde(default, skip_serializing_if = "unset")]
    pub interval: Option<Duration>,
    #[serde(default, skip_serializing_if = "unset")]
    pub retries: Option<u64>,
    #[serde(default, skip_serializing_if = "unset")]
    pub start_period: Option<Duration>,
    #[serde(default, skip_serializing_if = "unset")]
    pub start_interval: Option<Duration>,
    #[serde(default, skip_serializing_if = "unset")]
    pub disable: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    #[serde(default, skip_serializing_if = "unset")]
    pub driver: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub options: BTreeMap<String, String>,
}

/// How a service joins a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceNetwork {
    #[serde(default, skip_serializing_if = "unset")]
    pub aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver_opts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub gw_priority: i64,
    #[serde(default, skip_serializing_if = "unset")]
    pub interface_name: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub ipv4_address: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub ipv6_address: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub link_local_ips: Vec<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub mac_address: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub priority: i64,
}

/// One container port; ranges of the short form are already one entry a port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    #[serde(default, skip_serializing_if = "unset")]
    pub name: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub mode: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub host_ip: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub target: u32,
    /// A port, a range `8000-8010`, or empty for any free port.
    #[serde(default, skip_serializing_if = "unset")]
    pub published: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub protocol: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub app_protocol: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    Bind,
    #[default]
    Volume,
    Tmpfs,
    Npipe,
    Cluster,
    Image,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    #[serde(rename = "type", default)]
    pub kind: MountKind,
    /// A volume's key, a host path, an image; empty for an anonymous volume and for tmpfs.
    #[serde(default, skip_serializing_if = "unset")]
    pub source: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub target: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub read_only: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub consistency: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub bind: Option<BindOptions>,
    #[serde(default, skip_serializing_if = "unset")]
    pub volume: Option<VolumeOptions>,
    #[serde(default, skip_serializing_if = "unset")]
    pub tmpfs: Option<TmpfsOptions>,
    #[serde(default, skip_serializing_if = "unset")]
    pub image: Option<ImageOptions>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindOptions {
    #[serde(default, skip_serializing_if = "unset")]
    pub selinux: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub propagation: String,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub create_host_path: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub recursive: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeOptions {
    #[serde(default, skip_serializing_if = "unset")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub nocopy: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub subpath: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TmpfsOptions {
    #[serde(default, skip_serializing_if = "unset")]
    pub size: ByteSize,
    /// Permission bits, a decimal number in JSON.
    #[serde(default, skip_serializing_if = "unset")]
    pub mode: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageOptions {
    #[serde(default, skip_serializing_if = "unset")]
    pub subpath: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceMapping {
    #[serde(default, skip_serializing_if = "unset")]
    pub source: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub target: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub permissions: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSpec {
    #[serde(default, skip_serializing_if = "unset")]
    pub config: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub file: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub registry: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlkioConfig {
    #[serde(default, skip_serializing_if = "unset")]
    pub weight: u16,
    #[serde(default, skip_serializing_if = "unset")]
    pub weight_device: Vec<WeightDevice>,
    #[serde(default, skip_serializing_if = "unset")]
    pub device_read_bps: Vec<ThrottleDevice>,
    #[serde(default, skip_serializing_if = "unset")]
    pub device_read_iops: Vec<ThrottleDevice>,
    #[serde(default, skip_serializing_if = "unset")]
    pub device_write_bps: Vec<ThrottleDevice>,
    #[serde(default, skip_serializing_if = "unset")]
    pub device_write_iops: Vec<ThrottleDevice>,
}

/// Compose writes these keys with a capital letter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightDevice {
    #[serde(rename = "Path", default)]
    pub path: String,
    #[serde(rename = "Weight", default)]
    pub weight: u16,
}

/// Compose writes these keys with a capital letter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThrottleDevice {
    #[serde(rename = "Path", default)]
    pub path: String,
    #[serde(rename = "Rate", default)]
    pub rate: ByteSize,
}

/// A command run in a container after it started or before it stops.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    #[serde(default)]
    pub command: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "unset")]
    pub user: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub privileged: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub working_dir: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub environment: BTreeMap<String, Option<String>>,
}

/// A file of variables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvFile {
    #[serde(default, skip_serializing_if = "unset")]
    pub path: String,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub format: String,
}

impl Default for BindOptions {
    fn default() -> Self {
        Self {
            selinux: String::new(),
            propagation: String::new(),
            create_host_path: true,
            recursive: String::new(),
        }
    }
}

/// A limit: one number for both (`single`), or `soft` and `hard`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ulimit {
    pub single: i64,
    pub soft: i64,
    pub hard: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UlimitPair {
    #[serde(default, skip_serializing_if = "unset")]
    soft: i64,
    #[serde(default, skip_serializing_if = "unset")]
    hard: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UlimitForm {
    Single(i64),
    Pair(UlimitPair),
}

impl Serialize for Ulimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.single != 0 {
            return serializer.serialize_i64(self.single);
        }
        UlimitPair {
            soft: self.soft,
            hard: self.hard,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Ulimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match UlimitForm::deserialize(deserializer)? {
            UlimitForm::Single(single) => Self {
                single,
                ..Self::default()
            },
            UlimitForm::Pair(UlimitPair { soft, hard }) => Self { single: 0, soft, hard },
        })
    }
}

/// Host names and their addresses, in JSON a sorted list of `host=address`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtraHosts {
    pub hosts: BTreeMap<String, Vec<String>>,
}

impl ExtraHosts {
    /// Sorted `host<separator>address`; the Engine API wants `:`.
    pub fn as_list(&self, separator: &str) -> Vec<String> {
        let mut list: Vec<String> = self
            .hosts
            .iter()
            .flat_map(|(host, addresses)| {
                addresses
                    .iter()
                    .map(move |address| format!("{host}{separator}{address}"))
            })
            .collect();
        list.sort();
        list
    }
}

impl Serialize for ExtraHosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_list("=").serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExtraHosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entry in Vec::<String>::deserialize(deserializer)? {
            let (host, address) = entry
                .split_once('=')
                .ok_or_else(|| de::Error::custom(format!("`{entry}` is not host=address")))?;
            hosts.entry(host.to_owned()).or_default().push(address.to_owned());
        }
        Ok(Self { hosts })
    }
}
