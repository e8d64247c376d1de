//! Schemas of what runtimes tell: objects, diagnostics.

use super::scalar::Time;
use super::word;
use release_domain::diagnostics::Diagnostic as DomainDiagnostic;
use release_domain::execution::ObjectState as DomainState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Schema of an object's name.
#[derive(ToSchema)]
pub struct Resource {
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
    pub api_version: Option<String>,
}

/// Schema of where one object stands.
#[derive(ToSchema)]
pub struct ObjectState {
    /// As in plans: `service/web`.
    pub key: String,
    pub resource: Resource,
    pub action: word::PlanAction,
    pub status: word::ObjectStatus,
    pub ready: Option<u32>,
    pub total: Option<u32>,
    pub message: Option<String>,
    pub since: Time,
}

/// Where each object of a release stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Objects {
    #[schema(value_type = Vec<ObjectState>)]
    pub items: Vec<DomainState>,
}

/// Schema of the object a diagnostic is about.
#[derive(ToSchema)]
pub struct DiagnosedResource {
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
    pub container: Option<String>,
}

/// Schema of a failed probe.
#[derive(ToSchema)]
pub struct ProbeEvidence {
    pub kind: String,
    pub output: String,
}

/// Schema of what a diagnosis rests on.
#[derive(ToSchema)]
pub struct Evidence {
    pub exit_code: Option<i64>,
    pub oom_killed: Option<bool>,
    pub restart_count: Option<u32>,
    pub events: Vec<String>,
    pub conditions: Vec<String>,
    pub log_tail: Vec<String>,
    pub probe: Option<ProbeEvidence>,
    pub api_error: Option<String>,
}

/// Schema of one cause, told so that a person can act on it.
#[derive(ToSchema)]
pub struct Diagnostic {
    pub id: Uuid,
    pub collected_at: Time,
    pub runtime_type: word::RuntimeType,
    pub stage: word::StageName,
    pub severity: word::DiagnosticSeverity,
    pub code: word::DiagnosticCode,
    pub resource: DiagnosedResource,
    pub summary: String,
    pub detail: String,
    pub hint: String,
    pub evidence: Evidence,
}

/// Newest execution first; empty where nothing was collected.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Diagnostics {
    #[schema(value_type = Vec<Diagnostic>)]
    pub items: Vec<DomainDiagnostic>,
}
