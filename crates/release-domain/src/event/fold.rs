//! The state is the sum of the events: what a timeline alone says of where its release stands.
//!
//! For auditors and tests. Written apart from `decide` on purpose, from the contract's table of transitions: the two must
//! agree. Invariant: an event that cannot follow the ones before it, or tells of another state than it leads to, is named.

use super::{Event, EventData};
use crate::approval::TicketPurpose;
use crate::lifecycle::LifecycleState;
use crate::preview::PreviewKind;
use LifecycleState as S;

/// An event that does not fit what was told before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event_type}`, which tells of {}, does not follow in a release that is {}", word(*.told), word(*.state))]
pub struct Misfit {
    pub event_type: &'static str,
    /// Where the events before it lead; `None` before the first.
    pub state: Option<LifecycleState>,
    /// The state the event tells of; `None` where it is of no release.
    pub told: Option<LifecycleState>,
}

/// Where the events told so far lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    state: Option<LifecycleState>,
    glass_broken: bool,
}

impl Fold {
    #[must_use]
    pub fn state(&self) -> Option<LifecycleState> {
        self.state
    }

    /// Takes the next event of the release.
    ///
    /// # Errors
    /// It cannot follow here, or `told`, the state it tells of, is not the one it leads to.
    pub fn step(&mut self, data: &EventData, told: LifecycleState) -> Result<(), Misfit> {
        let misfit = Misfit {
            event_type: data.event_type(),
            state: self.state,
            told: Some(told),
        };
        let leads_to = match self.state {
            None => matches!(data, EventData::ReleaseCreated { .. }).then_some(S::Draft),
            Some(state) => self.after(state, data, told),
        };
        if leads_to != Some(told) {
            return Err(misfit);
        }
        self.state = leads_to;
        self.glass_broken = matches!(data, EventData::BreakGlassUsed { .. });
        Ok(())
    }

