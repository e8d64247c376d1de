//! How a worker waits in tests: by the clock, never by real time.

use super::FakeClock;
use release_domain::ports::Clock;
use release_domain::timestamp::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a test's own `Pace` stands on (the trait is the worker's): pauses pass on a [`FakeClock`]. Clones are the same.
#[derive(Clone, Debug)]
pub struct FakePace {
    clock: FakeClock,
    moves: bool,
    leaving: Arc<AtomicBool>,
    pauses: Arc<AtomicU64>,
}

impl FakePace {
    /// Time passes by itself while something pauses, and the clock shows it.
    #[must_use]
    pub fn immediate(clock: &FakeClock) -> Self {
        Self::of(clock, true)
    }

    /// A pause is over when the test has moved the clock far enough.
    #[must_use]
    pub fn stepwise(clock: &FakeClock) -> Self {
        Self::of(clock, false)
    }

    fn of(clock: &FakeClock, moves: bool) -> Self {
        Self {
            clock: clock.clone(),
            moves,
            leaving: Arc::default(),
            pauses: Arc::default(),
        }
    }

    pub async fn pause(&self, millis: u64) {
        self.pauses.fetch_add(1, Ordering::Relaxed);
        let micros = i64::try_from(millis).unwrap_or(i64::MAX / 1_000) * 1_000;
        let end = Timestamp::from_unix_micros(self.clock.now().unix_micros() + micros);
        if self.moves {
            self.clock.passes_to(end).await;
        } else {
            self.clock.reaches(end).await;
        }
    }

    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// The process begins to leave, or no longer does.
    pub fn set_leaving(&self, leaving: bool) {
        self.leaving.store(leaving, Ordering::Relaxed);
    }

    /// How often something has paused: a loop that never ends shows here.
    #[must_use]
    pub fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }
}
