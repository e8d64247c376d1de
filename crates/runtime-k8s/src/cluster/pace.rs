//! How many requests are under way at once: as many as the server takes, fewer when it says 429.
//!
//! Additive growth and a halving at each refusal, as in TCP, so that many of us share a server that is short of
//! priority-and-fairness seats.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests at once to begin with, and at most. An API server serves 600 at once by default, shared by all.
const START: usize = 16;
const MOST: usize = 48;
const LEAST: usize = 1;
/// Answers without a refusal before one more is tried at once.
const GROW_AFTER: usize = 32;
/// Longest pause a server may ask for.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// Times one request is sent before the server counts as unreachable; with pauses that grow, some minutes.
pub(super) const MAX_TRIES: u32 = 12;
/// Refusals within this count as one: requests already under way are refused together.
const ONE_REFUSAL: Duration = Duration::from_millis(500);

/// The pace of one connection.
pub struct Pace {
    seats: Semaphore,
    limit: AtomicUsize,
    well: AtomicUsize,
    slowed: Mutex<Option<Instant>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            seats: Semaphore::new(START),
            limit: AtomicUsize::new(START),
            well: AtomicUsize::new(0),
            slowed: Mutex::new(None),
        }
    }
}

/// One request's place.
pub(super) struct Slot<'p> {
    pace: &'p Pace,
    seat: Option<SemaphorePermit<'p>>,
}

impl Pace {
    pub(super) async fn slot(&self) -> Slot<'_> {
        Slot {
            pace: self,
            // Never closed.
            seat: self.seats.acquire().await.ok(),
        }
    }

    /// Requests that may be under way at once now.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }
}

impl Slot<'_> {
    /// The request was served.
    pub(super) fn well(self) {
        let pace = self.pace;
        let limit = pace.limit();
        if pace.well.fetch_add(1, Ordering::Relaxed) + 1 >= GROW_AFTER && limit < MOST {
            pace.well.store(0, Ordering::Relaxed);
            pace.limit.store(limit + 1, Ordering::Relaxed);
            pace.seats.add_permits(1);
        }
    }

    /// The request was refused for lack of room: half as many at once, and a pause.
    pub(super) async fn slow_down(mut self, after: Option<Duration>, tries: u32) {
        let pace = self.pace;
        let is_first = {
            let mut slowed = pace.slowed.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = slowed.is_none_or(|at| at.elapsed() > ONE_REFUSAL);
            *slowed = Some(Instant::now());
            is_first
        };
        if is_first {
            pace.well.store(0, Ordering::Relaxed);
            let limit = pace.limit();
            let fewer = (limit / 2).max(LEAST);
            let given_up = pace.seats.forget_permits(limit - fewer);
            // Seats that are taken cannot be given up; this one can.
            let mut gone = given_up;
            if gone < limit - fewer
                && let Some(seat) = self.seat.take()
            {
                seat.forget();
                gone += 1;
            }
            pace.limit.store(limit - gone, Ordering::Relaxed);
        }
        drop(self.seat.take());
        let grown = Duration::from_millis(100 * 2_u64.pow(tries.min(8)));
        tokio::time::sleep(after.unwrap_or(grown).min(MAX_PAUSE)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refusals_halve_what_is_under_way_and_good_answers_let_it_grow() {
        let pace = Pace::default();
        pace.slot().await.slow_down(Some(Duration::ZERO), 1).await;
        assert_eq!(pace.limit(), START / 2);
        for _ in 0..GROW_AFTER {
            pace.slot().await.well();
        }
        assert_eq!(pace.limit(), START / 2 + 1);
        assert_eq!(pace.seats.available_permits(), START / 2 + 1);
    }
}
