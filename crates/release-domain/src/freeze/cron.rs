//! Cron expressions of five fields: `*`, numbers, ranges, steps, lists, names of months and weekdays.
//!
//! As in POSIX cron, a day matches when either day field does if both are restricted.

use std::str::FromStr;
use time::PrimitiveDateTime;

/// A parsed expression: a bit per value of each field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    day_restricted: bool,
    weekday_restricted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("a cron expression has five fields: minute hour day month weekday")]
    FieldCount,
    #[error("`{0}` is not a {1}")]
    Field(String, &'static str),
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Whether a window opens at this minute of local time.
    #[must_use]
    pub fn matches(&self, local: PrimitiveDateTime) -> bool {
        self.has_hour(local) && has(self.minutes, local.minute())
    }

    /// Whether a window opens at some minute of this hour of local time.
    #[must_use]
    pub fn has_hour(&self, local: PrimitiveDateTime) -> bool {
        let day = has(self.days, local.day());
        let weekday = has(self.weekdays, local.weekday().number_days_from_sunday());
        let date = match (self.day_restricted, self.weekday_restricted) {
            (true, true) => day || weekday,
            (true, false) | (false, true) | (false, false) => day && weekday,
        };
        date && has(self.months, u8::from(local.month())) && has(self.hours, local.hour())
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields: Vec<_> = text.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError::FieldCount);
        };
        let weekdays = parse(weekday, 0, 7, &WEEKDAYS, 0, "day of the week")?;
        Ok(Self {
            minutes: parse(minute, 0, 59, &[], 0, "minute")?,
            hours: parse(hour, 0, 23, &[], 0, "hour")?,
            days: parse(day, 1, 31, &[], 0, "day of the month")?,
            months: parse(month, 1, 12, &MONTHS, 1, "month")?,
            // 7 is Sunday too.
            weekdays: weekdays | (weekdays >> 7),
            day_restricted: !day.starts_with('*'),
            weekday_restricted: !weekday.starts_with('*'),
        })
    }
}

const fn has(bits: u64, n: u8) -> bool {
    bits & (1 << n) != 0
}

fn parse(field: &str, low: u8, high: u8, names: &[&str], first: u8, what: &'static str) -> Result<u64, CronError> {
    let wrong = || CronError::Field(field.to_owned(), what);
    let number = |text: &str| -> Result<u8, CronError> {
        let named = names
            .iter()
            .position(|n| text.eq_ignore_ascii_case(n))
            .and_then(|i| u8::try_from(i).ok());
        let value = named
            .map(|i| i + first)
            // `u8` would read `+5` too.
            .or_else(|| text.parse().ok().filter(|_| !text.starts_with('+')))
            .ok_or_else(wrong)?;
        (low..=high).contains(&value).then_some(value).ok_or_else(wrong)
    };
    let mut bits = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u8>().ok().filter(|s| *s > 0).ok_or_else(wrong)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (number(from)?, number(to)?),
            None if step > 1 => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return Err(wrong());
        }
        for value in (from..=to).step_by(usize::from(step)) {
            bits |= 1 << value;
        }
    }
    Ok(bits)
}
