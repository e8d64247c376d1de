//! How many requests are under way at once: as many as the server takes, fewer when it says 429.
//!
//! Additive growth and a halving at each refusal, as in TCP, so that many of us share a server that is short of
//! priority-and-fairness seats.

use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// The pace of one connection.
pub struct Pace {
    seats: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Answers without a refusal since the limit last changed.
    well: usize,
    /// Seats that are taken and will not be given back, since the limit fell meanwhile.
    owed: usize,
    /// Refusals of what was sent before this count as one: requests under way are refused together.
    slowed: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            seats: Semaphore::new(START),
            state: Mutex::new(State {
                limit: START,
                well: 0,
                owed: 0,
                slowed: None,
            }),
        }
    }
}

/// One request's place.
pub(super) struct Slot<'p> {
    pace: &'p Pace,
    seat: Option<SemaphorePermit<'p>>,
    begun: Instant,
}

impl Pace {
    pub(super) async fn slot(&self) -> Slot<'_> {
        // Never closed.
        let seat = self.seats.acquire().await.ok();
        Slot {
            pace: self,
            seat,
            begun: Instant::now(),
        }
    }

    /// Requests that may be under way at once now.
    pub fn limit(&self) -> usize {
        self.state().limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Plain numbers: they hold whoever panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        if state.owed > 0
            && let Some(seat) = self.seat.take()
        {
            seat.forget();
            state.owed -= 1;
        }
    }
}

impl Slot<'_> {
    /// The request was served.
    pub(super) fn well(self) {
        let mut state = self.pace.state();
        state.well += 1;
        if state.well >= GROW_AFTER && state.limit < MOST {
            state.well = 0;
            state.limit += 1;
            match state.owed {
                0 => self.pace.seats.add_permits(1),
                _ => state.owed -= 1,
            }
        }
    }

    /// The request was refused for lack of room: half as many at once, and a pause in which nobody else has its seat, or
    /// what waits behind it would run into the same refusal.
    pub(super) async fn slow_down(self, after: Option<Duration>, tries: u32) {
        {
            let mut state = self.pace.state();
            if state.slowed.is_none_or(|at| self.begun > at) {
                let fewer = (state.limit / 2).max(LEAST);
                let given_up = self.pace.seats.forget_permits(state.limit - fewer);
                state.owed += state.limit - fewer - given_up;
                state.limit = fewer;
                state.well = 0;
                state.slowed = Some(Instant::now());
            }
        }
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

    #[tokio::test]
    async fn what_is_refused_together_counts_once_and_taken_seats_are_given_up_too() {
        let pace = Pace::default();
        let mut taken = Vec::new();
        for _ in 0..START {
            taken.push(pace.slot().await);
        }
        for slot in taken {
            slot.slow_down(Some(Duration::ZERO), 1).await;
        }
        assert_eq!((pace.limit(), pace.seats.available_permits()), (START / 2, START / 2));
        for _ in 0..START {
            pace.slot().await.slow_down(Some(Duration::ZERO), 1).await;
        }
        assert_eq!((pace.limit(), pace.seats.available_permits()), (LEAST, LEAST));
    }

    #[tokio::test]
    async fn a_pause_is_everybodys_where_there_is_one_seat() {
        let pace = Pace::default();
        while pace.limit() > LEAST {
            pace.slot().await.slow_down(Some(Duration::ZERO), 1).await;
        }
        let slot = pace.slot().await;
        let mut refused = std::pin::pin!(slot.slow_down(Some(MAX_PAUSE), 1));
        assert!(futures::poll!(refused.as_mut()).is_pending());
        assert_eq!(pace.seats.available_permits(), 0);
    }
}
