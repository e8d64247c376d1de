//! Who may decide a ticket (lifecycle.md, *The approval gate*): the ticket first, then the plan, then the person.

use crate::actor::ActorKind;
use crate::approval::{ApprovalDecision, ApprovalRule, Ticket, TicketPurpose, TicketStatus, Verdict};
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
pub fn check(release: &Release, verdict: Verdict, given: &Given, facts: &Facts) -> Result<(), Refusal> {
    // An older ticket than the newest was settled when the newer one was opened.
    let ticket = ticket(release, given.ticket).ok_or(Refusal::TicketClosed(given.known_status))?;
    if ticket.is_overdue(facts.now) {
        return Err(Refusal::TicketClosed(TicketStatus::Expired));
    }
    if !ticket.is_open() {
        return Err(Refusal::TicketClosed(ticket.status));
    }
    let of_this_plan = match (verdict, given.plan_hash) {
        (Verdict::Approved | Verdict::Rejected, Some(hash)) => hash == ticket.plan_hash,
        // An approval is given to a plan; a rejection may be of whatever there is.
        (Verdict::Approved, None) => false,
        (Verdict::Rejected, None) => true,
    };
    if !of_this_plan {
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
    let origin = &facts.origin;
    if origin.channel.is_assistant() || origin.on_behalf_of.is_some() || origin.actor.kind == ActorKind::Assistant {
        return forbid(ForbiddenReason::AssistantCannotDecide);
    }
    let self_allowed = ticket.rule.allow_self_approval && facts.policy.allow_self_approval;
    // Whoever broke the glass is never their own reviewer, whatever the policy allows.
    let broke_it =
        ticket.purpose == TicketPurpose::BreakGlassReview && !origin.responsible.is_disjoint(&ticket.responsible);
    if broke_it || (!self_allowed && is_own(release, ticket, facts)) {
        return forbid(ForbiddenReason::SelfApproval);
    }
    let has_role = |rule: &ApprovalRule| facts.caller_roles.iter().any(|r| rule.approver_roles.contains(r));
    if !facts.may_decide || !has_role(&ticket.rule) || !has_role(&ApprovalRule::of(&facts.policy)) {
        return forbid(ForbiddenReason::NotEligible);
    }
    // One person counts once, in person or through a token they made.
    let same =
        |d: &ApprovalDecision| d.approver.id == origin.actor.id || !d.responsible.is_disjoint(&origin.responsible);
    if ticket.decisions.iter().any(same) {
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
