//! What each type of event carries (lifecycle.md, *Timeline*).

use crate::approval::{TicketPurpose, Verdict};
use crate::canonical::Hash;
use crate::catalogue::Reachability;
use crate::diagnostics::DiagnosticCode;
use crate::execution::ObjectStatus;
use crate::ids::{DiagnosticId, ExecutionId, PreviewId, ReleaseId, TicketId};
use crate::lifecycle::StageName;
use crate::observation::HealthStatus;
use crate::plan::{Action, PlanSummary, Resource};
use crate::preview::{PreviewKind, RollbackTo};
use crate::refusal::CommandName;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Typed per event; written as `event_type` and `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event_type", content = "data")]
pub enum EventData {
    #[serde(rename = "release.created")]
    ReleaseCreated {
        draft_number: u32,
        revision: u32,
        app_version: String,
        copy_of: Option<ReleaseId>,
    },
    #[serde(rename = "release.edited")]
    ReleaseEdited {
        draft_number: u32,
        revision: u32,
        app_version: String,
    },
    #[serde(rename = "release.cancelled")]
    ReleaseCancelled { reason: String },
    #[serde(rename = "preview.issued")]
    PreviewIssued(PreviewIssued),
    #[serde(rename = "preview.failed")]
    PreviewFailed {
        kind: PreviewKind,
        code: String,
        message: String,
    },
    #[serde(rename = "approval.requested")]
    ApprovalRequested(ApprovalFacts),
    /// Shaped as every `approval.*`: no ticket, none required, none received.
    #[serde(rename = "approval.not_required")]
    ApprovalNotRequired {
        ticket_id: Option<TicketId>,
        plan_hash: Hash,
        required: u32,
        received: u32,
    },
    #[serde(rename = "approval.decided")]
    ApprovalDecided(ApprovalDecided),
    #[serde(rename = "approval.granted")]
    ApprovalGranted(ApprovalFacts),
    #[serde(rename = "approval.rejected")]
    ApprovalRejected(ApprovalFacts),
    #[serde(rename = "approval.expired")]
    ApprovalExpired(ApprovalFacts),
    #[serde(rename = "approval.voided")]
    ApprovalVoided(ApprovalFacts),
    #[serde(rename = "approval.withdrawn")]
    ApprovalWithdrawn(ApprovalFacts),
    #[serde(rename = "gate.refused")]
    GateRefused(GateRefused),
    #[serde(rename = "break_glass.used")]
    BreakGlassUsed {
        reason: String,
        plan_hash: Hash,
        review_ticket_id: TicketId,
    },
    #[serde(rename = "apply.requested")]
    ApplyRequested {
        execution_id: ExecutionId,
        plan_hash: Hash,
        confirmed_by: crate::actor::Actor,
    },
    #[serde(rename = "apply.started")]
    ApplyStarted { execution_id: ExecutionId },
    #[serde(rename = "cancel.requested")]
    CancelRequested { execution_id: ExecutionId, reason: String },
    #[serde(rename = "stage.changed")]
    StageChanged(StageChanged),
    #[serde(rename = "resource.changed")]
    ResourceChanged(ResourceChanged),
    #[serde(rename = "apply.succeeded")]
    ApplySucceeded { execution_id: ExecutionId },
    #[serde(rename = "apply.failed")]
    ApplyFailed(ExecutionFailed),
    #[serde(rename = "execution.resumed")]
    ExecutionResumed { execution_id: ExecutionId, epoch: u64 },
    #[serde(rename = "diagnostics.recorded")]
    DiagnosticsRecorded {
        execution_id: Option<ExecutionId>,
        diagnostics: Vec<DiagnosticRef>,
    },
    #[serde(rename = "rollback.requested")]
    RollbackRequested {
        execution_id: ExecutionId,
        plan_hash: Hash,
        confirmed_by: crate::actor::Actor,
        to: RollbackTo,
        reason: String,
    },
    #[serde(rename = "rollback.started")]
    RollbackStarted { execution_id: ExecutionId },
    #[serde(rename = "rollback.succeeded")]
    RollbackSucceeded { execution_id: ExecutionId, to: RollbackTo },
    #[serde(rename = "rollback.failed")]
    RollbackFailed(ExecutionFailed),
    #[serde(rename = "access.denied")]
    AccessDenied {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release_id: Option<ReleaseId>,
        method: String,
        path: String,
        permission: String,
    },
    #[serde(rename = "project.changed")]
    ProjectChanged(Changed),
    #[serde(rename = "environment.changed")]
    EnvironmentChanged(Changed),
    #[serde(rename = "policy.changed")]
    PolicyChanged(Changed),
    #[serde(rename = "service.changed")]
    ServiceChanged(Changed),
    #[serde(rename = "target.changed")]
    TargetChanged(Changed),
    #[serde(rename = "webhook.changed")]
    WebhookChanged(Changed),
    #[serde(rename = "access.changed")]
    AccessChanged(Changed),
    #[serde(rename = "freeze.set")]
    FreezeSet {
        name: String,
        reason: String,
        scope: String,
        ends_at: Option<Timestamp>,
        covers_rollback: bool,
    },
    #[serde(rename = "freeze.lifted")]
    FreezeLifted { name: String },
    #[serde(rename = "hold.set")]
    HoldSet { release_id: ReleaseId },
    #[serde(rename = "hold.lifted")]
    HoldLifted { release_id: ReleaseId },
    #[serde(rename = "health.changed")]
    HealthChanged {
        before: HealthStatus,
        after: HealthStatus,
        /// What is not healthy, the first of them.
        objects: Vec<UnhealthyObject>,
    },
    #[serde(rename = "drift.detected")]
    DriftDetected {
        objects: u32,
        /// Where, the first of them.
        changed: Vec<DriftedObject>,
    },
    #[serde(rename = "drift.cleared")]
    DriftCleared {},
    #[serde(rename = "target.status_changed")]
    TargetStatusChanged {
        before: Reachability,
        after: Reachability,
        message: Option<String>,
    },
    #[serde(rename = "history.imported")]
    HistoryImported { imported: u64 },
    #[serde(rename = "store.restored")]
    StoreRestored { backup_seq: u64, epoch: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewIssued {
    pub preview_id: PreviewId,
    pub kind: PreviewKind,
    pub context_hash: Hash,
    pub plan_hash: Hash,
    pub expires_at: Timestamp,
    pub summary: PlanSummary,
}

/// What every `approval.*` event carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalFacts {
    pub ticket_id: TicketId,
    pub purpose: TicketPurpose,
    pub plan_hash: Hash,
    pub required: u32,
    pub received: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDecided {
    #[serde(flatten)]
    pub ticket: ApprovalFacts,
    pub decision: Verdict,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRefused {
    pub command: CommandName,
    pub code: String,
    pub reason_code: Option<String>,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageChanged {
    pub execution_id: ExecutionId,
    pub stage: StageName,
    pub objects_done: u32,
    pub objects_total: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceChanged {
    pub execution_id: ExecutionId,
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
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticRef {
    pub id: DiagnosticId,
    pub code: DiagnosticCode,
    pub summary: String,
}

/// One object of `health.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnhealthyObject {
    pub key: String,
    pub status: ObjectStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One object of `drift.detected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftedObject {
    pub key: String,
    pub action: Action,
    /// JSON pointers; an empty one is the whole object.
    pub paths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionFailed {
    pub execution_id: ExecutionId,
    pub reason_code: String,
    pub diagnostics: Vec<DiagnosticRef>,
}

/// A change of catalogue, policy or access, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// `created`, `updated`, `deleted`, `signed_in_failed`, `password_changed`…
    pub action: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl EventData {
    /// The word in `event_type`.
    #[must_use]
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::ReleaseCreated { .. } => "release.created",
            Self::ReleaseEdited { .. } => "release.edited",
            Self::ReleaseCancelled { .. } => "release.cancelled",
            Self::PreviewIssued(_) => "preview.issued",
            Self::PreviewFailed { .. } => "preview.failed",
            Self::ApprovalRequested(_) => "approval.requested",
            Self::ApprovalNotRequired { .. } => "approval.not_required",
            Self::ApprovalDecided(_) => "approval.decided",
            Self::ApprovalGranted(_) => "approval.granted",
            Self::ApprovalRejected(_) => "approval.rejected",
            Self::ApprovalExpired(_) => "approval.expired",
            Self::ApprovalVoided(_) => "approval.voided",
            Self::ApprovalWithdrawn(_) => "approval.withdrawn",
            Self::GateRefused(_) => "gate.refused",
            Self::BreakGlassUsed { .. } => "break_glass.used",
            Self::ApplyRequested { .. } => "apply.requested",
            Self::ApplyStarted { .. } => "apply.started",
            Self::CancelRequested { .. } => "cancel.requested",
            Self::StageChanged(_) => "stage.changed",
            Self::ResourceChanged(_) => "resource.changed",
            Self::ApplySucceeded { .. } => "apply.succeeded",
            Self::ApplyFailed(_) => "apply.failed",
            Self::ExecutionResumed { .. } => "execution.resumed",
            Self::DiagnosticsRecorded { .. } => "diagnostics.recorded",
            Self::RollbackRequested { .. } => "rollback.requested",
            Self::RollbackStarted { .. } => "rollback.started",
            Self::RollbackSucceeded { .. } => "rollback.succeeded",
            Self::RollbackFailed(_) => "rollback.failed",
            Self::AccessDenied { .. } => "access.denied",
            Self::ProjectChanged(_) => "project.changed",
            Self::EnvironmentChanged(_) => "environment.changed",
            Self::PolicyChanged(_) => "policy.changed",
            Self::ServiceChanged(_) => "service.changed",
            Self::TargetChanged(_) => "target.changed",
            Self::WebhookChanged(_) => "webhook.changed",
            Self::AccessChanged(_) => "access.changed",
            Self::FreezeSet { .. } => "freeze.set",
            Self::FreezeLifted { .. } => "freeze.lifted",
            Self::HoldSet { .. } => "hold.set",
            Self::HoldLifted { .. } => "hold.lifted",
            Self::HealthChanged { .. } => "health.changed",
            Self::DriftDetected { .. } => "drift.detected",
            Self::DriftCleared {} => "drift.cleared",
            Self::TargetStatusChanged { .. } => "target.status_changed",
            Self::HistoryImported { .. } => "history.imported",
            Self::StoreRestored { .. } => "store.restored",
        }
    }
}
