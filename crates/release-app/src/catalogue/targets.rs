//! `/targets`.

use super::holds::HoldView;
use super::{CatalogueKey, CatalogueQuery, Change};
use crate::access::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::catalogue::{EnvironmentReference, Reference, RuntimeType, TargetStatus};
use release_domain::ids::{EnvironmentId, ProjectId, TargetId};
use release_domain::ports::{DockerTls, ProbeCapability};
use release_domain::secret::SecretText;
use release_domain::timestamp::Timestamp;

/// How a target is reached, with its credentials, as a request gives it.
#[derive(Clone, Debug)]
pub enum NewConnection {
    /// `unix:///…` or `tcp://…`. A change that leaves `tls` out keeps it only while the host stays.
    Docker {
        host: String,
        tls: Change<DockerTls>,
    },
    Kubeconfig {
        kubeconfig: SecretText,
        context: Option<String>,
    },
    InCluster,
}

#[derive(Clone, Debug)]
pub struct NewTarget {
    pub project_id: ProjectId,
    pub environment_id: EnvironmentId,
    pub key: String,
    pub name: String,
    pub runtime_type: RuntimeType,
    pub connection: NewConnection,
    pub namespace: Option<String>,
    pub compose_project: Option<String>,
    pub working_dir: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct TargetPatch {
    pub name: Option<String>,
    pub connection: Option<NewConnection>,
    pub namespace: Option<String>,
    pub compose_project: Option<String>,
    pub working_dir: Change<String>,
}

/// A connection without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionView {
    Docker { host: String, tls: bool },
    Kubeconfig { server: String, context: Option<String> },
    InCluster,
}

/// `credentials {kind, set_at, expires_at?}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsView {
    /// `tls`, `kubeconfig`, `in_cluster` or `none`.
    pub kind: &'static str,
    pub set_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// A target as its readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetView {
    pub id: TargetId,
    pub project: Reference<ProjectId>,
    pub environment: EnvironmentReference,
    pub key: String,
    pub name: String,
    pub runtime_type: RuntimeType,
    pub connection: ConnectionView,
    pub credentials: CredentialsView,
    pub namespace: Option<String>,
    pub compose_project: Option<String>,
    pub working_dir: Option<String>,
    pub status: TargetStatus,
    pub holds: Vec<HoldView>,
    pub created_at: Timestamp,
    pub version: u64,
    /// `edit`, `delete`, `probe`, `lift_hold`, `freeze`, `release`.
    pub actions: Vec<Action>,
}

/// What a probe found: a target that does not answer is an answer too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeView {
    pub reachable: bool,
    pub latency_ms: Option<u64>,
    pub version: Option<String>,
    pub capabilities: Vec<ProbeCapability>,
    pub problem: Option<ProbeProblem>,
}

/// Why a target did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeProblem {
    /// `target_unreachable`, `target_auth_failed`, `engine_too_old`, `unknown`.
    pub code: &'static str,
    pub message: String,
}

/// # Errors
/// `Forbidden`, `Invalid` at `/project_id`, `/environment_id`, `/key`, `/name`, `/runtime_type`, `/connection/…`,
/// `/namespace`, `/compose_project`, `/working_dir`, `AlreadyExists("target")`.
pub async fn create(app: &App, call: &Call<'_, TargetView>, new: NewTarget) -> Result<Done<TargetView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<TargetView, CatalogueKey>, AppError> {
    let _ = (app, caller, query);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: TargetId) -> Result<TargetView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// # Errors
/// As [`create`], and `NotFound`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: TargetId,
    if_match: u64,
    patch: TargetPatch,
) -> Result<TargetView, AppError> {
    let _ = (app, caller, id, if_match, patch);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `Stale`, `InUse`.
pub async fn delete(app: &App, caller: &Caller, id: TargetId, if_match: u64) -> Result<(), AppError> {
    let _ = (app, caller, id, if_match);
    todo!()
}

/// Asks the target how it is and keeps the answer as its status.
///
/// # Errors
/// `NotFound`, `Forbidden` (`target:probe`). What is wrong with the target is in the answer.
pub async fn probe(app: &App, caller: &Caller, id: TargetId) -> Result<ProbeView, AppError> {
    let _ = (app, caller, id);
    todo!()
}
