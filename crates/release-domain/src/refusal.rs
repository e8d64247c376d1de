//! Why a command is refused: one error code each, with its reason code. Every adapter's text and status comes from here.

use crate::approval::TicketStatus;
use crate::codes::words;
use crate::freeze::FreezeInForce;
use crate::ids::{ReleaseId, TicketId};
use crate::lifecycle::LifecycleState;
use crate::timestamp::Timestamp;

words! {
    /// The error codes of lifecycle.md.
    pub enum RefusalCode {
        InvalidTransition = "invalid_transition",
        PreviewRequired = "preview_required",
        ApprovalRequired = "approval_required",
        TicketClosed = "ticket_closed",
        PlanChanged = "plan_changed",
        ApprovalForbidden = "approval_forbidden",
        CommentRequired = "comment_required",
        TargetHeld = "target_held",
        Frozen = "frozen",
        TargetBusy = "target_busy",
        RollbackUnavailable = "rollback_unavailable",
    }
}

words! {
    /// Reasons of `preview_required`, in the order in which they are looked for.
    pub enum PreviewReason {
        Missing = "preview_missing",
        Malformed = "preview_malformed",
        Expired = "preview_expired",
        Mismatch = "preview_mismatch",
        Consumed = "preview_consumed",
        Superseded = "preview_superseded",
        ChecksFailed = "checks_failed",
        LiveStateDrifted = "live_state_drifted",
    }
}

words! {
    /// Reasons of `approval_required`.
    pub enum ApprovalReason {
        NotSubmitted = "not_submitted",
        Pending = "approval_pending",
        Rejected = "approval_rejected",
        Expired = "approval_expired",
        Voided = "approval_voided",
    }
}

words! {
    /// Reasons of `approval_forbidden`.
    pub enum ForbiddenReason {
        SelfApproval = "self_approval",
        NotEligible = "not_eligible",
        AssistantCannotDecide = "assistant_cannot_decide",
        AlreadyDecided = "already_decided",
    }
}

words! {
    /// Reasons of `rollback_unavailable`.
    pub enum RollbackReason {
        NothingToReturnTo = "nothing_to_return_to",
        NotCurrent = "not_current",
        NeverAppliedHere = "never_applied_here",
    }
}

words! {
    /// Every command of the lifecycle, by its name in problems, events and the table.
    pub enum CommandName {
        Edit = "edit",
        Preview = "preview",
        Submit = "submit",
        Approve = "approve",
        Reject = "reject",
        ExpireTicket = "expire_ticket",
        Apply = "apply",
        BreakGlass = "break_glass",
        Cancel = "cancel",
        ExecutionSucceeded = "execution_succeeded",
        ExecutionFailed = "execution_failed",
        RollbackPreview = "rollback_preview",
        Rollback = "rollback",
    }
}

/// A command that was not carried out. A refusal moves no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a release that is {state} takes no `{command}`")]
    InvalidTransition {
        state: LifecycleState,
        command: CommandName,
        /// An imported row takes no command at all.
        historical: bool,
    },
    #[error("{}", preview_text(*.0))]
    PreviewRequired(PreviewReason),
    #[error("{}", approval_text(*.reason))]
    ApprovalRequired {
        reason: ApprovalReason,
        ticket: Option<TicketId>,
    },
    #[error("the ticket is closed: it is {0}")]
    TicketClosed(TicketStatus),
    #[error("the ticket asks about another plan than the one given")]
    PlanChanged,
    #[error("{}", forbidden_text(*.0))]
    ApprovalForbidden(ForbiddenReason),
    #[error("this environment's policy asks for a comment with every decision")]
    CommentRequired,
    #[error("the service is held on this target since a rollback; a person has to lift the hold")]
    TargetHeld { release: ReleaseId, since: Timestamp },
    #[error("releases are frozen: {}", .0.name)]
    Frozen(FreezeInForce),
    #[error("another release of this service is running on this target")]
    TargetBusy { running: ReleaseId },
    #[error("{}", rollback_text(*.0))]
    RollbackUnavailable(RollbackReason),
}

