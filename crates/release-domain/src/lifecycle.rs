//! Where a release stands.

use crate::codes::words;
use crate::diagnostics::DiagnosticCode;
use crate::ids::ExecutionId;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

words! {
    /// The state as everybody outside sees it.
    pub enum LifecycleState {
        Draft = "draft",
        Previewed = "previewed",
        PendingApproval = "pending_approval",
        Approved = "approved",
        Rejected = "rejected",
        Applying = "applying",
        Applied = "applied",
        Failed = "failed",
        Rollback = "rollback",
        RolledBack = "rolled_back",
        Cancelled = "cancelled",
    }
}

impl LifecycleState {
    /// Whether no command leads out of it (the state × command table).
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Rejected | Self::RolledBack | Self::Cancelled => true,
            Self::Draft
            | Self::Previewed
            | Self::PendingApproval
            | Self::Approved
            | Self::Applying
            | Self::Applied
            | Self::Failed
            | Self::Rollback => false,
        }
    }
}

words! {
    /// Where an execution stands; a failed one keeps the stage it failed in.
    pub enum StageName {
        None = "none",
        Queued = "queued",
        Validating = "validating",
        Applying = "applying",
        RollingBack = "rolling_back",
        Pruning = "pruning",
        WaitingHealthy = "waiting_healthy",
        Done = "done",
    }
}

/// The state with what only that state has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Lifecycle {
    Draft,
    Previewed,
    PendingApproval,
    Approved,
    Rejected {
        reason: RejectReason,
    },
    Applying {
        execution: ExecutionId,
        cancel_requested: bool,
    },
    Applied,
    Failed {
        reason: FailReason,
    },
    /// A rollback in progress.
    Rollback {
        execution: ExecutionId,
    },
    RolledBack,
    Cancelled,
}

impl Lifecycle {
    #[must_use]
    pub const fn state(&self) -> LifecycleState {
        match self {
            Self::Draft => LifecycleState::Draft,
            Self::Previewed => LifecycleState::Previewed,
            Self::PendingApproval => LifecycleState::PendingApproval,
            Self::Approved => LifecycleState::Approved,
            Self::Rejected { .. } => LifecycleState::Rejected,
            Self::Applying { .. } => LifecycleState::Applying,
            Self::Applied => LifecycleState::Applied,
            Self::Failed { .. } => LifecycleState::Failed,
            Self::Rollback { .. } => LifecycleState::Rollback,
            Self::RolledBack => LifecycleState::RolledBack,
            Self::Cancelled => LifecycleState::Cancelled,
        }
    }

    /// Why it is `rejected` or `failed`; `None` in every other state.
    #[must_use]
    pub const fn reason_code(&self) -> Option<&'static str> {
        match self {
            Self::Rejected { reason } => Some(reason.as_str()),
            Self::Failed { reason } => Some(reason.as_str()),
            Self::Draft
            | Self::Previewed
            | Self::PendingApproval
            | Self::Approved
            | Self::Applying { .. }
            | Self::Applied
            | Self::Rollback { .. }
            | Self::RolledBack
            | Self::Cancelled => None,
        }
    }
}

words! {
    /// Why a release is `rejected`.
    pub enum RejectReason {
        ApprovalRejected = "approval_rejected",
        ApprovalExpired = "approval_expired",
    }
}

/// Why a release is `failed`: refused before the first write, cancelled, or the code of the first diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailReason {
    PreviewExpired,
    LiveStateDrifted,
    CancelledByUser,
    Diagnosed(DiagnosticCode),
}

impl FailReason {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreviewExpired => "preview_expired",
            Self::LiveStateDrifted => "live_state_drifted",
            Self::CancelledByUser => "cancelled_by_user",
            Self::Diagnosed(code) => code.as_str(),
        }
    }
}

impl Serialize for FailReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FailReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        [Self::PreviewExpired, Self::LiveStateDrifted, Self::CancelledByUser]
            .into_iter()
            .find(|r| r.as_str() == text)
            .map_or_else(
                || {
                    text.parse()
                        .map(Self::Diagnosed)
                        .map_err(|_| de::Error::custom("unknown reason code"))
                },
                Ok,
            )
    }
}

/// `stage` of a release: name and progress of its newest execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub name: StageName,
    pub objects_done: u32,
    pub objects_total: u32,
    pub since: Option<Timestamp>,
}

impl Stage {
    /// Before the first execution.
    pub const NONE: Self = Self {
        name: StageName::None,
        objects_done: 0,
        objects_total: 0,
        since: None,
    };
}
