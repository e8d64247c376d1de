//! The approval gate: nothing unapproved runs (lifecycle.md, *The approval gate*).

use crate::approval::{TicketStatus, requirement};
use crate::decide::Facts;
use crate::lifecycle::{Lifecycle, RejectReason};
use crate::refusal::{ApprovalReason, Refusal};
use crate::release::Release;

/// A rejected release never runs, whatever token comes with the call.
///
/// # Errors
/// `approval_required` with why it was rejected.
pub fn never_again(release: &Release) -> Result<(), Refusal> {
    match release.lifecycle {
        Lifecycle::Rejected {
            reason: RejectReason::ApprovalRejected,
        } => refuse(release, ApprovalReason::Rejected),
        Lifecycle::Rejected {
            reason: RejectReason::ApprovalExpired,
        } => refuse(release, ApprovalReason::Expired),
        Lifecycle::Draft
        | Lifecycle::Previewed
        | Lifecycle::PendingApproval
        | Lifecycle::Approved
        | Lifecycle::Applying { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::Rollback { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => Ok(()),
    }
}

/// # Errors
/// `approval_required`: not submitted, still pending, or the approval no longer meets what is asked.
pub fn check(release: &Release, facts: &Facts) -> Result<(), Refusal> {
    match release.lifecycle {
        Lifecycle::Draft | Lifecycle::Previewed => refuse(release, ApprovalReason::NotSubmitted),
        Lifecycle::PendingApproval => refuse(release, ApprovalReason::Pending),
        Lifecycle::Approved if stands(release, facts) => Ok(()),
        Lifecycle::Approved
        | Lifecycle::Rejected { .. }
        | Lifecycle::Applying { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::Rollback { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => refuse(release, ApprovalReason::Voided),
    }
}

/// Whether what was approved is what would run, and meets the ticket's copy and the present policy alike.
#[must_use]
pub fn stands(release: &Release, facts: &Facts) -> bool {
    let Some(preview) = &release.apply_preview else {
        return false;
    };
    if release.approved_plan != Some(preview.plan_hash) {
        return false;
    }
    let asked = requirement(&facts.policy, &preview.risks, facts.origin.channel).required;
    match &release.ticket {
        Some(ticket) => {
            ticket.status == TicketStatus::Approved
                && ticket.plan_hash == preview.plan_hash
                && ticket.received(&facts.policy) >= ticket.required_now(&facts.policy).max(asked)
        }
        None => asked == 0,
    }
}

fn refuse(release: &Release, reason: ApprovalReason) -> Result<(), Refusal> {
    Err(Refusal::ApprovalRequired {
        reason,
        ticket: release.ticket.as_ref().map(|t| t.id),
    })
}
