//! The tests' own clock, ids, keys and pauses do what their ports promise.

use release_domain::ports::{Clock, Ids, Passwords, Sealer, Signer};
use release_domain::secret::SecretText;
use release_testkit::environment::{FakeClock, FakeIds, FakePace, TestPasswords, TestSealer, TestSigner};
use release_testkit::fixtures;
use release_testkit::runtime::race::{Either, race, ready_now};

fn text(text: &str) -> SecretText {
    SecretText::new(text.into())
}

#[test]
fn time_stands_still_until_it_is_moved() {
    let clock = FakeClock::new();
    assert_eq!(clock.now(), clock.now());
    clock.advance_secs(90);
    clock.advance_millis(-500);
    assert_eq!(clock.now().unix_micros() - fixtures::now().unix_micros(), 89_500_000);
    clock.set(fixtures::at(-1));
    assert_eq!(clock.now(), fixtures::at(-1));
}

#[test]
fn a_stepping_clock_never_shows_a_time_twice() {
    let clock = FakeClock::stepping(1);
    let looks: Vec<_> = (0..5).map(|_| clock.now()).collect();
    assert!(looks.is_sorted_by(|a, b| a < b));
}

#[tokio::test]
async fn an_immediate_pause_moves_the_clock_and_the_shorter_one_ends_first() {
    let clock = FakeClock::new();
    let pace = FakePace::immediate(&clock);
    let ended = race(pace.pause(2_000), pace.pause(500)).await;
    assert_eq!(ended, Either::Second(()));
    assert_eq!(clock.now().unix_micros() - fixtures::now().unix_micros(), 500_000);
    pace.pause(1_000).await;
    assert_eq!(clock.now().unix_micros() - fixtures::now().unix_micros(), 1_500_000);
}

#[tokio::test]
async fn a_stepwise_pause_waits_for_the_test() {
    let clock = FakeClock::new();
    let pace = FakePace::stepwise(&clock);
    let mut pause = std::pin::pin!(pace.pause(1_000));
    assert_eq!(ready_now(pause.as_mut()).await, None);
    clock.advance_millis(999);
    assert_eq!(ready_now(pause.as_mut()).await, None);
    clock.advance_millis(1);
    assert_eq!(ready_now(pause.as_mut()).await, Some(()));
}

#[tokio::test]
async fn a_pause_given_up_stands_in_nobodys_way() {
    let clock = FakeClock::new();
    let pace = FakePace::immediate(&clock);
    {
        let mut dropped = std::pin::pin!(pace.pause(10));
        assert_eq!(ready_now(dropped.as_mut()).await, None);
    }
    pace.pause(5_000).await;
    assert_eq!(clock.now(), fixtures::at(5));
}

#[test]
fn ids_are_of_version_7_and_grow() {
    let ids = FakeIds::new();
    let made: Vec<_> = (0..100).map(|_| ids.next()).collect();
    assert!(made.iter().all(|id| id.get_version_num() == 7));
    assert!(made.is_sorted_by(|a, b| a < b));
    assert_ne!(ids.secret(), ids.secret());
    assert_eq!(ids.made(), 102);
}

#[test]
fn a_sealed_value_opens_for_its_row_and_key_alone() {
    let sealer = TestSealer::new();
    let long = "x".repeat(100);
    let sealed = sealer.seal("row/1", &text(&long));
    assert!(!sealed.0.contains("xx"));
    assert_eq!(sealer.open("row/1", &sealed).unwrap().expose(), long);
    assert!(sealer.open("row/2", &sealed).is_err());
    assert!(TestSealer::with_key("another").open("row/1", &sealed).is_err());
    let mut forged = sealed.clone();
    forged
        .0
        .replace_range(2..3, if sealed.0.as_bytes()[2] == b'0' { "1" } else { "0" });
    assert!(sealer.open("row/1", &forged).is_err());
    assert_ne!(sealer.seal("row/1", &text("a")), sealer.seal("row/1", &text("a")));
    assert_eq!(sealer.derive("a").0, TestSealer::new().derive("a").0);
    assert_ne!(sealer.derive("a").0, sealer.derive("b").0);
}

#[tokio::test]
async fn a_password_is_checked_whether_there_is_one_or_not() {
    let passwords = TestPasswords::new();
    let phc = passwords.hash(&text("correct horse")).await;
    assert!(passwords.verify(&text("correct horse"), Some(&phc)).await);
    assert!(!passwords.verify(&text("wrong"), Some(&phc)).await);
    assert!(!passwords.verify(&text("correct horse"), None).await);
    assert_eq!(passwords.checks(), 3);
}

#[test]
fn a_checkpoint_is_the_signers_own() {
    let note = TestSigner.checkpoint(7, fixtures::hash("head"));
    assert!(note.starts_with(&format!("{}\n7\n", TestSigner::ORIGIN)));
    assert!(TestSigner.verifies(&note));
    assert!(!TestSigner.verifies(&note.replace("\n7\n", "\n8\n")));
}
