//! Recurring windows of a policy: at which instants one is on, whatever the clock of its zone does.
//!
//! Times are walked through in UTC minutes and asked of [`TimeZones`], so that a window lasts its duration in real time.
//! A start that the clock skips happens when it jumps; an hour that comes twice opens its window twice.

use super::cron::{Cron, CronError};
use crate::codes::words;
use crate::ports::TimeZones;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use time::{Duration, PrimitiveDateTime};

words! {
    pub enum WindowKind {
        Allow = "allow",
        Deny = "deny",
    }
}

/// The longest one occurrence of a window may last: 31 days.
pub const MAX_WINDOW_SECS: u32 = 31 * 86_400;
/// How far ahead a next opening is looked for: past every monthly window. One that opens later has no end to name.
const LOOKAHEAD_MINUTES: i64 = 35 * 1_440;
/// Minutes that are passed over at once where none of them can start a window; short enough that a span touches two
/// hours at most.
const STRIDE_MINUTES: i64 = 15;

/// A recurring window of a policy: opens at each minute that `cron` names in `time_zone`, for `duration_secs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeWindow {
    pub name: String,
    pub kind: WindowKind,
    /// Five fields: minute, hour, day of month, month, day of week.
    pub cron: String,
    pub duration_secs: u32,
    /// An IANA name (`Europe/Berlin`) or `UTC`.
    pub time_zone: String,
    #[serde(default)]
    pub covers_rollback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowProblem {
    #[error("{0}")]
    Cron(#[from] CronError),
    #[error("duration_secs must lie between 60 and {MAX_WINDOW_SECS}")]
    Duration,
    #[error("a window needs a name")]
    Name,
}

impl FreezeWindow {
    /// # Errors
    /// The cron expression does not parse, the duration is out of bounds, or the name is empty. Whether the time zone
    /// exists is asked of [`TimeZones`] by the caller.
    pub fn validate(&self) -> Result<(), WindowProblem> {
        self.cron.parse::<Cron>()?;
        if !(60..=MAX_WINDOW_SECS).contains(&self.duration_secs) {
            return Err(WindowProblem::Duration);
        }
        if self.name.trim().is_empty() {
            return Err(WindowProblem::Name);
        }
        Ok(())
    }

    /// The end of the occurrence that is on at `now`; `None` while the window is closed.
    ///
    /// A window that cannot be read counts as on when it denies and as closed when it allows: never weaker.
    #[must_use]
    pub fn open_until(&self, now: Timestamp, zones: &dyn TimeZones) -> Option<Timestamp> {
        let unreadable = match self.kind {
            WindowKind::Deny => Some(now.plus_secs(i64::from(self.duration_secs))),
            WindowKind::Allow => None,
        };
        let Ok(cron) = self.cron.parse::<Cron>() else {
            return unreadable;
        };
        let starts = Starts {
            cron: &cron,
            zone: &self.time_zone,
            zones,
        };
        let minute = minute_of(now);
        let earliest = minute - i64::from(self.duration_secs.min(MAX_WINDOW_SECS)) / 60;
        let Some(newest) = starts.last_in(earliest, minute) else {
            return unreadable;
        };
        let end = at_minute(newest?).plus_secs(i64::from(self.duration_secs));
        (now < end).then_some(end)
    }

    /// When the window opens next, past the minute of `now`; `None` where that is too far off to look for.
    #[must_use]
    pub fn next_opening(&self, now: Timestamp, zones: &dyn TimeZones) -> Option<Timestamp> {
        let cron = self.cron.parse::<Cron>().ok()?;
        let starts = Starts {
            cron: &cron,
            zone: &self.time_zone,
            zones,
        };
        let minute = minute_of(now);
        starts.first_in(minute + 1, minute + LOOKAHEAD_MINUTES)?.map(at_minute)
    }
}

/// The minutes at which a window opens, counted from the Unix epoch. The outer `None` of every answer: the zone is unknown.
struct Starts<'a> {
    cron: &'a Cron,
    zone: &'a str,
    zones: &'a dyn TimeZones,
}

impl Starts<'_> {
    fn last_in(&self, earliest: i64, latest: i64) -> Option<Option<i64>> {
        let mut minute = latest;
        while minute >= earliest {
            if self.none_after(minute - STRIDE_MINUTES)? {
                minute -= STRIDE_MINUTES;
            } else if self.is_start(minute)? {
                return Some(Some(minute));
            } else {
                minute -= 1;
            }
        }
        Some(None)
    }

    fn first_in(&self, earliest: i64, latest: i64) -> Option<Option<i64>> {
        let mut minute = earliest;
        while minute <= latest {
            if self.none_after(minute - 1)? {
                minute += STRIDE_MINUTES;
            } else if self.is_start(minute)? {
                return Some(Some(minute));
            } else {
                minute += 1;
            }
        }
        Some(None)
    }

    /// Whether none of the `STRIDE_MINUTES` minutes after this one starts a window: the clock runs evenly over them, and
    /// no hour they lie in is one of the window's.
    fn none_after(&self, minute: i64) -> Option<bool> {
        let (from, to) = (self.local(minute)?, self.local(minute + STRIDE_MINUTES)?);
        let even = to - from == Duration::minutes(STRIDE_MINUTES);
        Some(even && !self.cron.has_hour(from) && !self.cron.has_hour(to))
    }

    /// Whether a window opens at this minute: its local time is named, or one that the clock skipped to get here.
    fn is_start(&self, minute: i64) -> Option<bool> {
        let (before, here) = (self.local(minute - 1)?, self.local(minute)?);
        if self.cron.matches(here) {
            return Some(true);
        }
        let mut skipped = before + Duration::MINUTE;
        while skipped < here {
            if self.cron.matches(skipped) {
                return Some(true);
            }
            skipped += Duration::MINUTE;
        }
        Some(false)
    }

    fn local(&self, minute: i64) -> Option<PrimitiveDateTime> {
        self.zones.local(self.zone, at_minute(minute))
    }
}

fn minute_of(at: Timestamp) -> i64 {
    at.unix_micros().div_euclid(60_000_000)
}

fn at_minute(minute: i64) -> Timestamp {
    Timestamp::from_unix_micros(minute * 60_000_000)
}
