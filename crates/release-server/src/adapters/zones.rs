//! Local time, from the zone database that is compiled in: a container without `/usr/share/zoneinfo` knows freeze
//! windows as well as any, and replicas never disagree about them.

use jiff::tz::TimeZoneDatabase;
use release_domain::ports::TimeZones;
use release_domain::timestamp::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time};

#[derive(Clone, Debug)]
pub struct JiffZones(TimeZoneDatabase);

impl JiffZones {
    #[must_use]
    pub fn bundled() -> Self {
        Self(TimeZoneDatabase::bundled())
    }
}

impl TimeZones for JiffZones {
    fn local(&self, zone: &str, at: Timestamp) -> Option<PrimitiveDateTime> {
        let zone = self.0.get(zone).ok()?;
        let local = zone.to_datetime(jiff::Timestamp::from_microsecond(at.unix_micros()).ok()?);
        let part = |number: i8| u8::try_from(number).ok();
        let date = Date::from_calendar_date(
            i32::from(local.year()),
            Month::try_from(part(local.month())?).ok()?,
            part(local.day())?,
        );
        let time = Time::from_hms_nano(
            part(local.hour())?,
            part(local.minute())?,
            part(local.second())?,
            u32::try_from(local.subsec_nanosecond()).ok()?,
        );
        Some(PrimitiveDateTime::new(date.ok()?, time.ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn local(zone: &str, at: &str) -> Option<PrimitiveDateTime> {
        JiffZones::bundled().local(zone, Timestamp::parse(at).expect("RFC 3339"))
    }

    #[test]
    fn summer_time_begins_and_ends_where_the_zone_says() {
        assert_eq!(
            [
                local("Europe/Berlin", "2026-03-29T00:59:59Z"),
                local("Europe/Berlin", "2026-03-29T01:00:00Z"),
                local("America/New_York", "2026-11-01T05:30:00Z"),
                local("America/New_York", "2026-11-01T06:30:00Z"),
                local("Asia/Kathmandu", "2026-01-01T00:00:00.000001Z"),
                local("UTC", "2026-01-01T00:00:00Z"),
            ],
            [
                Some(datetime!(2026-03-29 01:59:59)),
                Some(datetime!(2026-03-29 03:00:00)),
                Some(datetime!(2026-11-01 01:30:00)),
                Some(datetime!(2026-11-01 01:30:00)),
                Some(datetime!(2026-01-01 05:45:00.000001)),
                Some(datetime!(2026-01-01 00:00:00)),
            ]
        );
    }

    #[test]
    fn a_zone_nobody_knows_is_none() {
        assert_eq!(
            ["", "Europe/Atlantis", "../etc/passwd", "+02:00"].map(|zone| local(zone, "2026-01-01T00:00:00Z")),
            [None; 4]
        );
    }
}
