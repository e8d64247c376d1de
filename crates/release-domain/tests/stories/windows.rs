//! When a window is on: cron in a time zone, across the nights in which the clock changes; freezes set by hand.

use crate::world::{START_MICROS, person};
use release_domain::freeze::{Freeze, FreezeInForce, FreezeScope, FreezeWindow, WindowKind, in_force};
use release_domain::ids::{EnvironmentId, FreezeId, ProjectId, TargetId};
use release_domain::ports::TimeZones;
use release_domain::timestamp::Timestamp;
use std::sync::atomic::{AtomicU32, Ordering};
use time::{Duration, PrimitiveDateTime};
use uuid::Uuid;

/// Central European time in 2026: summer time from 29 March to 25 October, each at 01:00 UTC.
#[derive(Default)]
struct Zones {
    asked: AtomicU32,
}

impl TimeZones for Zones {
    fn local(&self, zone: &str, at: Timestamp) -> Option<PrimitiveDateTime> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let utc = at.into_inner();
        let utc = PrimitiveDateTime::new(utc.date(), utc.time());
        let summer = (moment("2026-03-29T01:00:00Z")..moment("2026-10-25T01:00:00Z")).contains(&at);
        match zone {
            "UTC" => Some(utc),
            "Europe/Berlin" => Some(utc + Duration::hours(if summer { 2 } else { 1 })),
            _ => None,
        }
    }
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn window(kind: WindowKind, cron: &str, hours: u32) -> FreezeWindow {
    FreezeWindow {
        name: format!("{kind} {cron}"),
        kind,
        cron: cron.into(),
        duration_secs: hours * 3_600,
        time_zone: "Europe/Berlin".into(),
        covers_rollback: false,
    }
}

fn deny(cron: &str, hours: u32) -> FreezeWindow {
    window(WindowKind::Deny, cron, hours)
}

/// Until when it is on, at each of these moments.
fn on(window: &FreezeWindow, moments: &[&str]) -> Vec<Option<String>> {
    let at = |m: &&str| {
        window
            .open_until(moment(m), &Zones::default())
            .map(|end| end.to_string())
    };
    moments.iter().map(at).collect()
}

fn until(text: &str) -> Option<String> {
    Some(moment(text).to_string())
}

#[test]
fn a_window_opens_at_its_local_time_and_lasts_its_duration() {
    let weekend = deny("0 18 * * fri", 62);
    let winter = [
        "2026-03-06T16:59:59Z",
        "2026-03-06T17:00:00Z",
        "2026-03-09T06:59:59Z",
        "2026-03-09T07:00:00Z",
    ];
    let end = until("2026-03-09T07:00:00Z");
    assert_eq!(on(&weekend, &winter), [None, end.clone(), end, None]);
    let summer = [
        "2026-06-05T15:59:59Z",
        "2026-06-05T16:00:00Z",
        "2026-06-08T05:59:59Z",
        "2026-06-08T06:00:00Z",
    ];
    let end = until("2026-06-08T06:00:00Z");
    assert_eq!(on(&weekend, &summer), [None, end.clone(), end, None]);
}

#[test]
fn a_window_in_which_the_clock_goes_forward_lasts_its_duration_all_the_same() {
    let night = deny("30 1 * * *", 2);
    let moments = [
        "2026-03-29T00:29:59Z",
        "2026-03-29T00:30:00Z",
        "2026-03-29T02:29:59Z",
        "2026-03-29T02:30:00Z",
    ];
    let end = until("2026-03-29T02:30:00Z");
    assert_eq!(on(&night, &moments), [None, end.clone(), end, None]);
}

#[test]
fn a_window_whose_start_the_clock_skips_opens_when_it_jumps() {
    let night = deny("30 2 * * *", 1);
    let moments = [
        "2026-03-29T00:59:59Z",
        "2026-03-29T01:00:00Z",
        "2026-03-29T01:59:59Z",
        "2026-03-29T02:00:00Z",
    ];
    let end = until("2026-03-29T02:00:00Z");
    assert_eq!(on(&night, &moments), [None, end.clone(), end, None]);
    assert_eq!(
        on(&night, &["2026-03-28T01:30:00Z"]),
        [until("2026-03-28T02:30:00Z")],
        "as on any other night"
    );
}

