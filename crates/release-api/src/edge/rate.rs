//! How many requests one actor may make.

use crate::auth::Actor;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Actors that have been quiet are forgotten each so many requests: the table stays as large as the recent crowd.
const FORGET_EVERY: u32 = 4_096;

pub struct RateLimit {
    limiter: Option<DefaultKeyedRateLimiter<Actor>>,
    clock: DefaultClock,
    taken: AtomicU32,
}

impl RateLimit {
    /// 0 per second: no limit. 0 burst: one second's worth.
    pub fn new(per_sec: u32, burst: u32) -> Self {
        let limiter = NonZeroU32::new(per_sec).map(|rate| {
            RateLimiter::keyed(Quota::per_second(rate).allow_burst(NonZeroU32::new(burst).unwrap_or(rate)))
        });
        Self {
            limiter,
            clock: DefaultClock::default(),
            taken: AtomicU32::new(0),
        }
    }

    /// # Errors
    /// Whole seconds to wait, where the actor has used its rate up.
    pub fn take(&self, actor: Actor) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        if self.taken.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter
            .check_key(&actor)
            .map_err(|until| until.wait_time_from(self.clock.now()).as_secs() + 1)
    }
}