    /// Where the event leads from `state`; `None` where it cannot follow.
    fn after(&self, state: LifecycleState, data: &EventData, told: LifecycleState) -> Option<LifecycleState> {
        let moves = |from: &[LifecycleState], to| from.contains(&state).then_some(to);
        let stays = |within: &[LifecycleState]| within.contains(&state).then_some(state);
        match data {
            EventData::ReleaseEdited { .. } => moves(&[S::Draft, S::Previewed], S::Draft),
            EventData::ReleaseCancelled { .. } => {
                moves(&[S::Draft, S::Previewed, S::PendingApproval, S::Approved], S::Cancelled)
            }
            EventData::PreviewIssued(issued) => match issued.kind {
                PreviewKind::Rollback => stays(&[S::Applied, S::Failed]),
                // The same plan keeps what was approved, another one does not: the event tells which it was.
                PreviewKind::Apply if told == state => stays(&[S::Previewed, S::PendingApproval, S::Approved]),
                PreviewKind::Apply => moves(&[S::Draft, S::PendingApproval, S::Approved], S::Previewed),
            },
            EventData::PreviewFailed { kind, .. } => match kind {
                PreviewKind::Apply => stays(&[S::Draft, S::Previewed, S::PendingApproval, S::Approved]),
                PreviewKind::Rollback => stays(&[S::Applied, S::Failed]),
            },
            EventData::ApprovalRequested(ticket) => match ticket.purpose {
                TicketPurpose::Apply => moves(&[S::Previewed], S::PendingApproval),
                TicketPurpose::Rollback => stays(&[S::Applied, S::Failed]),
                TicketPurpose::BreakGlassReview => stays(&[S::Applying]),
            },
            EventData::ApprovalNotRequired { .. } => moves(&[S::Previewed], S::Approved),
            EventData::ApprovalDecided(decided) => match decided.ticket.purpose {
                TicketPurpose::Apply => stays(&[S::PendingApproval]),
                TicketPurpose::Rollback | TicketPurpose::BreakGlassReview => Some(state),
            },
            EventData::ApprovalGranted(ticket) => match ticket.purpose {
                TicketPurpose::Apply => moves(&[S::PendingApproval], S::Approved),
                TicketPurpose::Rollback | TicketPurpose::BreakGlassReview => Some(state),
            },
            EventData::ApprovalRejected(ticket) | EventData::ApprovalExpired(ticket) => match ticket.purpose {
                TicketPurpose::Apply => moves(&[S::PendingApproval], S::Rejected),
                TicketPurpose::Rollback | TicketPurpose::BreakGlassReview => Some(state),
            },
            EventData::ApprovalVoided(ticket) => match ticket.purpose {
                TicketPurpose::Apply => stays(&[S::Previewed]),
                TicketPurpose::Rollback => stays(&[S::Applied, S::Failed]),
                TicketPurpose::BreakGlassReview => None,
            },
            EventData::ApprovalWithdrawn(ticket) => match ticket.purpose {
                TicketPurpose::Apply => stays(&[S::PendingApproval]),
                TicketPurpose::Rollback => stays(&[S::Applied, S::Failed]),
                TicketPurpose::BreakGlassReview => None,
            },
            EventData::BreakGlassUsed { .. } => stays(&[S::Previewed, S::PendingApproval, S::Approved]),
            EventData::ApplyRequested { .. } if self.glass_broken => {
                moves(&[S::Previewed, S::PendingApproval, S::Approved], S::Applying)
            }
            EventData::ApplyRequested { .. } => moves(&[S::Approved], S::Applying),
            EventData::ApplyStarted { .. } | EventData::CancelRequested { .. } => stays(&[S::Applying]),
            EventData::RollbackStarted { .. } => stays(&[S::Rollback]),
            EventData::StageChanged(_) | EventData::ResourceChanged(_) | EventData::ExecutionResumed { .. } => {
                stays(&[S::Applying, S::Rollback])
            }
            EventData::ApplySucceeded { .. } => moves(&[S::Applying], S::Applied),
            EventData::ApplyFailed(_) => moves(&[S::Applying], S::Failed),
            EventData::RollbackRequested { .. } => moves(&[S::Applied, S::Failed], S::Rollback),
            EventData::RollbackSucceeded { .. } => moves(&[S::Rollback], S::RolledBack),
            EventData::RollbackFailed(_) => moves(&[S::Rollback], S::Failed),
            EventData::GateRefused(_)
            | EventData::DiagnosticsRecorded { .. }
            | EventData::HoldSet { .. }
            | EventData::HoldLifted { .. }
            | EventData::HealthChanged { .. }
            | EventData::DriftDetected { .. }
            | EventData::DriftCleared {} => Some(state),
            EventData::ReleaseCreated { .. }
            | EventData::AccessDenied { .. }
            | EventData::ProjectChanged(_)
            | EventData::EnvironmentChanged(_)
            | EventData::PolicyChanged(_)
            | EventData::ServiceChanged(_)
            | EventData::TargetChanged(_)
            | EventData::WebhookChanged(_)
            | EventData::AccessChanged(_)
            | EventData::FreezeSet { .. }
            | EventData::FreezeLifted { .. }
            | EventData::TargetStatusChanged { .. }
            | EventData::HistoryImported { .. }
            | EventData::StoreRestored { .. } => None,
        }
    }
}

fn word(state: Option<LifecycleState>) -> &'static str {
    state.map_or("nothing", LifecycleState::as_str)
}

/// Folds one release's events, from its first on; `None` for no events at all.
///
/// # Errors
/// The first event that does not fit.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Option<LifecycleState>, Misfit> {
    let mut fold = Fold::default();
    for event in events {
        let told = event.release.as_ref().map(|r| r.lifecycle_state).ok_or(Misfit {
            event_type: event.data.event_type(),
            state: fold.state,
            told: None,
        })?;
        fold.step(&event.data, told)?;
    }
    Ok(fold.state)
}
