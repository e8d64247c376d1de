//! Cron of five fields, read once and strictly.

use release_domain::freeze::cron::Cron;
use release_domain::ports::{LocalClock, TimeZones};
use release_domain::timestamp::Timestamp;

#[test]
fn a_cron_expression_has_five_fields_of_numbers_names_ranges_steps_and_lists() {
    let matches = |cron: &str, at: &str| {
        let local = LocalClock
            .local("UTC", Timestamp::parse(at).expect("a time"))
            .expect("UTC");
        cron.parse::<Cron>().expect(cron).matches(local)
    };
    let friday = "2026-03-06T18:30:00Z";
    for cron in [
        "* * * * *",
        "30 18 6 3 5",
        "30 18 6 mar FRI",
        "0/30 */6 1-7 * mon-fri",
        "15,30,45 18 * 1-3 0,5",
    ] {
        assert!(matches(cron, friday), "{cron}");
    }
    for cron in [
        "31 18 * * *",
        "30 17 * * *",
        "30 18 7 * *",
        "30 18 * 4 *",
        "30 18 * * sat",
        "30 18 * * 0",
    ] {
        assert!(!matches(cron, friday), "{cron}");
    }
    let sunday = "2026-03-08T00:00:00Z";
    assert!(matches("0 0 * * 7", sunday) && matches("0 0 * * 0", sunday) && matches("0 0 * * 5-7", sunday));
    assert!(
        matches("0 0 1 * sun", sunday),
        "either day field, where both are restricted"
    );
    assert!(!matches("0 0 1 * *", sunday) && matches("0 0 8 * mon", sunday));
}

#[test]
fn what_is_no_cron_expression_is_refused() {
    for cron in [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "a * * * *",
        "1, * * * *",
        "-1 * * * *",
        "+1 * * * *",
        "@daily",
        "* * * * mon#1",
    ] {
        assert!(cron.parse::<Cron>().is_err(), "{cron:?}");
    }
}
