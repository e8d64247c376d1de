//! A clock for tests.

use crate::fixtures;
use release_domain::ports::Clock;
use release_domain::timestamp::Timestamp;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// What passes in one turn of whoever waits for time to pass.
const TURN_MICROS: i64 = 50_000;

/// Stands still until it is set or moved; starts at [`fixtures::now`]. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    step_micros: i64,
    /// Who waits, until when, by the number of their wait.
    waiting: Vec<(Timestamp, u64, Waker)>,
    waits: u64,
}

impl Default for FakeClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            now: fixtures::now(),
            step_micros: 0,
            waiting: Vec::new(),
            waits: 0,
        })))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let mut state = self.lock();
        let now = state.now;
        if state.step_micros != 0 {
            let next = Timestamp::from_unix_micros(now.unix_micros() + state.step_micros);
            state.set(next);
        }
        now
    }
}

impl FakeClock {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves on by itself by so many microseconds at each look.
    #[must_use]
    pub fn stepping(micros: i64) -> Self {
        let clock = Self::new();
        clock.lock().step_micros = micros;
        clock
    }

    /// A clock of its own that shows the same time.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.lock();
        let clock = Self::stepping(state.step_micros);
        clock.lock().now = state.now;
        clock
    }

    /// Any time, an earlier one too: clocks jump.
    pub fn set(&self, now: Timestamp) {
        self.lock().set(now);
    }

    pub fn advance_secs(&self, secs: i64) {
        self.advance_micros(secs * 1_000_000);
    }

    pub fn advance_millis(&self, millis: i64) {
        self.advance_micros(millis * 1_000);
    }

    fn advance_micros(&self, micros: i64) {
        let mut state = self.lock();
        let next = Timestamp::from_unix_micros(state.now.unix_micros() + micros);
        state.set(next);
    }

    /// A look that moves nothing, whatever the step.
    #[must_use]
    pub fn peek(&self) -> Timestamp {
        self.lock().now
    }

    /// Resolves once the clock shows `at` or later.
    pub async fn reaches(&self, at: Timestamp) {
        self.waits_until(at, false).await;
    }

    /// Resolves once the clock shows `at` or later. Whoever waits for the earliest time moves the clock on, a little at
    /// each turn: time passes by itself, and what takes a few turns is quicker than what takes long.
    pub async fn passes_to(&self, at: Timestamp) {
        self.waits_until(at, true).await;
    }

    async fn waits_until(&self, at: Timestamp, moves: bool) {
        let number = {
            let mut state = self.lock();
            state.waits += 1;
            state.waits
        };
        let _left = Leaving { clock: self, number };
        let mut turns = 0_u32;
        poll_fn(|context| {
            let mut state = self.lock();
            if state.now >= at {
                return Poll::Ready(());
            }
            let first = state.waiting.iter().all(|(other, n, _)| *n == number || *other >= at);
            if moves && turns > 0 && first {
                let next = Timestamp::from_unix_micros(state.now.unix_micros() + TURN_MICROS);
                state.set(next.min(at));
                if state.now >= at {
                    return Poll::Ready(());
                }
            }
            turns += 1;
            state.waiting.retain(|(_, n, _)| *n != number);
            state.waiting.push((at, number, context.waker().clone()));
            if moves && first {
                context.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a wait off the list, also when it is dropped half-way; the next in line may then move the clock.
struct Leaving<'a> {
    clock: &'a FakeClock,
    number: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut state = self.clock.lock();
        state.waiting.retain(|(_, n, _)| *n != self.number);
        for (_, _, waker) in &state.waiting {
            waker.wake_by_ref();
        }
    }
}

impl State {
    /// Wakes those whose time has come.
    fn set(&mut self, now: Timestamp) {
        self.now = now;
        for (at, _, waker) in &self.waiting {
            if *at <= now {
                waker.wake_by_ref();
            }
        }
    }
}
