//! Freezes: a release stays approved and waits.

use crate::decide::Facts;
use crate::refusal::Refusal;

/// # Errors
/// `frozen`, naming the freeze that ends last.
pub fn check(facts: &Facts) -> Result<(), Refusal> {
    facts
        .freezes
        .first()
        .map_or(Ok(()), |f| Err(Refusal::Frozen(f.clone())))
}

/// Rollbacks are held back only by what says so.
///
/// # Errors
/// `frozen`, as above.
pub fn check_rollback(facts: &Facts) -> Result<(), Refusal> {
    facts
        .freezes
        .iter()
        .find(|f| f.covers_rollback)
        .map_or(Ok(()), |f| Err(Refusal::Frozen(f.clone())))
}
