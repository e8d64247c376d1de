//! Which command fits which state (lifecycle.md, *States*): the table, in one place.

use crate::decide::Command;
use crate::lifecycle::{Lifecycle, LifecycleState};
use crate::refusal::{CommandName, Refusal};
use crate::release::Release;

/// Whether the state lets the command speak to its gates.
///
/// `submit` in `draft` and `apply` in `draft`, `previewed`, `pending_approval` and `rejected` pass here so that the
/// gates can say what is missing. Decisions and expiries look at the ticket instead.
#[must_use]
pub const fn accepts(state: LifecycleState, command: CommandName) -> bool {
    use LifecycleState as S;
    match command {
        CommandName::Edit => matches!(state, S::Draft | S::Previewed),
        CommandName::Preview => matches!(state, S::Draft | S::Previewed | S::PendingApproval | S::Approved),
        CommandName::Submit => matches!(state, S::Draft | S::Previewed),
        CommandName::Apply | CommandName::BreakGlass => {
            matches!(
                state,
                S::Draft | S::Previewed | S::PendingApproval | S::Approved | S::Rejected
            )
        }
        CommandName::Cancel => {
            matches!(
                state,
                S::Draft | S::Previewed | S::PendingApproval | S::Approved | S::Applying
            )
        }
        CommandName::ExecutionSucceeded | CommandName::ExecutionFailed => matches!(state, S::Applying | S::Rollback),
        CommandName::RollbackPreview | CommandName::Rollback => matches!(state, S::Applied | S::Failed),
        CommandName::Approve | CommandName::Reject | CommandName::ExpireTicket => true,
    }
}

/// # Errors
/// `invalid_transition`: the state takes no such command, the release is historical, or the execution that ends is
/// not the one that runs.
pub fn check(release: &Release, command: &Command) -> Result<(), Refusal> {
    let state = release.state();
    let historical = release.compat.is_some();
    let refused = Refusal::InvalidTransition {
        state,
        command: command.name(),
        historical,
    };
    if historical || !accepts(state, command.name()) {
        return Err(refused);
    }
    match command {
        Command::ExecutionSucceeded { execution } | Command::ExecutionFailed { execution, .. } => {
            match &release.lifecycle {
                Lifecycle::Applying { execution: running, .. } | Lifecycle::Rollback { execution: running }
                    if running == execution =>
                {
                    Ok(())
                }
                Lifecycle::Applying { .. }
                | Lifecycle::Rollback { .. }
                | Lifecycle::Draft
                | Lifecycle::Previewed
                | Lifecycle::PendingApproval
                | Lifecycle::Approved
                | Lifecycle::Rejected { .. }
                | Lifecycle::Applied
                | Lifecycle::Failed { .. }
                | Lifecycle::RolledBack
                | Lifecycle::Cancelled => Err(refused),
            }
        }
        Command::Edit(_)
        | Command::Preview(_)
        | Command::Submit { .. }
        | Command::Approve(_)
        | Command::Reject(_)
        | Command::ExpireTicket { .. }
        | Command::Apply
        | Command::BreakGlass { .. }
        | Command::Cancel { .. }
        | Command::RollbackPreview(_)
        | Command::Rollback { .. } => Ok(()),
    }
}
