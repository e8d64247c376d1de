//! The gates, one rule a file, in the order in which they answer: state, (rollback) standing, preview, approval,
//! freeze, hold, busy. Drift is last and stands in [`crate::decide`], because it needs a look at the target.

pub mod approval;
pub mod approver;
pub mod break_glass;
pub mod busy;
pub mod freeze;
pub mod hold;
pub mod preview;
pub mod rollback;
pub mod state;

use crate::approval::Verdict;
use crate::decide::{Command, Facts};
use crate::preview::PreviewKind;
use crate::refusal::Refusal;
use crate::release::Release;

/// Every gate of a command but drift.
///
/// # Errors
/// The first gate that is closed.
pub fn check(release: &Release, command: &Command, facts: &Facts) -> Result<(), Refusal> {
    match command {
        Command::Approve(given) => approver::check(release, Verdict::Approved, given, facts),
        Command::Reject(given) => approver::check(release, Verdict::Rejected, given, facts),
        Command::ExpireTicket { ticket } => approver::expirable(release, *ticket, facts),
        Command::Preview(made) => {
            state::check(release, command)?;
            preview::fits(release, PreviewKind::Apply, made, facts)
        }
        Command::Edit(_)
        | Command::Cancel { .. }
        | Command::ExecutionSucceeded { .. }
        | Command::ExecutionFailed { .. } => state::check(release, command),
        Command::RollbackPreview(made) => {
            state::check(release, command)?;
            rollback::standing(release, facts)?;
            preview::fits(release, PreviewKind::Rollback, made, facts)
        }
        Command::Submit { .. } => {
            state::check(release, command)?;
            preview::check(release, PreviewKind::Apply, facts)
        }
        Command::Apply => {
            state::check(release, command)?;
            approval::never_again(release)?;
            preview::check(release, PreviewKind::Apply, facts)?;
            approval::check(release, facts)?;
            freeze::check(facts)?;
            hold::check(release, facts)?;
            busy::check(facts)
        }
        Command::BreakGlass { .. } => {
            state::check(release, command)?;
            approval::never_again(release)?;
            preview::check(release, PreviewKind::Apply, facts)?;
            break_glass::check(facts)?;
            busy::check(facts)
        }
        Command::Rollback { automatic, .. } => {
            state::check(release, command)?;
            rollback::standing(release, facts)?;
            preview::check(release, PreviewKind::Rollback, facts)?;
            if !rollback::is_automatic(release, *automatic, facts) {
                rollback::approval(release, facts)?;
                freeze::check_rollback(facts)?;
            }
            busy::check(facts)
        }
    }
}
