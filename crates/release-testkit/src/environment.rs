//! What a pure function cannot have of itself, for tests: time that stands still until it is told to move, ids in a
//! known order, keys that everybody knows.
//!
//! Limits: no executor, no timer, no randomness; nothing here protects anything. Invariant: the same test sees the same
//! ids and times in every run.

mod clock;
mod keys;
mod pace;

pub use clock::FakeClock;
pub use keys::{TestPasswords, TestSealer, TestSigner};
pub use pace::FakePace;
pub use release_domain::ports::LocalClock as UtcZones;

use release_domain::canonical::Hash;
use release_domain::ports::Ids;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Version 7 in shape, one greater than the one before: what was made later sorts later. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct FakeIds {
    next: Arc<AtomicU64>,
}

impl FakeIds {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from here on its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            next: Arc::new(AtomicU64::new(self.made())),
        }
    }

    /// How many were made, secrets included.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    fn count(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Ids for FakeIds {
    fn next(&self) -> Uuid {
        // One past the fixtures' own ids in time, so that the two never meet.
        Uuid::from_u128(0x019c_a880_0000_7000_8000_0000_0000_0000 + u128::from(self.count()))
    }

    fn secret(&self) -> [u8; 32] {
        *Hash::of(format!("secret {}", self.count()).as_bytes()).as_bytes()
    }
}
