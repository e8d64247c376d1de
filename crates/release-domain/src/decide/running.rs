//! Apply, break glass, cancel, and how an execution ends.

use super::{Change, Decision, Effect, Facts, approving, rolling_back};
use crate::approval::{Because, BecauseCode, TicketPurpose};
use crate::decide::Hold;
use crate::event::{DiagnosticRef, EventData, ExecutionFailed};
use crate::execution::{ExecutionKind, ExecutionOutcome};
use crate::gates;
use crate::ids::ExecutionId;
use crate::lifecycle::{FailReason, Lifecycle, StageName};
use crate::policy::Policy;
use crate::preview::{Preview, PreviewKind, RollbackTo};
use crate::release::{BreakGlass, Release};

pub(super) fn apply(release: &Release, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    requested(&mut change);
    change.done()
}

/// An open ticket is withdrawn, and a review stays open until somebody else has looked.
pub(super) fn break_glass(release: &Release, reason: String, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    approving::withdraw(&mut change, TicketPurpose::Apply);
    let Some(preview) = change.release.apply_preview.clone() else {
        return change.done();
    };
    let because = Because {
        code: BecauseCode::BreakGlass,
        message: format!("the glass was broken: {reason}"),
    };
    let review = approving::review(&preview, facts, because);
    change.tell(EventData::BreakGlassUsed {
        reason: reason.clone(),
        plan_hash: preview.plan_hash,
        review_ticket_id: review.id,
    });
    requested(&mut change);
    change.tell(EventData::ApprovalRequested(approving::told(&review, &facts.policy)));
    change
        .release
        .requesters
        .extend(facts.origin.responsible.iter().copied());
    change.release.break_glass = Some(BreakGlass {
        by: facts.origin.actor.clone(),
        at: facts.now,
        reason,
        review_ticket_id: review.id,
    });
    change.release.review = Some(review);
    change.done()
}

pub(super) fn cancel(release: &Release, reason: String, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    match release.lifecycle {
        Lifecycle::Applying { execution, .. } => {
            change.release.lifecycle = Lifecycle::Applying {
                execution,
                cancel_requested: true,
            };
            change.effects.push(Effect::StopExecution(execution));
            change.tell(EventData::CancelRequested {
                execution_id: execution,
                reason,
            });
        }
        Lifecycle::Draft
        | Lifecycle::Previewed
        | Lifecycle::PendingApproval
        | Lifecycle::Approved
        | Lifecycle::Rejected { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::Rollback { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => {
            approving::withdraw(&mut change, TicketPurpose::Apply);
            change.release.lifecycle = Lifecycle::Cancelled;
            change.tell(EventData::ReleaseCancelled { reason });
        }
    }
    change.done()
}

pub(super) fn succeeded(release: &Release, execution: ExecutionId, facts: &Facts) -> Decision {
    if cancelled(release) {
        // It was healthy before the stop reached it; the cancel was accepted, so it ends as if it had failed.
        return failed(release, execution, FailReason::CancelledByUser, Vec::new(), None, facts);
    }
    let mut change = Change::of(release, facts);
    ended(&mut change, execution, ExecutionOutcome::Succeeded);
    change.release.stage.name = StageName::Done;
    change.release.stage.objects_done = change.release.stage.objects_total;
    change.release.stage.since = Some(facts.now);
    let (service, target) = (release.service.id, release.target.id);
    match rolling_back::running_to(release) {
        None => {
            change.release.lifecycle = Lifecycle::Applied;
            change.release.applied_at = Some(facts.now);
            change.release.apply_ended_at = Some(facts.now);
            change.release.is_current = true;
            change.effects.push(Effect::SetCurrent {
                service,
                target,
                release: Some(release.id),
            });
            change.tell(EventData::ApplySucceeded {
                execution_id: execution,
            });
        }
        Some(to) => {
            change.release.lifecycle = Lifecycle::RolledBack;
            change.release.rolled_back_to = Some(to);
            change.release.is_current = false;
            let current = match to {
                RollbackTo::Release(id) => Some(id),
                RollbackTo::Uninstall => None,
            };
            change.effects.push(Effect::SetCurrent {
                service,
                target,
                release: current,
            });
            let hold = Hold {
                service,
                target,
                release: release.id,
                since: facts.now,
            };
            change.effects.push(Effect::SetHold(hold));
            change.tell(EventData::RollbackSucceeded {
                execution_id: execution,
                to,
            });
            change.tell(EventData::HoldSet { release_id: release.id });
        }
    }
    change.done()
}

pub(super) fn failed(
    release: &Release,
    execution: ExecutionId,
    reason: FailReason,
    diagnostics: Vec<DiagnosticRef>,
    auto_rollback: Option<Preview>,
    facts: &Facts,
) -> Decision {
    let reason = if cancelled(release) {
        FailReason::CancelledByUser
    } else {
        reason
    };
    let mut change = Change::of(release, facts);
    ended(&mut change, execution, ExecutionOutcome::Failed);
    change.release.stage.since = Some(facts.now);
    change.release.lifecycle = Lifecycle::Failed { reason };
    let told = ExecutionFailed {
        execution_id: execution,
        reason_code: reason.as_str().to_owned(),
        diagnostics,
    };
    if rolling_back::running_to(release).is_some() {
        change.tell(EventData::RollbackFailed(told));
        return change.done();
    }
    change.release.apply_ended_at = Some(facts.now);
    change.tell(EventData::ApplyFailed(told));
    if let Some(preview) = auto_rollback.filter(|preview| gates::rollback::follows_failure(release, preview, facts)) {
        change.release.rollback_preview = Some(preview);
        rolling_back::requested(&mut change, format!("automatic rollback: {}", reason.as_str()));
    }
    change.done()
}

/// Whether a failed apply is followed by an automatic rollback: policy asks, something was written, and there is a
/// release to return to.
#[must_use]
pub fn wants_auto_rollback(release: &Release, policy: &Policy, wrote: bool) -> bool {
    policy.auto_rollback && wrote && release.returns_to.is_some() && rolling_back::running_to(release).is_none()
}

/// Whether somebody asked the running apply to stop.
fn cancelled(release: &Release) -> bool {
    match release.lifecycle {
        Lifecycle::Applying { cancel_requested, .. } => cancel_requested,
        Lifecycle::Draft
        | Lifecycle::Previewed
        | Lifecycle::PendingApproval
        | Lifecycle::Approved
        | Lifecycle::Rejected { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::Rollback { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => false,
    }
}

/// Moves to `applying` and queues the job.
fn requested(change: &mut Change<'_>) {
    let facts = change.facts;
    let Some(plan_hash) = change.start(ExecutionKind::Apply, PreviewKind::Apply) else {
        return;
    };
    change.release.lifecycle = Lifecycle::Applying {
        execution: facts.new_execution,
        cancel_requested: false,
    };
    change.release.returns_to = facts.current;
    change.release.applied_through = Some(facts.origin.channel);
    change.tell(EventData::ApplyRequested {
        execution_id: facts.new_execution,
        plan_hash,
        confirmed_by: facts
            .origin
            .on_behalf_of
            .clone()
            .unwrap_or_else(|| facts.origin.actor.clone()),
    });
}

fn ended(change: &mut Change<'_>, execution: ExecutionId, outcome: ExecutionOutcome) {
    let now = change.facts.now;
    if let Some(summary) = change.release.executions.iter_mut().find(|e| e.id == execution) {
        summary.outcome = Some(outcome);
        summary.ended_at = Some(now);
    }
}
