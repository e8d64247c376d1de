//! Targets: how they are reached (credentials go in and never come out) and how they are.

use crate::absent::{change, given};
use crate::body::Input;
use crate::catalogue::Hold;
use crate::common::{Action, EnvironmentReference, Reference, actions};
use crate::list::list;
use crate::scalar::Time;
use crate::word;
use release_app::catalogue::targets::{ConnectionView, NewConnection, NewTarget, ProbeView, TargetPatch, TargetView};
use release_domain::catalogue as domain;
use release_domain::ports::{DockerTls, ProbeCapability};
use release_domain::secret::SecretText;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// How a target is reached, without credentials.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Connection {
    Docker {
        host: String,
        /// Whether a TLS key is kept.
        tls: bool,
    },
    Kubeconfig {
        server: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<String>,
    },
    InCluster {},
}

impl From<&ConnectionView> for Connection {
    fn from(view: &ConnectionView) -> Self {
        match view.clone() {
            ConnectionView::Docker { host, tls } => Self::Docker { host, tls },
            ConnectionView::Kubeconfig { server, context } => Self::Kubeconfig { server, context },
            ConnectionView::InCluster => Self::InCluster {},
        }
    }
}

/// What is known of a target's credentials.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Credentials {
    #[schema(value_type = word::CredentialsKind)]
    pub kind: &'static str,
    #[schema(required = true)]
    pub set_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
}

/// A target's newest probe.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetStatus {
    #[schema(value_type = word::Reachability)]
    pub reachability: domain::Reachability,
    /// Null before the first probe.
    #[schema(required = true)]
    pub reachable: Option<bool>,
    #[schema(required = true)]
    pub checked_at: Option<Time>,
    #[schema(required = true)]
    pub last_reachable_at: Option<Time>,
    #[schema(required = true)]
    pub version: Option<String>,
    #[schema(required = true)]
    pub latency_ms: Option<u64>,
    #[schema(required = true)]
    pub message: Option<String>,
    /// What its credentials may do, as the newest probe that reached it found.
    #[schema(value_type = Vec<Capability>)]
    pub capabilities: Vec<ProbeCapability>,
}

impl From<&domain::TargetStatus> for TargetStatus {
    fn from(status: &domain::TargetStatus) -> Self {
        Self {
            reachability: status.reachability,
            reachable: match status.reachability {
                domain::Reachability::Unknown => None,
                domain::Reachability::Reachable => Some(true),
                domain::Reachability::Unreachable => Some(false),
            },
            checked_at: status.checked_at.map(Time),
            last_reachable_at: status.last_reachable_at.map(Time),
            version: status.version.clone(),
            latency_ms: status.latency_ms,
            message: status.message.clone(),
            capabilities: status.capabilities.clone(),
        }
    }
}

/// Where a service is released.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Target {
    pub id: Uuid,
    pub project: Reference,
    #[schema(value_type = EnvironmentReference)]
    pub environment: domain::EnvironmentReference,
    pub key: String,
    pub name: String,
    #[schema(value_type = word::RuntimeType)]
    pub runtime_type: domain::RuntimeType,
    pub connection: Connection,
    pub credentials: Credentials,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compose_project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    pub status: TargetStatus,
    pub holds: Vec<Hold>,
    pub created_at: Time,
    pub version: u64,
    pub actions: Vec<Action>,
}

list! {
    /// Targets by key.
    TargetList of Target
}

impl From<&TargetView> for Target {
    fn from(view: &TargetView) -> Self {
        Self {
            id: view.id.0,
            project: (&view.project).into(),
            environment: view.environment.clone(),
            key: view.key.clone(),
            name: view.name.clone(),
            runtime_type: view.runtime_type,
            connection: (&view.connection).into(),
            credentials: Credentials {
                kind: view.credentials.kind,
                set_at: view.credentials.set_at.map(Time),
                expires_at: view.credentials.expires_at.map(Time),
            },
            namespace: view.namespace.clone(),
            compose_project: view.compose_project.clone(),
            working_dir: view.working_dir.clone(),
            status: (&view.status).into(),
            holds: view.holds.iter().map(Hold::from).collect(),
            created_at: Time(view.created_at),
            version: view.version,
            actions: actions(view.actions.clone()),
        }
    }
}

/// PEM of a TLS connection to an engine. Written, never read.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsInput {
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<String>,
}

