//! Submit, decide, expire, void, withdraw: the life of a ticket.

use super::{Change, Decision, Facts, Given};
use crate::approval::{
    ApprovalDecision, ApprovalRule, Because, Requirement, Ticket, TicketPurpose, TicketStatus, Verdict, requirement,
};
use crate::event::{ApprovalDecided, ApprovalFacts, EventData};
use crate::gates::approver;
use crate::ids::TicketId;
use crate::lifecycle::{Lifecycle, RejectReason};
use crate::policy::Policy;
use crate::preview::Preview;
use crate::release::Release;

/// Opens a ticket, or passes where no approval is asked.
pub(super) fn submit(release: &Release, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    change
        .release
        .requesters
        .extend(facts.origin.responsible.iter().copied());
    change.release.submitted_through = Some(facts.origin.channel);
    let Some(preview) = change.release.apply_preview.clone() else {
        return change.done();
    };
    let asked = requirement(&facts.policy, &preview.risks, facts.origin.channel);
    if asked.required == 0 {
        change.release.ticket = None;
        change.release.approved_plan = Some(preview.plan_hash);
        change.release.lifecycle = Lifecycle::Approved;
        change.tell(EventData::ApprovalNotRequired {
            ticket_id: None,
            plan_hash: preview.plan_hash,
            required: 0,
            received: 0,
        });
    } else {
        let ticket = new_ticket(TicketPurpose::Apply, &preview, asked, facts);
        let asked = told(&ticket, &facts.policy);
        change.release.ticket = Some(ticket);
        change.release.lifecycle = Lifecycle::PendingApproval;
        change.tell(EventData::ApprovalRequested(asked));
    }
    change.done()
}

pub(super) fn approve(release: &Release, given: Given, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    let Some(ticket) = decided(&mut change, given, Verdict::Approved) else {
        return change.done();
    };
    let enough = match ticket.purpose {
        // One decision of either kind settles a review.
        TicketPurpose::BreakGlassReview => true,
        TicketPurpose::Apply | TicketPurpose::Rollback => {
            ticket.received(&facts.policy) >= ticket.required_now(&facts.policy)
        }
    };
    if enough {
        settle(&mut change, ticket.id, TicketStatus::Approved);
        if ticket.purpose == TicketPurpose::Apply {
            change.release.lifecycle = Lifecycle::Approved;
            change.release.approved_plan = Some(ticket.plan_hash);
        }
        change.tell(EventData::ApprovalGranted(told(&ticket, &facts.policy)));
    }
    change.done()
}

/// Any reject settles the ticket.
pub(super) fn reject(release: &Release, given: Given, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    let Some(ticket) = decided(&mut change, given, Verdict::Rejected) else {
        return change.done();
    };
    settle(&mut change, ticket.id, TicketStatus::Rejected);
    if ticket.purpose == TicketPurpose::Apply {
        change.release.lifecycle = Lifecycle::Rejected {
            reason: RejectReason::ApprovalRejected,
        };
    }
    change.tell(EventData::ApprovalRejected(told(&ticket, &facts.policy)));
    change.done()
}

pub(super) fn expire(release: &Release, id: TicketId, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    let Some(ticket) = approver::ticket(release, id).cloned() else {
        return change.done();
    };
    settle(&mut change, id, TicketStatus::Expired);
    if ticket.purpose == TicketPurpose::Apply {
        change.release.lifecycle = Lifecycle::Rejected {
            reason: RejectReason::ApprovalExpired,
        };
    }
    change.tell(EventData::ApprovalExpired(told(&ticket, &facts.policy)));
    change.done()
}

