//! Rollback: previewed, covered or approved, run, like an apply in the other direction.

use super::{Change, Decision, Facts, approving, drafting};
use crate::approval::{Because, BecauseCode, Requirement, Ticket, TicketPurpose, TicketStatus, requirement};
use crate::event::{EventData, GateRefused};
use crate::execution::ExecutionKind;
use crate::gates::{
    self,
    rollback::{Cover, cover},
};
use crate::lifecycle::Lifecycle;
use crate::preview::{Preview, PreviewKind, RollbackTo};
use crate::refusal::{ApprovalReason, CommandName, Refusal};
use crate::release::Release;

/// Renews the rollback token; a rollback's ticket for another plan, or one whose approval no longer meets the policy, is
/// voided.
pub(super) fn preview(release: &Release, preview: Preview, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    change.tell(drafting::issued(&preview));
    let outlived = |t: &Ticket| {
        t.plan_hash != preview.plan_hash || (t.status == TicketStatus::Approved && !gates::rollback::granted(t, facts))
    };
    if change.release.ticket.as_ref().is_some_and(outlived) {
        approving::void(&mut change, TicketPurpose::Rollback);
    }
    change.release.rollback_preview = Some(preview);
    change.done()
}

pub(super) fn start(release: &Release, reason: String, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    // Where one was open, the policy has since stopped asking for it.
    approving::withdraw(&mut change, TicketPurpose::Rollback);
    requested(&mut change, reason);
    change.done()
}

/// A rollback that its release's approval does not cover asks for a vote first.
pub(super) fn open_ticket(release: &Release, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    let Some(preview) = change.release.rollback_preview.clone() else {
        return change.done();
    };
    let risks = requirement(&facts.policy, &preview.risks, facts.origin.channel);
    let why = match cover(release, &facts.policy, facts.origin.channel, facts.now) {
        Cover::Ticket(because) => because,
        Cover::Covered { .. } => Because {
            code: BecauseCode::RollbackPolicy,
            message: "the rollback needs an approval".into(),
        },
    };
    let mut because = vec![why];
    because.extend(risks.because.into_iter().filter(|b| b.code == BecauseCode::Risk));
    let asked = Requirement {
        required: risks.required.max(facts.policy.min_approvals).max(1),
        because,
    };
    let ticket = approving::new_ticket(TicketPurpose::Rollback, &preview, asked, facts);
    let refusal = Refusal::ApprovalRequired {
        reason: ApprovalReason::Pending,
        ticket: Some(ticket.id),
    };
    change.tell(EventData::GateRefused(GateRefused {
        command: CommandName::Rollback,
        code: refusal.code().as_str().to_owned(),
        reason_code: refusal.reason_code().map(str::to_owned),
        message: refusal.to_string(),
    }));
    change.tell(EventData::ApprovalRequested(approving::told(&ticket, &facts.policy)));
    change.release.ticket = Some(ticket);
    let mut decision = change.done();
    decision.refused = Some(refusal);
    decision
}

/// Moves to `rollback` and queues the job.
pub(super) fn requested(change: &mut Change<'_>, reason: String) {
    let facts = change.facts;
    let Some(to) = change.release.rollback_preview.as_ref().and_then(|p| p.to) else {
        return;
    };
    let Some(plan_hash) = change.start(ExecutionKind::Rollback, PreviewKind::Rollback) else {
        return;
    };
    change.release.lifecycle = Lifecycle::Rollback {
        execution: facts.new_execution,
    };
    change.tell(EventData::RollbackRequested {
        execution_id: facts.new_execution,
        plan_hash,
        confirmed_by: facts
            .origin
            .on_behalf_of
            .clone()
            .unwrap_or_else(|| facts.origin.actor.clone()),
        to,
        reason,
    });
}

/// Where the rollback in progress goes; `None` while none is.
pub(super) fn running_to(release: &Release) -> Option<RollbackTo> {
    match release.lifecycle {
        Lifecycle::Rollback { .. } => release.rollback_preview.as_ref().and_then(|p| p.to),
        Lifecycle::Draft
        | Lifecycle::Previewed
        | Lifecycle::PendingApproval
        | Lifecycle::Approved
        | Lifecycle::Rejected { .. }
        | Lifecycle::Applying { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => None,
    }
}
