//! The rollback gate (lifecycle.md, *The rollback gate*): where a rollback may go, and whose approval covers it.

use crate::actor::{ActorKind, Channel};
use crate::approval::{Because, BecauseCode, Ticket, TicketPurpose, TicketStatus};
use crate::decide::Facts;
use crate::lifecycle::LifecycleState;
use crate::policy::{Policy, RollbackApproval};
use crate::preview::{Preview, PreviewKind, RollbackTo};
use crate::refusal::{ApprovalReason, Refusal, RollbackReason};
use crate::release::Release;
use crate::timestamp::Timestamp;

/// Only the current release, or the last one that failed after it, can be rolled back.
///
/// # Errors
/// `rollback_unavailable`, `not_current`.
pub fn standing(release: &Release, facts: &Facts) -> Result<(), Refusal> {
    let current = facts.current == Some(release.id);
    let last_failed = release.state() == LifecycleState::Failed && facts.last_attempt == Some(release.id);
    if current || last_failed {
        Ok(())
    } else {
        Err(Refusal::RollbackUnavailable(RollbackReason::NotCurrent))
    }
}

/// Whether the system may roll back by itself, past every ticket and window: the policy says so and the release failed.
#[must_use]
pub fn is_automatic(release: &Release, claimed: bool, facts: &Facts) -> bool {
    claimed
        && facts.policy.auto_rollback
        && facts.origin.actor.kind == ActorKind::System
        && release.state() == LifecycleState::Failed
}

/// Whether an apply that fails now may go over into this rollback: the policy says so, and it leads back to what was
/// current. That something was written is the worker's to know.
#[must_use]
pub fn follows_failure(release: &Release, preview: &Preview, facts: &Facts) -> bool {
    facts.policy.auto_rollback
        && preview.kind == PreviewKind::Rollback
        && release.returns_to.is_some()
        && preview.to == release.returns_to.map(RollbackTo::Release)
        && !preview.checks_failed
}

/// Where a rollback goes: what was asked for by name, else the release that was current when this one's apply started.
///
/// # Errors
/// `rollback_unavailable`: nothing to return to, or the named release never reached `applied` here.
pub fn destination(
    release: &Release,
    asked: Option<RollbackTo>,
    named_was_applied_here: bool,
) -> Result<RollbackTo, Refusal> {
    match asked {
        Some(RollbackTo::Uninstall) => Ok(RollbackTo::Uninstall),
        Some(RollbackTo::Release(id)) if named_was_applied_here && id != release.id => Ok(RollbackTo::Release(id)),
        Some(RollbackTo::Release(_)) => Err(Refusal::RollbackUnavailable(RollbackReason::NeverAppliedHere)),
        None => release
            .returns_to
            .filter(|id| *id != release.id)
            .map(RollbackTo::Release)
            .ok_or(Refusal::RollbackUnavailable(RollbackReason::NothingToReturnTo)),
    }
}

/// Whether the release's own approval covers its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// No ticket is asked for; until when, where a pass runs.
    Covered { until: Option<Timestamp> },
    /// A ticket is asked for, and why.
    Ticket(Because),
}

/// What policy says of a rollback asked for through this channel now.
#[must_use]
pub fn cover(release: &Release, policy: &Policy, channel: Channel, now: Timestamp) -> Cover {
    let ticket = |code, message: &str| {
        Cover::Ticket(Because {
            code,
            message: message.into(),
        })
    };
    if channel == Channel::Mcp {
        return ticket(BecauseCode::Assistant, "an agent's rollback is approved by people");
    }
    match policy.rollback_approval {
        RollbackApproval::None => Cover::Covered { until: None },
        RollbackApproval::Required => ticket(BecauseCode::RollbackPolicy, "the policy asks for approval of rollbacks"),
        RollbackApproval::Pass => {
            let until = release
                .apply_ended_at
                .map(|end| end.plus_secs(i64::from(policy.rollback_pass_secs)));
            match until {
                Some(until) if now < until => Cover::Covered { until: Some(until) },
                Some(_) | None => ticket(
                    BecauseCode::PassOver,
                    "the release's approval no longer covers its rollback",
                ),
            }
        }
    }
}

/// # Errors
/// `approval_required`: `approval_pending`, with the ticket's id where one is open for this plan and without where one
/// has to be opened; `approval_expired` where its time is over; `approval_voided` where it was approved and the present
/// policy asks for more, until a preview closes it.
pub fn approval(release: &Release, facts: &Facts) -> Result<(), Refusal> {
    match cover(release, &facts.policy, facts.origin.channel, facts.now) {
        Cover::Covered { .. } => return Ok(()),
        Cover::Ticket(_) => {}
    }
    let plan = release.rollback_preview.as_ref().map(|p| p.plan_hash);
    let ticket = release
        .ticket
        .as_ref()
        .filter(|t| t.purpose == TicketPurpose::Rollback && Some(t.plan_hash) == plan);
    let refuse = |reason, ticket| Err(Refusal::ApprovalRequired { reason, ticket });
    match ticket {
        Some(t) if granted(t, facts) => Ok(()),
        Some(t) if t.status == TicketStatus::Approved => refuse(ApprovalReason::Voided, Some(t.id)),
        Some(t) if t.is_overdue(facts.now) => refuse(ApprovalReason::Expired, Some(t.id)),
        Some(t) if t.is_open() => refuse(ApprovalReason::Pending, Some(t.id)),
        Some(_) | None => refuse(ApprovalReason::Pending, None),
    }
}

/// Whether a rollback's ticket stands approved under its own copy of the policy and under the present one.
#[must_use]
pub fn granted(ticket: &Ticket, facts: &Facts) -> bool {
    ticket.status == TicketStatus::Approved && ticket.received(&facts.policy) >= ticket.required_now(&facts.policy)
}