impl From<TlsInput> for DockerTls {
    fn from(tls: TlsInput) -> Self {
        Self {
            ca: tls.ca.map(SecretText::new),
            cert: tls.cert.map(SecretText::new),
            key: tls.key.map(SecretText::new),
        }
    }
}

/// How a target is reached, with its credentials.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ConnectionInput(ConnectionKind);

#[derive(Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum ConnectionKind {
    Docker {
        /// `unix:///…` or `tcp://…`.
        host: String,
        /// Null takes it away; left out, it stays while the host stays.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<TlsInput>)]
        tls: Option<Option<TlsInput>>,
    },
    Kubeconfig {
        kubeconfig: String,
        context: Option<String>,
    },
    InCluster {},
}

impl PartialSchema for ConnectionInput {
    /// The derive leaves the variants of a tagged enum open, whatever serde says of unknown fields.
    fn schema() -> RefOr<Schema> {
        let mut schema = ConnectionKind::schema();
        if let RefOr::T(Schema::OneOf(one_of)) = &mut schema {
            for variant in &mut one_of.items {
                if let RefOr::T(Schema::Object(object)) = variant {
                    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
                }
            }
        }
        schema
    }
}

impl ToSchema for ConnectionInput {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ConnectionKind::schemas(schemas);
    }
}

impl From<ConnectionInput> for NewConnection {
    fn from(input: ConnectionInput) -> Self {
        match input.0 {
            ConnectionKind::Docker { host, tls } => Self::Docker {
                host,
                tls: change(tls.map(|t| t.map(DockerTls::from))),
            },
            ConnectionKind::Kubeconfig { kubeconfig, context } => Self::Kubeconfig {
                kubeconfig: SecretText::new(kubeconfig),
                context,
            },
            ConnectionKind::InCluster {} => Self::InCluster,
        }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTarget {
    pub project_id: Uuid,
    pub environment_id: Uuid,
    pub key: String,
    pub name: String,
    #[schema(value_type = word::RuntimeType)]
    pub runtime_type: domain::RuntimeType,
    pub connection: ConnectionInput,
    /// Kubernetes.
    pub namespace: Option<String>,
    /// Compose.
    pub compose_project: Option<String>,
    /// Compose: the folder on the engine's host that relative paths mean.
    pub working_dir: Option<String>,
}

impl Input for CreateTarget {}

impl From<CreateTarget> for NewTarget {
    fn from(body: CreateTarget) -> Self {
        Self {
            project_id: body.project_id.into(),
            environment_id: body.environment_id.into(),
            key: body.key,
            name: body.name,
            runtime_type: body.runtime_type,
            connection: body.connection.into(),
            namespace: body.namespace,
            compose_project: body.compose_project,
            working_dir: body.working_dir,
        }
    }
}

/// A change of a target; what is left out stays.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditTarget {
    pub name: Option<String>,
    pub connection: Option<ConnectionInput>,
    pub namespace: Option<String>,
    pub compose_project: Option<String>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub working_dir: Option<Option<String>>,
}

impl Input for EditTarget {}

impl From<EditTarget> for TargetPatch {
    fn from(body: EditTarget) -> Self {
        Self {
            name: body.name,
            connection: body.connection.map(NewConnection::from),
            namespace: body.namespace,
            compose_project: body.compose_project,
            working_dir: change(body.working_dir),
        }
    }
}

/// Schema of what the credentials may do.
#[derive(ToSchema)]
pub struct Capability {
    pub name: String,
    pub allowed: bool,
    pub message: Option<String>,
}

/// Why a target did not answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProbeProblem {
    #[schema(value_type = word::ProbeProblemCode)]
    pub code: &'static str,
    pub message: String,
}

/// What a probe found: a target that does not answer is an answer too.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Probe {
    pub reachable: bool,
    #[schema(required = true)]
    pub latency_ms: Option<u64>,
    #[schema(required = true)]
    pub version: Option<String>,
    #[schema(value_type = Vec<Capability>)]
    pub capabilities: Vec<ProbeCapability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProbeProblem>,
}

impl From<ProbeView> for Probe {
    fn from(view: ProbeView) -> Self {
        Self {
            reachable: view.reachable,
            latency_ms: view.latency_ms,
            version: view.version,
            capabilities: view.capabilities,
            problem: view.problem.map(|problem| ProbeProblem {
                code: problem.code,
                message: problem.message,
            }),
        }
    }
}
