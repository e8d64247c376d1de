//! Ids and secrets: UUIDs of version 7, and the operating system's randomness.

use rand::TryRngCore;
use rand::rngs::OsRng;
use release_domain::ports::Ids;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    /// Grows within one process, also within one millisecond.
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret(&self) -> [u8; 32] {
        random()
    }
}

/// Random bytes nobody can guess.
///
/// # Panics
/// The operating system has no randomness to give: nothing that follows could be trusted.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system has no randomness to give");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_of_version_7_and_grow() {
        let made: Vec<_> = std::iter::repeat_with(|| UuidIds.next()).take(10_000).collect();
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        assert!(made.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let made: BTreeSet<_> = std::iter::repeat_with(|| UuidIds.secret()).take(1_000).collect();
        assert_eq!(made.len(), 1_000);
    }
}
