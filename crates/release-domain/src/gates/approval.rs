//! The approval gate: nothing unapproved runs (lifecycle.md, *The approval gate*).

use crate::actor::Channel;
use crate::approval::{Ticket, TicketStatus, requirement};
use crate::decide::Facts;
use crate::lifecycle::{Lifecycle, RejectReason};
use crate::preview::Preview;
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
/// `approval_required`: not submitted, still pending, out of time, or the approval no longer meets what is asked.
pub fn check(release: &Release, facts: &Facts) -> Result<(), Refusal> {
    match release.lifecycle {
        Lifecycle::Draft | Lifecycle::Previewed => refuse(release, ApprovalReason::NotSubmitted),
        Lifecycle::PendingApproval if release.ticket.as_ref().is_some_and(|t| t.is_overdue(facts.now)) => {
            refuse(release, ApprovalReason::Expired)
        }
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

/// Whether what was approved is what would run, and meets the ticket's copy and the present policy alike, for whoever
/// submitted it and for whoever applies it now.
#[must_use]
pub fn stands(release: &Release, facts: &Facts) -> bool {
    let Some(preview) = shown_as_approved(release) else {
        return false;
    };
    let asked = asked(preview, release.submitted_through, facts).max(asked(preview, Some(facts.origin.channel), facts));
    match &release.ticket {
        Some(ticket) => {
            granted(ticket, preview) && ticket.received(&facts.policy) >= ticket.required_now(&facts.policy).max(asked)
        }
        None => asked == 0,
    }
}

/// Whether an approval outlives a new preview: the plan is the same and the policy is still met.
///
/// Who previews never takes away what people approved. Only where nobody was asked, an agent's preview counts as the
/// agent's: it could not apply what it saw, and now may submit it.
#[must_use]
pub fn outlives_preview(release: &Release, facts: &Facts) -> bool {
    match (&release.ticket, shown_as_approved(release)) {
        (Some(ticket), Some(preview)) => {
            granted(ticket, preview) && ticket.received(&facts.policy) >= ticket.required_now(&facts.policy)
        }
        (None, Some(_)) => stands(release, facts),
        (Some(_) | None, None) => false,
    }
}

/// The newest preview, where it shows the plan that was approved.
fn shown_as_approved(release: &Release) -> Option<&Preview> {
    release
        .apply_preview
        .as_ref()
        .filter(|p| release.approved_plan == Some(p.plan_hash))
}

fn granted(ticket: &Ticket, preview: &Preview) -> bool {
    ticket.status == TicketStatus::Approved && ticket.plan_hash == preview.plan_hash
}

/// What the present policy asks of this plan through that channel.
fn asked(preview: &Preview, channel: Option<Channel>, facts: &Facts) -> u32 {
    channel.map_or(0, |channel| {
        requirement(&facts.policy, &preview.risks, channel).required
    })
}

fn refuse(release: &Release, reason: ApprovalReason) -> Result<(), Refusal> {
    let ticket = match reason {
        // A ticket that was voided is not the one to look at.
        ApprovalReason::NotSubmitted => None,
        ApprovalReason::Pending | ApprovalReason::Rejected | ApprovalReason::Expired | ApprovalReason::Voided => {
            release.ticket.as_ref().map(|t| t.id)
        }
    };
    Err(Refusal::ApprovalRequired { reason, ticket })
}
