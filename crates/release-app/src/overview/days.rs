//! Days as a place on earth has them.

use release_domain::ports::TimeZones;
use release_domain::timestamp::Timestamp;
use time::{Date, Duration, OffsetDateTime};

/// No zone is further from UTC than this.
const FURTHEST: Duration = Duration::hours(15);

/// The last `count` local days up to the one in which `now` lies, oldest first, and the instants between which they
/// lie: one more than days. `None` for a zone nobody knows.
pub(super) fn days(
    zones: &dyn TimeZones,
    zone: &str,
    now: Timestamp,
    count: u32,
) -> Option<(Vec<Date>, Vec<Timestamp>)> {
    let today = zones.local(zone, now)?.date();
    let dates: Vec<Date> = (0..i64::from(count))
        .rev()
        .map(|ago| today - Duration::days(ago))
        .collect();
    let tomorrow = today.next_day()?;
    let starts = dates.iter().chain([&tomorrow]);
    let instants = starts.map(|date| start(zones, zone, *date)).collect::<Option<_>>()?;
    Some((dates, instants))
}

/// The first minute of a local day: not always midnight, and not always 24 h after the one before.
fn start(zones: &dyn TimeZones, zone: &str, date: Date) -> Option<Timestamp> {
    let midnight = OffsetDateTime::new_utc(date, time::Time::MIDNIGHT);
    let (mut before, mut within) = (-FURTHEST.whole_minutes(), FURTHEST.whole_minutes());
    let at = |minutes: i64| Timestamp::new(midnight + Duration::minutes(minutes));
    while within - before > 1 {
        let middle = before.midpoint(within);
        if zones.local(zone, at(middle))?.date() < date {
            before = middle;
        } else {
            within = middle;
        }
    }
    Some(at(within))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};
    use time::{PrimitiveDateTime, UtcOffset};

    /// Summer time from 2026-03-29 01:00 UTC on, as in Berlin.
    struct Berlin;

    impl TimeZones for Berlin {
        fn local(&self, zone: &str, at: Timestamp) -> Option<PrimitiveDateTime> {
            let summer = at.into_inner() >= datetime!(2026-03-29 01:00 UTC);
            let offset = UtcOffset::from_hms(if summer { 2 } else { 1 }, 0, 0).ok()?;
            let local = at.into_inner().to_offset(offset);
            (zone == "Europe/Berlin").then(|| PrimitiveDateTime::new(local.date(), local.time()))
        }
    }

    #[test]
    fn a_day_with_a_change_of_time_is_an_hour_shorter() {
        let now = Timestamp::new(datetime!(2026-03-29 22:30 UTC));
        let (dates, instants) = days(&Berlin, "Europe/Berlin", now, 3).expect("a zone");
        assert_eq!(
            dates,
            [date!(2026 - 03 - 28), date!(2026 - 03 - 29), date!(2026 - 03 - 30)]
        );
        let expected = [
            datetime!(2026-03-27 23:00 UTC),
            datetime!(2026-03-28 23:00 UTC),
            datetime!(2026-03-29 22:00 UTC),
            datetime!(2026-03-30 22:00 UTC),
        ];
        assert_eq!(instants, expected.map(Timestamp::new));
    }

    #[test]
    fn a_zone_nobody_knows_has_no_days() {
        assert_eq!(
            days(&Berlin, "Europe/Atlantis", Timestamp::from_unix_micros(0), 3),
            None
        );
    }
}