#[test]
fn an_hour_that_comes_twice_opens_its_window_twice() {
    let half = FreezeWindow {
        duration_secs: 1_800,
        ..deny("0 2 * * *", 1)
    };
    let moments = [
        "2026-10-25T00:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:30:00Z",
    ];
    assert_eq!(
        on(&half, &moments),
        [until("2026-10-25T00:30:00Z"), None, until("2026-10-25T01:30:00Z"), None]
    );
}

#[test]
fn overlapping_occurrences_end_with_the_last_that_began() {
    let rolling = deny("0 */6 * * *", 12);
    assert_eq!(on(&rolling, &["2026-03-06T05:10:00Z"]), [until("2026-03-06T17:00:00Z")]);
}

#[test]
fn a_window_shorter_than_its_cron_step_closes_in_between() {
    let minutes = FreezeWindow {
        duration_secs: 90,
        ..deny("*/10 * * * *", 1)
    };
    let moments = [
        "2026-03-06T08:10:00Z",
        "2026-03-06T08:11:29Z",
        "2026-03-06T08:11:30Z",
        "2026-03-06T08:19:59Z",
    ];
    let end = until("2026-03-06T08:11:30Z");
    assert_eq!(on(&minutes, &moments), [end.clone(), end, None, None]);
}

#[test]
fn a_month_long_window_is_looked_up_in_thousands_of_steps() {
    let zones = Zones::default();
    let month = deny("0 0 1 1 *", 31 * 24);
    assert_eq!(month.open_until(moment("2026-03-06T08:00:00Z"), &zones), None);
    let asked = zones.asked.load(Ordering::Relaxed);
    assert!(asked < 8_000, "asked {asked} times");
}

#[test]
fn a_window_that_cannot_be_read_is_never_the_weaker_one() {
    let lost = |kind| FreezeWindow {
        time_zone: "Atlantis/Capital".into(),
        ..window(kind, "0 0 * * *", 1)
    };
    let now = moment("2026-03-06T08:00:00Z");
    assert!(
        lost(WindowKind::Deny).open_until(now, &Zones::default()).is_some(),
        "deny is on"
    );
    assert_eq!(
        lost(WindowKind::Allow).open_until(now, &Zones::default()),
        None,
        "allow is not"
    );
    assert_eq!(lost(WindowKind::Allow).next_opening(now, &Zones::default()), None);
}

fn place() -> (ProjectId, EnvironmentId, TargetId) {
    let id = Uuid::from_u128;
    (ProjectId(id(1)), EnvironmentId(id(2)), TargetId(id(3)))
}

fn now_in(windows: &[FreezeWindow], freezes: &[Freeze], at: &str) -> Vec<FreezeInForce> {
    in_force(windows, freezes, place(), moment(at), &Zones::default())
}

#[test]
fn outside_every_allow_window_nothing_goes_and_the_next_opening_is_named() {
    let office = [
        window(WindowKind::Allow, "0 9 * * mon-fri", 8),
        window(WindowKind::Allow, "0 20 * * tue", 2),
    ];
    assert_eq!(now_in(&office, &[], "2026-03-06T10:00:00Z"), []);
    assert_eq!(
        now_in(&office, &[], "2026-03-03T20:00:00Z"),
        [],
        "one of them is enough"
    );
    let evening = now_in(&office, &[], "2026-03-06T18:00:00Z");
    assert_eq!(evening.len(), 1);
    assert_eq!(evening[0].name, "allow 0 9 * * mon-fri");
    assert_eq!(evening[0].until, Some(moment("2026-03-09T08:00:00Z")), "Monday at nine");
    let tuesday = now_in(&office, &[], "2026-03-03T17:00:00Z");
    assert_eq!(tuesday[0].name, "allow 0 20 * * tue");
    assert_eq!(tuesday[0].until, Some(moment("2026-03-03T19:00:00Z")));
}

#[test]
fn an_allow_window_that_never_opens_has_no_end() {
    let never = [window(WindowKind::Allow, "0 0 31 2 *", 8)];
    let found = now_in(&never, &[], "2026-03-06T18:00:00Z");
    assert_eq!(found[0].until, None);
}

#[test]
fn allow_windows_hold_rollbacks_back_where_one_of_them_says_so() {
    let covers = |which: [bool; 2]| {
        let windows = [
            FreezeWindow {
                covers_rollback: which[0],
                ..window(WindowKind::Allow, "0 9 * * mon", 8)
            },
            FreezeWindow {
                covers_rollback: which[1],
                ..window(WindowKind::Allow, "0 9 * * tue", 8)
            },
        ];
        now_in(&windows, &[], "2026-03-06T18:00:00Z")[0].covers_rollback
    };
    assert!(!covers([false, false]));
    assert!(covers([true, false]));
    assert!(covers([false, true]));
}

