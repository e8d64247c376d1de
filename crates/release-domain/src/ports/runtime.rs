//! Kubernetes or Compose behind one port: desired → observed → plan → run.

use crate::canonical::Hash;
use crate::catalogue::RuntimeType;
use crate::diagnostics::{DiagnosticCode, Finding};
use crate::execution::ObjectStatus;
use crate::ids::{CorrelationId, ReleaseId, ServiceId};
use crate::lifecycle::StageName;
use crate::manifest::{Manifest, RenderProblem, RenderedDocument, VariableSpec};
use crate::plan::{Action, Check, Plan, Resource};
use crate::policy::RuntimeAllowances;
use crate::ports::MacKey;
use crate::release::{Options, Strategy};
use crate::secret::SecretText;
use async_trait::async_trait;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// PEM of a TLS connection to an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerTls {
    pub ca: Option<SecretText>,
    pub cert: Option<SecretText>,
    pub key: Option<SecretText>,
}

/// A connection with its credentials open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetConnection {
    Docker {
        host: String,
        tls: Option<DockerTls>,
    },
    Kubeconfig {
        kubeconfig: SecretText,
        context: Option<String>,
    },
    InCluster,
}

/// Everything an adapter needs to reach a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetAccess {
    pub connection: TargetConnection,
    pub namespace: Option<String>,
    pub compose_project: Option<String>,
    pub working_dir: Option<String>,
}

/// The target, not the manifest, is the trouble.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("the target cannot be reached: {0}")]
    Unreachable(String),
    #[error("the target refuses the credentials: {0}")]
    AuthFailed(String),
    #[error("the target is too old: {0}")]
    TooOld(String),
    /// A newer epoch stands on the target: another worker has gone on.
    #[error("a newer execution has written to this target")]
    Fenced,
    /// The target answered with an error of its own.
    #[error("the target refused: {0}")]
    Refused(String),
}

impl TargetError {
    /// The diagnostic that tells of it.
    #[must_use]
    pub const fn diagnostic_code(&self) -> DiagnosticCode {
        match self {
            Self::Unreachable(_) => DiagnosticCode::TargetUnreachable,
            Self::AuthFailed(_) => DiagnosticCode::TargetAuthFailed,
            Self::TooOld(_) => DiagnosticCode::EngineTooOld,
            Self::Fenced | Self::Refused(_) => DiagnosticCode::Unknown,
        }
    }

    /// Whether the same call may go through later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::AuthFailed(_) | Self::TooOld(_) | Self::Fenced | Self::Refused(_) => false,
        }
    }
}

/// A manifest with the values of its variables.
#[derive(Clone, Debug)]
pub struct RenderRequest {
    pub manifest: Manifest,
    pub declared: Vec<VariableSpec>,
    pub values: BTreeMap<String, SecretText>,
    pub compose_project: Option<String>,
    pub namespace: Option<String>,
    pub working_dir: Option<String>,
    pub options: Options,
}

/// One object of a desired state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DesiredObject {
    pub key: String,
    pub resource: Resource,
}

/// The canonical desired state: parsed once, planned, hashed, approved and applied as these same bytes. Holds secrets
/// in clear: it is stored sealed only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    pub runtime_type: RuntimeType,
    pub objects: Vec<DesiredObject>,
    /// The adapter's own canonical model.
    pub model: Value,
    /// Values to mask wherever they occur.
    pub secret_values: Vec<String>,
}

/// What a manifest becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// `None` when a problem is an error.
    pub desired: Option<Desired>,
    pub documents: Vec<RenderedDocument>,
    /// Compose: service → hash as Docker Compose writes it.
    pub config_hashes: Option<BTreeMap<String, String>>,
    /// Names of the variables that the manifest asks for.
    pub variables: Vec<String>,
    pub problems: Vec<RenderProblem>,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be decided on by people: registries are asked about images that the target does not have.
    Preview,
    /// To be compared with what was shown or released, or to be run by the server itself: only the target is asked.
    Recheck,
}