impl Refusal {
    #[must_use]
    pub const fn code(&self) -> RefusalCode {
        match self {
            Self::InvalidTransition { .. } => RefusalCode::InvalidTransition,
            Self::PreviewRequired(_) => RefusalCode::PreviewRequired,
            Self::ApprovalRequired { .. } => RefusalCode::ApprovalRequired,
            Self::TicketClosed(_) => RefusalCode::TicketClosed,
            Self::PlanChanged => RefusalCode::PlanChanged,
            Self::ApprovalForbidden(_) => RefusalCode::ApprovalForbidden,
            Self::CommentRequired => RefusalCode::CommentRequired,
            Self::TargetHeld { .. } => RefusalCode::TargetHeld,
            Self::Frozen(_) => RefusalCode::Frozen,
            Self::TargetBusy { .. } => RefusalCode::TargetBusy,
            Self::RollbackUnavailable(_) => RefusalCode::RollbackUnavailable,
        }
    }

    #[must_use]
    pub const fn reason_code(&self) -> Option<&'static str> {
        match self {
            Self::InvalidTransition { historical: true, .. } => Some("historical"),
            Self::InvalidTransition { historical: false, .. } | Self::PlanChanged | Self::CommentRequired => None,
            Self::PreviewRequired(reason) => Some(reason.as_str()),
            Self::ApprovalRequired { reason, .. } => Some(reason.as_str()),
            Self::TicketClosed(status) => Some(status.as_str()),
            Self::ApprovalForbidden(reason) => Some(reason.as_str()),
            Self::TargetHeld { .. } => Some("held_after_rollback"),
            Self::Frozen(_) => Some("freeze_window"),
            Self::TargetBusy { .. } => Some("execution_running"),
            Self::RollbackUnavailable(reason) => Some(reason.as_str()),
        }
    }

    /// Whether it is a gate that spoke, which leaves a `gate.refused` event.
    #[must_use]
    pub const fn is_gate(&self) -> bool {
        match self {
            Self::PreviewRequired(_)
            | Self::ApprovalRequired { .. }
            | Self::ApprovalForbidden(_)
            | Self::TargetHeld { .. }
            | Self::Frozen(_)
            | Self::TargetBusy { .. }
            | Self::RollbackUnavailable(_) => true,
            Self::InvalidTransition { .. } | Self::TicketClosed(_) | Self::PlanChanged | Self::CommentRequired => false,
        }
    }
}

const fn preview_text(reason: PreviewReason) -> &'static str {
    match reason {
        PreviewReason::Missing => "no preview token was sent: preview the release first",
        PreviewReason::Malformed => "this is not a preview token of this server",
        PreviewReason::Expired => "the preview has expired: preview again",
        PreviewReason::Mismatch => "the token belongs to another release, another kind of preview or an earlier draft",
        PreviewReason::Consumed => "the preview was used already: preview again",
        PreviewReason::Superseded => "a newer preview of this release exists",
        PreviewReason::ChecksFailed => "the preview has a failed check: mend it and preview again",
        PreviewReason::LiveStateDrifted => {
            "the target has changed since the preview: preview again and look at the plan"
        }
    }
}

const fn approval_text(reason: ApprovalReason) -> &'static str {
    match reason {
        ApprovalReason::NotSubmitted => "the release has not been submitted",
        ApprovalReason::Pending => "the release waits for approval",
        ApprovalReason::Rejected => "the release was rejected",
        ApprovalReason::Expired => "nobody decided in time",
        ApprovalReason::Voided => "the approval no longer stands: preview and submit again",
    }
}

const fn forbidden_text(reason: ForbiddenReason) -> &'static str {
    match reason {
        ForbiddenReason::SelfApproval => "whoever had a hand in a release does not decide about it",
        ForbiddenReason::NotEligible => "none of your roles here is asked for this",
        ForbiddenReason::AssistantCannotDecide => "an assistant never decides",
        ForbiddenReason::AlreadyDecided => "you have decided about this ticket already",
    }
}

const fn rollback_text(reason: RollbackReason) -> &'static str {
    match reason {
        RollbackReason::NothingToReturnTo => "no earlier release was applied here: there is nothing to return to",
        RollbackReason::NotCurrent => {
            "only the current release, or the last one that failed after it, can be rolled back"
        }
        RollbackReason::NeverAppliedHere => "the release to return to was never applied on this target",
    }
}
