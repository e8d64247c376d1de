//! Cut off, stopped, erring, doubled, at every point of every scene.

use crate::scene::{Left, SCENES, Set, drive, polled};
use release_domain::ports::Timeline;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

/// More turns than any scene takes.
const MOST_TURNS: usize = 20_000;

fn undisturbed(scene: &Set) -> Left {
    let set = scene.again();
    set.work_in_spite("worker-1");
    set.left()
}

fn compare(expected: &Left, set: &Set, context: &str) {
    let left = set.left();
    assert_eq!(left, *expected, "{context}");
}

/// The process dies: nothing of it runs on, another takes over when its lease is over.
fn cut_off(scene: &Set, expected: &Left) -> u64 {
    for turns in 0..MOST_TURNS {
        let set = scene.again();
        let ended = {
            let work = pin!(set.work("worker-1"));
            polled(work, turns).is_some()
        };
        set.company.clock.advance_secs(11);
        set.work_in_spite("worker-2");
        compare(expected, &set, &format!("cut off after {turns} turns"));
        if ended {
            return turns as u64;
        }
    }
    panic!("it never ends");
}

/// The one that takes over dies as well, and the third.
fn cut_off_thrice(scene: &Set, expected: &Left) -> u64 {
    let mut runs = 0;
    for turns in (1..MOST_TURNS).step_by(7) {
        let set = scene.again();
        let mut ended = false;
        for (n, more) in [0, 3, 11].into_iter().enumerate() {
            let holder = format!("worker-{n}");
            let work = pin!(set.work(&holder));
            ended = polled(work, turns + more).is_some();
            set.company.clock.advance_secs(11);
        }
        set.work_in_spite("worker-4");
        compare(expected, &set, &format!("cut off thrice, after {turns} turns"));
        runs += 1;
        if ended {
            break;
        }
    }
    runs
}

/// The process stands still for three lease times while another takes over, and then goes on as if nothing had been.
fn stopped(scene: &Set, expected: &Left) -> u64 {
    for turns in 0..MOST_TURNS {
        let set = scene.again();
        let mut work = pin!(set.work("worker-1"));
        let ended = polled(work.as_mut(), turns).is_some();
        set.company.clock.advance_secs(30);
        set.work_in_spite("worker-2");
        let context = format!("stopped after {turns} turns");
        compare(expected, &set, &context);
        if ended {
            return turns as u64;
        }
        set.switch.set(true);
        let late = polled(work, MOST_TURNS).unwrap_or_else(|| panic!("{context}: it never lets go"));
        assert!(late.is_ok(), "{context}: {late:?}");
        compare(expected, &set, &format!("{context}, and gone on"));
    }
    panic!("it never ends");
}

/// Two of them at once, turn by turn, when the first stood still for a moment too long.
fn side_by_side(scene: &Set, expected: &Left) -> u64 {
    let mut runs = 0;
    for turns in (0..MOST_TURNS).step_by(5) {
        let set = scene.again();
        let mut first = pin!(set.work("worker-1"));
        let ended = polled(first.as_mut(), turns).is_some();
        runs += 1;
        if ended {
            break;
        }
        set.company.clock.advance_secs(11);
        let mut second = pin!(set.work("worker-2"));
        let (mut one, mut other) = (None, None);
        for _ in 0..MOST_TURNS {
            if other.is_none() {
                other = polled(second.as_mut(), 1);
            }
            if one.is_none() {
                one = polled(first.as_mut(), 1);
            }
            if one.is_some() && other.is_some() {
                break;
            }
        }
        set.work_in_spite("worker-3");
        compare(expected, &set, &format!("side by side after {turns} turns"));
    }
    runs
}

/// The store fails once, at each call in turn; or it takes a commit and its answer is lost.
fn erring(scene: &Set, expected: &Left) -> u64 {
    let whole = scene.again();
    whole.work_in_spite("worker-1");
    let calls = whole.company.store.calls();
    let mut runs = 0;
    // A disturbed run makes more calls than an undisturbed one: some past its end are failed too.
    for at in 1..=calls + 10 {
        for lost in [false, true] {
            let set = scene.again();
            if lost {
                set.company.store.lose_reply(at);
            } else {
                set.company.store.fail_call(at);
            }
            set.work_in_spite("worker-1");
            // Past its end nothing is left that could fail.
            while set.company.store.calls() < at {
                let _ = drive(Timeline::head(&set.company.store));
            }
            let what = if lost { "whose answer is lost" } else { "that fails" };
            compare(expected, &set, &format!("with call {at} {what}"));
            runs += 1;
        }
    }
    runs
}

/// The store is away for a while, from each moment on.
fn outage(scene: &Set, expected: &Left) -> u64 {
    let mut runs = 0;
    for turns in (0..MOST_TURNS).step_by(5) {
        for away in [3, 40, 400] {
            let set = scene.again();
            let ended = {
                let mut work = pin!(set.work("worker-1"));
                let ended = polled(work.as_mut(), turns).is_some();
                set.company.store.set_unavailable(true);
                let let_go = ended || polled(work.as_mut(), away).is_some();
                set.company.store.set_unavailable(false);
                if !let_go {
                    // It goes on by itself, or lets go.
                    polled(work, MOST_TURNS);
                }
                ended
            };
            set.company.clock.advance_secs(11);
            set.work_in_spite("worker-2");
            compare(
                expected,
                &set,
                &format!("the store away for {away} turns after {turns}"),
            );
            runs += 1;
            if ended {
                return runs;
            }
        }
    }
    runs
}

#[test]
fn a_worker_cut_off_stopped_or_erring_anywhere_leaves_what_an_undisturbed_one_leaves() {
    let runs = AtomicU64::new(0);
    std::thread::scope(|threads| {
        for scene in SCENES {
            let runs = &runs;
            threads.spawn(move || {
                let set = Set::new(scene);
                let expected = undisturbed(&set);
                for disturbed in [cut_off, cut_off_thrice, stopped, side_by_side, erring, outage] {
                    runs.fetch_add(disturbed(&set, &expected), Ordering::Relaxed);
                }
            });
        }
    });
    // Each run is compared with the undisturbed one: a difference is an error above.
    let runs = runs.load(Ordering::Relaxed);
    println!("worker faults: {runs} runs, 0 lost, 0 doubled, 0 stuck, 0 unapproved");
    assert!(runs > 1_000);
}

#[test]
fn the_undisturbed_scenes_end_as_they_should() {
    let ends: Vec<_> = SCENES
        .into_iter()
        .map(|scene| {
            let left = undisturbed(&Set::new(scene));
            let reason = left.reason.unwrap_or("-");
            format!("{scene:?}: {} {reason}, {} writes", left.state, left.writes)
        })
        .collect();
    assert_eq!(
        ends,
        [
            "New: applied -, 3 writes",
            "Update: applied -, 3 writes",
            "Unchanged: applied -, 0 writes",
            "Broken: failed crash_loop, 1 writes",
            "BrokenGoesBack: rolled_back -, 2 writes",
            "Rollback: rolled_back -, 3 writes",
            "Uninstall: rolled_back -, 4 writes",
            "Cancelled: failed cancelled_by_user, 0 writes",
            "Expired: failed preview_expired, 0 writes",
            "Drifted: failed live_state_drifted, 0 writes",
        ]
    );
}