/// What to plan.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// Changes what is checked, never the plan nor its fingerprint.
    pub purpose: Purpose,
    pub release: ReleaseId,
    pub service: ServiceId,
    /// `None`: uninstall.
    pub desired: Option<Desired>,
    /// A rollback: the desired state being left; what it added is pruned.
    pub leaving: Option<Desired>,
    /// The stored desired state of what is current: what is ours on the target.
    pub current: Option<Desired>,
    pub strategy: Strategy,
    pub options: Options,
    pub allow: RuntimeAllowances,
    /// Stands for secret values in the plan.
    pub secret_key: MacKey,
}

/// One object's two sides as YAML, keys sorted, secrets masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectText {
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A plan; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMade {
    pub plan: Plan,
    pub checks: Vec<Check>,
    pub warnings: Vec<Check>,
    /// Rollbacks: what cannot be undone.
    pub irreversible: Vec<Check>,
    /// Identity and the live fields the plan would overwrite.
    pub live_fingerprint: Hash,
    /// The desired state with what it was pinned to (image ids, digests): what will run.
    pub desired: Option<Desired>,
    pub texts: BTreeMap<String, ObjectText>,
}

/// What to run.
#[derive(Clone, Debug)]
pub struct RunRequest {
    pub plan: PlanRequest,
    pub correlation_id: CorrelationId,
    /// Written on what is changed; a newer one on the target stops the run.
    pub epoch: u64,
}

/// Why a run must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Cancelled,
    DeadlineExceeded,
    /// Another worker holds the execution: stop at once and say nothing.
    Fenced,
    /// The process is leaving: stop at once, somebody goes on.
    Leaving,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyEnd {
    /// Every object is healthy.
    Succeeded,
    /// It cannot succeed; the findings say why, cause first.
    Failed(Vec<Finding>),
    Stopped(Stop),
}

/// Progress of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectProgress {
    pub key: String,
    pub resource: Resource,
    pub action: Action,
    pub status: ObjectStatus,
    pub ready: Option<u32>,
    pub total: Option<u32>,
    pub message: Option<String>,
}

/// What a run tells, and what it asks while it runs.
#[async_trait]
pub trait Monitor: Send + Sync {
    async fn stage(&self, stage: StageName);
    async fn object(&self, progress: ObjectProgress);
    /// Called before the first write on the target and awaited.
    ///
    /// # Errors
    /// The run must not write.
    async fn writing(&self) -> Result<(), Stop>;
    /// Resolves when the run must stop; never before.
    async fn stopped(&self) -> Stop;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeCapability {
    pub name: String,
    pub allowed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A target that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub version: String,
    pub latency_ms: u64,
    pub capabilities: Vec<ProbeCapability>,
}

/// Health of one desired state on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub objects: Vec<ObjectProgress>,
}

/// Names to addresses, of which only those come back that this server may connect to for what a manifest names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Where a host stands: a name, or an address without brackets. Who connects dials one of these and resolves nothing
    /// again: what was judged is what is reached, whatever a name server answers later.
    ///
    /// # Errors
    /// Why nothing may be dialled, as a sentence for people: no address is known, or one of them is refused.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, String>;
}

/// A runtime. Every call may be made twice; a run may be resumed by another process at any point.
#[async_trait]
pub trait Runtime: Send + Sync {
    fn runtime_type(&self) -> RuntimeType;

    /// Pure: touches no target.
    fn render(&self, request: &RenderRequest) -> Rendered;

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError>;

    /// Writes nothing.
    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError>;

    /// Brings the target to the desired state, or removes it where none is desired; ends with a read-back.
    ///
    /// # Errors
    /// The target cannot be worked with at all; what a person should read is in [`ApplyEnd::Failed`].
    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError>;

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError>;

    /// Why what is desired is not healthy, cause first; empty where all is well.
    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError>;
}
