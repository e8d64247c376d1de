//! `/targets`.

mod check;
mod connection;
mod create;
mod delete;
mod edit;
mod kubeconfig;
mod plain_yaml;
mod probe;
mod read;

pub use create::create;
pub use delete::delete;
pub use edit::edit;
pub use probe::probe;
pub use read::{get, list};

use super::Change;
use super::holds::{self, HoldView};
use super::references::References;
use crate::access::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{Connection, EnvironmentReference, Reference, RuntimeType, Target, TargetStatus};
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

/// The target by id, with a permission on it.
pub(super) async fn find(app: &App, caller: &Caller, permission: Permission, id: TargetId) -> Result<Target, AppError> {
    let found = app.store.target(id).await?;
    let found = found.map(|target| (target.clone(), scope_of(&target)));
    Ok(app.authorize_found(caller, permission, found).await?.into_inner())
}

fn scope_of(target: &Target) -> Scope {
    Scope::environment(target.project_id, target.environment_id)
}

async fn view(
    app: &App,
    caller: &Caller,
    target: Target,
    holds: Vec<HoldView>,
    references: &mut References,
) -> Result<TargetView, AppError> {
    let actions = actions(app, caller, &target, &holds).await?;
    let (connection, kind) = match &target.connection {
        Connection::Docker { host, tls } => (
            ConnectionView::Docker {
                host: host.clone(),
                tls: tls.is_some(),
            },
            if tls.is_some() { "tls" } else { "none" },
        ),
        Connection::Kubeconfig { server, context, .. } => (
            ConnectionView::Kubeconfig {
                server: server.clone(),
                context: context.clone(),
            },
            "kubeconfig",
        ),
        Connection::InCluster => (ConnectionView::InCluster, "in_cluster"),
    };
    Ok(TargetView {
        id: target.id,
        project: references.project(app, target.project_id).await?,
        environment: references.environment(app, target.environment_id).await?,
        key: target.key,
        name: target.name,
        runtime_type: target.runtime_type,
        connection,
        credentials: CredentialsView {
            kind,
            set_at: target.credentials_set_at,
            expires_at: None,
        },
        namespace: target.namespace,
        compose_project: target.compose_project,
        working_dir: target.working_dir,
        status: target.status,
        holds,
        created_at: target.created_at,
        version: target.version,
        actions,
    })
}

/// With what is held on it now.
async fn view_with_holds(
    app: &App,
    caller: &Caller,
    target: Target,
    references: &mut References,
) -> Result<TargetView, AppError> {
    let holds = holds::on(app, target.id, references).await?;
    view(app, caller, target, holds, references).await
}

async fn actions(app: &App, caller: &Caller, target: &Target, holds: &[HoldView]) -> Result<Vec<Action>, AppError> {
    let scope = scope_of(target);
    let mut actions = Vec::new();
    for (name, permission) in [
        ("edit", Permission::TargetWrite),
        ("delete", Permission::TargetWrite),
        ("probe", Permission::TargetProbe),
        ("freeze", Permission::FreezeWrite),
        ("release", Permission::ReleaseCreate),
    ] {
        actions.push(app.action(caller, name, permission, scope).await?);
    }
    let mut lift = app.action(caller, "lift_hold", Permission::TargetHold, scope).await?;
    if !caller.origin().is_person() {
        lift = lift.blocked("forbidden", "a hold is lifted by a person's own hand");
    }
    if holds.is_empty() {
        lift = lift.blocked("invalid_transition", "nothing is held here");
    }
    actions.push(lift);
    Ok(actions)
}
