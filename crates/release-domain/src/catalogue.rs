//! Projects, environments, services and targets: what releases are made of.

mod status;

pub use status::{ProbeKept, Reachability, TargetStatus};

use crate::actor::Actor;
use crate::codes::words;
use crate::ids::{EnvironmentId, ProjectId, ServiceId, TargetId};
use crate::manifest::{Manifest, VariableSpec};
use crate::policy::Policy;
use crate::secret::Sealed;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// What a target runs.
    pub enum RuntimeType {
        Kubernetes = "kubernetes",
        Compose = "compose",
    }
}

words! {
    /// How careful an environment is by default.
    pub enum EnvironmentKind {
        Development = "development",
        Staging = "staging",
        Production = "production",
    }
}

/// `{id, key, name}`: how one object names another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference<Id> {
    pub id: Id,
    pub key: String,
    pub name: String,
}

/// An environment's reference also tells its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentReference {
    pub id: EnvironmentId,
    pub key: String,
    pub name: String,
    pub kind: EnvironmentKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    /// Unique; fixed when made.
    pub key: String,
    pub name: String,
    pub created_at: Timestamp,
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    pub id: EnvironmentId,
    pub project_id: ProjectId,
    /// Unique in its project; fixed when made.
    pub key: String,
    pub name: String,
    pub kind: EnvironmentKind,
    pub policy: Policy,
    /// Counts the policy's revisions from 1.
    pub policy_number: u32,
    pub created_at: Timestamp,
    pub version: u64,
}

impl Environment {
    #[must_use]
    pub fn reference(&self) -> EnvironmentReference {
        EnvironmentReference {
            id: self.id,
            key: self.key.clone(),
            name: self.name.clone(),
            kind: self.kind,
        }
    }
}

/// One state of an environment's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRevision {
    pub environment_id: EnvironmentId,
    pub number: u32,
    pub policy: Policy,
    pub changed: Vec<crate::policy::PolicyChange>,
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub id: ServiceId,
    pub project_id: ProjectId,
    /// Unique in its project; fixed when made.
    pub key: String,
    pub name: String,
    pub runtime_type: RuntimeType,
    /// The number of its newest revision.
    pub revision: u32,
    pub created_at: Timestamp,
    pub version: u64,
}

/// One immutable state of a service, numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRevision {
    pub service_id: ServiceId,
    pub number: u32,
    pub manifest: Manifest,
    pub variables: Vec<VariableSpec>,
    /// The variable whose value people call the version; never a secret one.
    #[serde(default)]
    pub version_variable: Option<String>,
    pub by: Actor,
    /// The users who count as having made it (separation of duties).
    pub responsible: std::collections::BTreeSet<crate::ids::UserId>,
    pub at: Timestamp,
}

/// How a target is reached. Credentials are sealed; the rest is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Connection {
    /// `unix:///…` or `tcp://…`; `tls` seals `{ca, cert, key}` in PEM.
    Docker {
        host: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tls: Option<Sealed>,
    },
    Kubeconfig {
        server: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        context: Option<String>,
        kubeconfig: Sealed,
    },
    InCluster,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub id: TargetId,
    pub project_id: ProjectId,
    pub environment_id: EnvironmentId,
    /// Unique in its project; fixed when made.
    pub key: String,
    pub name: String,
    pub runtime_type: RuntimeType,
    pub connection: Connection,
    pub credentials_set_at: Option<Timestamp>,
    #[serde(default)]
    pub namespace: Option<String>,
    #[serde(default)]
    pub compose_project: Option<String>,
    /// The folder on the engine's host that relative paths mean.
    #[serde(default)]
    pub working_dir: Option<String>,
    /// Counts changes of what a release would run against (endpoint, namespace, project, folder), not of credentials
    /// or names: a preview made under another number is a mismatch.
    pub context_number: u32,
    pub status: TargetStatus,
    pub created_at: Timestamp,
    pub version: u64,
}

impl Target {
    /// The endpoint without credentials, part of the draft context.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        match &self.connection {
            Connection::Docker { host, .. } => host,
            Connection::Kubeconfig { server, .. } => server,
            Connection::InCluster => "in_cluster",
        }
    }

    #[must_use]
    pub fn reference(&self) -> Reference<TargetId> {
        Reference {
            id: self.id,
            key: self.key.clone(),
            name: self.name.clone(),
        }
    }
}

impl Service {
    #[must_use]
    pub fn reference(&self) -> Reference<ServiceId> {
        Reference {
            id: self.id,
            key: self.key.clone(),
            name: self.name.clone(),
        }
    }
}

impl Project {
    #[must_use]
    pub fn reference(&self) -> Reference<ProjectId> {
        Reference {
            id: self.id,
            key: self.key.clone(),
            name: self.name.clone(),
        }
    }
}
