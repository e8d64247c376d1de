//! One durable, resumable run of a plan on a target.

use crate::actor::Origin;
use crate::canonical::Hash;
use crate::catalogue::RuntimeType;
use crate::codes::words;
use crate::ids::{ExecutionId, PreviewId, ReleaseId, ServiceId, TargetId};
use crate::plan::{Action, Resource};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    pub enum ExecutionKind {
        Apply = "apply",
        Rollback = "rollback",
    }
}

words! {
    pub enum ExecutionOutcome {
        Succeeded = "succeeded",
        Failed = "failed",
    }
}

/// Who runs it, until when. The epoch grows with each claim and fences every earlier holder off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub holder: String,
    pub until: Timestamp,
}

/// The job. At most one without an outcome per target and service; the store itself guards that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub id: ExecutionId,
    pub release_id: ReleaseId,
    pub service_id: ServiceId,
    pub target_id: TargetId,
    pub runtime_type: RuntimeType,
    pub kind: ExecutionKind,
    /// The preview whose plan and desired state it runs.
    pub preview_id: PreviewId,
    pub plan_hash: Hash,
    /// Fencing token: grows with every claim, across the whole store.
    pub epoch: u64,
    pub lease: Option<Lease>,
    pub cancel_requested: bool,
    /// True from just before the first write on the target: from here on a resumed run checks neither expiry nor drift.
    pub wrote: bool,
    pub origin: Origin,
    pub queued_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// The newest sign of progress; `progress_deadline_secs` counts from here.
    pub progress_at: Timestamp,
    pub progress_deadline_secs: u32,
    pub outcome: Option<ExecutionOutcome>,
    pub ended_at: Option<Timestamp>,
}

/// An execution as a release lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionSummary {
    pub id: ExecutionId,
    pub kind: ExecutionKind,
    pub preview_id: PreviewId,
    pub outcome: Option<ExecutionOutcome>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

words! {
    /// Where one object stands.
    pub enum ObjectStatus {
        Pending = "pending",
        InProgress = "in_progress",
        Healthy = "healthy",
        Degraded = "degraded",
        Failed = "failed",
        Missing = "missing",
        Skipped = "skipped",
        Unknown = "unknown",
    }
}

/// One object of an execution or observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectState {
    pub key: String,
    pub resource: Resource,
    pub action: Action,
    pub status: ObjectStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub since: Timestamp,
}