#[test]
fn a_deny_window_refuses_inside_an_allow_window_too() {
    let windows = [
        window(WindowKind::Allow, "0 9 * * mon-fri", 8),
        FreezeWindow {
            covers_rollback: true,
            ..deny("0 12 * * fri", 1)
        },
    ];
    let noon = now_in(&windows, &[], "2026-03-06T11:30:00Z");
    assert_eq!(noon.len(), 1);
    assert_eq!(
        (noon[0].name.as_str(), noon[0].scope.as_str()),
        ("deny 0 12 * * fri", "policy")
    );
    assert_eq!(noon[0].until, Some(moment("2026-03-06T12:00:00Z")));
    assert!(noon[0].covers_rollback);
}

fn freeze(name: &str, scope: FreezeScope) -> Freeze {
    Freeze {
        id: FreezeId(Uuid::from_u128(9)),
        name: name.into(),
        reason: "an incident".into(),
        scope,
        starts_at: Timestamp::from_unix_micros(START_MICROS),
        ends_at: None,
        covers_rollback: false,
        by: person("otto").origin.actor,
        lifted_at: None,
    }
}

#[test]
fn a_freeze_covers_what_lies_in_its_scope_and_nothing_else() {
    let (project, environment, target) = place();
    let elsewhere = Uuid::from_u128(0xee);
    let scopes = [
        (FreezeScope::Everything, Some("everything")),
        (FreezeScope::Project(project), Some("project")),
        (FreezeScope::Environment(environment), Some("environment")),
        (FreezeScope::Target(target), Some("target")),
        (FreezeScope::Project(ProjectId(elsewhere)), None),
        (FreezeScope::Environment(EnvironmentId(elsewhere)), None),
        (FreezeScope::Target(TargetId(elsewhere)), None),
    ];
    for (scope, word) in scopes {
        let found = now_in(&[], &[freeze("stop the line", scope)], "2026-03-06T18:00:00Z");
        assert_eq!(found.first().map(|f| f.scope.as_str()), word, "{scope:?}");
    }
}

#[test]
fn a_freeze_holds_from_its_start_to_its_end_or_until_it_is_lifted() {
    let start = Timestamp::from_unix_micros(START_MICROS);
    let mut line = freeze("stop the line", FreezeScope::Everything);
    assert!(!line.in_force(start.plus_secs(-1)));
    assert!(line.in_force(start) && line.in_force(start.plus_secs(1_000_000)));
    line.ends_at = Some(start.plus_secs(60));
    assert!(line.in_force(start.plus_secs(59)) && !line.in_force(start.plus_secs(60)));
    line.lifted_at = Some(start.plus_secs(1));
    assert!(!line.in_force(start.plus_secs(2)));
}

#[test]
fn the_freeze_that_ends_last_or_never_is_named_first() {
    let ending = |name: &str, at: &str| Freeze {
        ends_at: Some(moment(at)),
        ..freeze(name, FreezeScope::Everything)
    };
    let freezes = [
        ending("short", "2026-03-07T00:00:00Z"),
        freeze("endless", FreezeScope::Everything),
        ending("long", "2026-04-01T00:00:00Z"),
    ];
    let found = now_in(&[deny("0 0 * * *", 24)], &freezes, "2026-03-06T18:00:00Z");
    let names: Vec<_> = found.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["endless", "long", "short", "deny 0 0 * * *"]);
}

#[test]
fn a_window_has_a_name_a_readable_cron_and_a_bounded_duration() {
    let valid = deny("0 0 * * *", 1);
    assert_eq!(valid.validate(), Ok(()));
    assert!(
        FreezeWindow {
            name: " ".into(),
            ..valid.clone()
        }
        .validate()
        .is_err()
    );
    assert!(
        FreezeWindow {
            cron: "often".into(),
            ..valid.clone()
        }
        .validate()
        .is_err()
    );
    for secs in [0, 59, 31 * 86_400 + 1] {
        assert!(
            FreezeWindow {
                duration_secs: secs,
                ..valid.clone()
            }
            .validate()
            .is_err(),
            "{secs}"
        );
    }
}
