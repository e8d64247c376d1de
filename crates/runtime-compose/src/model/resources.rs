//! Networks, volumes, secrets and configs of a project.

use super::unset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A network, created unless `external`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The name on the engine.
    #[serde(default, skip_serializing_if = "unset")]
    pub name: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver_opts: BTreeMap<String, String>,
    #[serde(default)]
    pub ipam: Ipam,
    #[serde(default, skip_serializing_if = "unset")]
    pub external: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub internal: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub attachable: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub enable_ipv4: Option<bool>,
    #[serde(default, skip_serializing_if = "unset")]
    pub enable_ipv6: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ipam {
    #[serde(default, skip_serializing_if = "unset")]
    pub driver: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub config: Vec<IpamPool>,
    #[serde(default, skip_serializing_if = "unset")]
    pub options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IpamPool {
    #[serde(default, skip_serializing_if = "unset")]
    pub subnet: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub gateway: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub ip_range: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub aux_addresses: BTreeMap<String, String>,
}

/// A named volume, created unless `external`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The name on the engine.
    #[serde(default, skip_serializing_if = "unset")]
    pub name: String,
    /// Empty means the engine's own, `local`.
    #[serde(default, skip_serializing_if = "unset")]
    pub driver: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver_opts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub external: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub labels: BTreeMap<String, String>,
}

/// A secret or a config. Exactly one of `file`, `environment` and `content` was written (a secret
/// has no `content` of its own), or `external`, or a `driver`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileObject {
    #[serde(default, skip_serializing_if = "unset")]
    pub name: String,
    /// The path that was written, made absolute where a working directory is known.
    #[serde(default, skip_serializing_if = "unset")]
    pub file: String,
    /// The variable that holds the content.
    #[serde(default, skip_serializing_if = "unset")]
    pub environment: String,
    /// The content itself, whichever of the three gave it: read from the bundle for `file`, from
    /// the variables for `environment`. None for an external one, and for a `file` outside the bundle.
    /// A secret's content is a secret: it is masked wherever a plan is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub external: bool,
    #[serde(default, skip_serializing_if = "unset")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver: String,
    #[serde(default, skip_serializing_if = "unset")]
    pub driver_opts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "unset")]
    pub template_driver: String,
}
