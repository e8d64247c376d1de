//! Schemas of what runtimes tell: objects, health, drift, diagnostics.

use crate::scalar::Time;
use crate::word;
use release_app::releases::objects::ObjectsView;
use release_domain::diagnostics::Diagnostic as DomainDiagnostic;
use release_domain::execution::ObjectState as DomainState;
use release_domain::observation;
use serde::Serialize;
use serde_json::Value;
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

/// Schema of one field that is not as it was left.
#[derive(ToSchema)]
pub struct FieldDrift {
    /// A JSON pointer; empty: the object as a whole, its action says how.
    pub path: String,
    pub expected: Option<Value>,
    pub actual: Option<Value>,
    /// Its values are a secret's.
    pub redacted: bool,
}

/// How a current release is doing, as the newest look found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(value_type = word::HealthStatus)]
    pub status: observation::HealthStatus,
    /// Null where nobody has looked since its execution ended.
    #[schema(required = true)]
    pub checked_at: Option<Time>,
}

impl From<observation::Health> for Health {
    fn from(health: observation::Health) -> Self {
        Self {
            status: health.status,
            checked_at: health.checked_at.map(Time),
        }
    }
}

/// Whether the target still is as a current release left it, as the newest comparison found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Drift {
    #[schema(value_type = word::DriftStatus)]
    pub status: observation::DriftStatus,
    /// How many are not as they were left.
    pub objects: u32,
    /// Null where nobody has looked since its execution ended.
    #[schema(required = true)]
    pub checked_at: Option<Time>,
}

impl From<observation::Drift> for Drift {
    fn from(drift: observation::Drift) -> Self {
        Self {
            status: drift.status,
            objects: drift.objects,
            checked_at: drift.checked_at.map(Time),
        }
    }
}

/// An object as it was last seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeenObject {
    #[serde(flatten)]
    #[schema(value_type = ObjectState)]
    pub state: DomainState,
    /// What is not as it was left.
    #[schema(value_type = Vec<FieldDrift>)]
    pub drift: Vec<observation::FieldDrift>,
}

/// Where each object of a release stands: of the execution until the first look after it, then of the last look.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Objects {
    /// This and the next: of current releases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    pub items: Vec<SeenObject>,
}

impl From<ObjectsView> for Objects {
    fn from(view: ObjectsView) -> Self {
        let seen = |object: observation::SeenObject| SeenObject {
            state: object.state,
            drift: object.drift,
        };
        Self {
            health: view.health.map(Health::from),
            drift: view.drift.map(Drift::from),
            items: view.items.into_iter().map(seen).collect(),
        }
    }
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
