//! The server's clock: microseconds, and within one process never a step back.
//!
//! A clock that is set back would give a later event an earlier time, and end a lease twice. Standing still until the
//! wall clock has caught up is the smaller lie.

use release_domain::ports::Clock;
use release_domain::timestamp::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use time::OffsetDateTime;

#[derive(Debug)]
pub struct SystemClock {
    newest_micros: AtomicI64,
}

impl SystemClock {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            newest_micros: AtomicI64::new(i64::MIN),
        }
    }

    fn not_before_newest(&self, wall: Timestamp) -> Timestamp {
        let micros = wall.unix_micros();
        let newest = self.newest_micros.fetch_max(micros, Ordering::Relaxed);
        Timestamp::from_unix_micros(micros.max(newest))
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.not_before_newest(Timestamp::new(OffsetDateTime::now_utc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_stands_still_until_it_is_caught_up() {
        let clock = SystemClock::new();
        let read = |micros| {
            clock
                .not_before_newest(Timestamp::from_unix_micros(micros))
                .unix_micros()
        };
        assert_eq!(
            [read(1_000_000), read(400_000), read(999_999), read(1_000_001)],
            [1_000_000, 1_000_000, 1_000_000, 1_000_001]
        );
    }

    #[test]
    fn it_tells_the_time_in_whole_microseconds() {
        let now = SystemClock::new().now().into_inner();
        assert!((OffsetDateTime::now_utc() - now).whole_seconds().abs() < 60);
        assert_eq!(now.nanosecond() % 1_000, 0);
    }
}