/// A ticket for this plan, opened under a copy of the present policy.
pub(super) fn new_ticket(purpose: TicketPurpose, preview: &Preview, asked: Requirement, facts: &Facts) -> Ticket {
    Ticket {
        id: facts.new_ticket,
        purpose,
        status: TicketStatus::Pending,
        plan_hash: preview.plan_hash,
        summary: preview.summary,
        risks: preview.risks.clone(),
        required: asked.required,
        rule: ApprovalRule::of(&facts.policy),
        because: asked.because,
        decisions: Vec::new(),
        requested_by: facts.origin.actor.clone(),
        channel: facts.origin.channel,
        responsible: facts.origin.responsible.clone(),
        requested_at: facts.now,
        expires_at: match purpose {
            TicketPurpose::BreakGlassReview => None,
            TicketPurpose::Apply | TicketPurpose::Rollback => {
                Some(facts.now.plus_secs(i64::from(facts.policy.approval_ttl_secs)))
            }
        },
    }
}

/// The review that breaking the glass opens: one decision by somebody else.
pub(super) fn review(preview: &Preview, facts: &Facts, because: Because) -> Ticket {
    new_ticket(
        TicketPurpose::BreakGlassReview,
        preview,
        Requirement {
            required: 1,
            because: vec![because],
        },
        facts,
    )
}

/// Closes a ticket of that purpose that stands for a plan which is no longer the one.
pub(super) fn void(change: &mut Change<'_>, purpose: TicketPurpose) {
    close(change, purpose, TicketStatus::Voided, EventData::ApprovalVoided);
}

/// Closes an open ticket of that purpose because the release went another way.
pub(super) fn withdraw(change: &mut Change<'_>, purpose: TicketPurpose) {
    if change.release.ticket.as_ref().is_some_and(Ticket::is_open) {
        close(change, purpose, TicketStatus::Withdrawn, EventData::ApprovalWithdrawn);
    }
}

pub(super) fn told(ticket: &Ticket, policy: &Policy) -> ApprovalFacts {
    ApprovalFacts {
        ticket_id: ticket.id,
        purpose: ticket.purpose,
        plan_hash: ticket.plan_hash,
        required: ticket.required_now(policy),
        received: ticket.received(policy),
    }
}

fn close(change: &mut Change<'_>, purpose: TicketPurpose, status: TicketStatus, event: fn(ApprovalFacts) -> EventData) {
    let policy = &change.facts.policy;
    let standing =
        |t: &&mut Ticket| t.purpose == purpose && matches!(t.status, TicketStatus::Pending | TicketStatus::Approved);
    let Some(ticket) = change.release.ticket.as_mut().filter(standing) else {
        return;
    };
    ticket.status = status;
    let facts = told(ticket, policy);
    change.tell(event(facts));
}

/// Records the decision on its ticket and tells of it; answers with the ticket as it then stands.
fn decided(change: &mut Change<'_>, given: Given, decision: Verdict) -> Option<Ticket> {
    let facts = change.facts;
    let own = approver::ticket(&change.release, given.ticket)
        .is_some_and(|ticket| approver::is_own(&change.release, ticket, facts));
    let ticket = ticket_mut(&mut change.release, given.ticket)?;
    ticket.decisions.push(ApprovalDecision {
        approver: facts.origin.actor.clone(),
        decision,
        comment: given.comment.clone(),
        at: facts.now,
        channel: facts.origin.channel,
        roles: facts.caller_roles.clone(),
        own,
        responsible: facts.origin.responsible.clone(),
    });
    let ticket = ticket.clone();
    change.tell(EventData::ApprovalDecided(ApprovalDecided {
        ticket: told(&ticket, &facts.policy),
        decision,
        comment: given.comment,
    }));
    Some(ticket)
}

fn settle(change: &mut Change<'_>, id: TicketId, status: TicketStatus) {
    if let Some(ticket) = ticket_mut(&mut change.release, id) {
        ticket.status = status;
    }
}

fn ticket_mut(release: &mut Release, id: TicketId) -> Option<&mut Ticket> {
    [&mut release.ticket, &mut release.review]
        .into_iter()
        .flatten()
        .find(|t| t.id == id)
}
