//! Who may decide a ticket (lifecycle.md, *The approval gate*): the ticket first, then the plan, then the person.

use crate::approval::{ApprovalRule, Ticket, TicketPurpose, TicketStatus};
use crate::decide::{Facts, Given};
use crate::ids::TicketId;
use crate::refusal::{CommandName, ForbiddenReason, Refusal};
use crate::release::Release;

/// The ticket of that id: the newest one, or the review.
#[must_use]
pub fn ticket(release: &Release, id: TicketId) -> Option<&Ticket> {
    [&release.ticket, &release.review]
        .into_iter()
        .flatten()
        .find(|t| t.id == id)
}

/// Whether the caller had a hand in what the ticket asks for.
#[must_use]
pub fn is_own(release: &Release, ticket: &Ticket, facts: &Facts) -> bool {
    let authors = release.authors();
    facts
        .origin
        .responsible
        .iter()
        .any(|user| authors.contains(user) || ticket.responsible.contains(user))
}

/// # Errors
/// `ticket_closed`, `plan_changed`, `approval_forbidden` or `comment_required`, whichever is met first.
pub fn check(release: &Release, given: &Given, facts: &Facts) -> Result<(), Refusal> {
    // An older ticket than the newest was settled when the newer one was opened.
    let ticket = ticket(release, given.ticket).ok_or(Refusal::TicketClosed(given.known_status))?;
    if ticket.is_overdue(facts.now) {
        return Err(Refusal::TicketClosed(TicketStatus::Expired));
    }
    if !ticket.is_open() {
        return Err(Refusal::TicketClosed(ticket.status));
    }
    if given.plan_hash.is_some_and(|hash| hash != ticket.plan_hash) {
        return Err(Refusal::PlanChanged);
    }
    eligible(release, ticket, facts)?;
    let comment_missing = given.comment.as_deref().is_none_or(|c| c.trim().is_empty());
    let comment_asked = ticket.rule.require_comment || facts.policy.require_comment;
    if comment_missing && comment_asked {
        return Err(Refusal::CommentRequired);
    }
    Ok(())
}

/// Whether this caller may decide this open ticket.
///
/// # Errors
/// `approval_forbidden` with the first reason that fits.
pub fn eligible(release: &Release, ticket: &Ticket, facts: &Facts) -> Result<(), Refusal> {
    let forbid = |reason| Err(Refusal::ApprovalForbidden(reason));
    if facts.origin.channel.is_assistant() || facts.origin.on_behalf_of.is_some() {
        return forbid(ForbiddenReason::AssistantCannotDecide);
    }
    let self_allowed = match ticket.purpose {
        // Whoever broke the glass is never their own reviewer.
        TicketPurpose::BreakGlassReview => false,
        TicketPurpose::Apply | TicketPurpose::Rollback => {
            ticket.rule.allow_self_approval && facts.policy.allow_self_approval
        }
    };
    if !self_allowed && is_own(release, ticket, facts) {
        return forbid(ForbiddenReason::SelfApproval);
    }
    let has_role = |rule: &ApprovalRule| facts.caller_roles.iter().any(|r| rule.approver_roles.contains(r));
    if !facts.may_decide || !has_role(&ticket.rule) || !has_role(&ApprovalRule::of(&facts.policy)) {
        return forbid(ForbiddenReason::NotEligible);
    }
    if ticket.decisions.iter().any(|d| d.approver.id == facts.origin.actor.id) {
        return forbid(ForbiddenReason::AlreadyDecided);
    }
    Ok(())
}

/// # Errors
/// `ticket_closed` when it is settled already, `invalid_transition` when its time has not come.
pub fn expirable(release: &Release, id: TicketId, facts: &Facts) -> Result<(), Refusal> {
    let too_early = Refusal::InvalidTransition {
        state: release.state(),
        command: CommandName::ExpireTicket,
        historical: release.compat.is_some(),
    };
    match ticket(release, id) {
        None => Err(too_early),
        Some(ticket) if !ticket.is_open() => Err(Refusal::TicketClosed(ticket.status)),
        Some(ticket) if ticket.is_overdue(facts.now) => Ok(()),
        Some(_) => Err(too_early),
    }
}
