//! At most one execution per target and service.

use crate::decide::Facts;
use crate::refusal::Refusal;

/// # Errors
/// `target_busy`, naming the release that runs.
pub fn check(facts: &Facts) -> Result<(), Refusal> {
    facts
        .running
        .map_or(Ok(()), |running| Err(Refusal::TargetBusy { running }))
}
