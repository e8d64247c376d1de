//! `releasectl audit verify`: every way of tampering with an export or an evidence bundle is found, without a server, and
//! the first bad event is named.

#[path = "verify/log.rs"]
mod log;

use ed25519_dalek::SigningKey;
use log::{Log, NAME, Place, drafts, record, sealed};
use release_domain::event::chain::hash_of;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Gives an event the hash it should have, as a forger with the recipe would.
fn rehash(event: &mut Value) {
    event["hash"] = json!(hash_of(event).expect("canonical"));
}

#[test]
fn an_untouched_export_is_whole() {
    let (log, events) = (Log::new(), record());
    let found = log.found(&log.export(&events, &log.checkpoint(&events)));
    assert!(found.is_good(), "{found:?}");
    assert_eq!(found.checked, 12);
    assert!(found.lines()[0].starts_with("OK: 12 events"), "{:?}", found.lines());
}

#[test]
fn each_kind_of_tampering_names_the_first_bad_event() {
    let (log, events) = (Log::new(), record());
    let checkpoint = log.checkpoint(&events);
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut events = events.clone();
        change(&mut events);
        log.bad(&log.export(&events, &checkpoint))
    };
    let flip = |event: &mut Value| event["actor"]["name"] = json!("somebody else");
    let kinds: Vec<(&str, Option<Place>, Place)> = vec![
        ("flip", with(&|e| flip(&mut e[4])), (5, "hash_mismatch")),
        (
            "flip, hashed anew",
            with(&|e| {
                flip(&mut e[4]);
                rehash(&mut e[4]);
            }),
            (6, "link_broken"),
        ),
        (
            "flip of the head, hashed anew",
            with(&|e| {
                flip(&mut e[11]);
                rehash(&mut e[11]);
            }),
            (12, "forked"),
        ),
        (
            "delete",
            with(&|e| {
                e.remove(4);
            }),
            (5, "gap"),
        ),
        (
            "delete the first",
            with(&|e| {
                e.remove(0);
            }),
            (1, "gap"),
        ),
        (
            "delete the first ones",
            with(&|e| {
                e.drain(..4);
            }),
            (1, "gap"),
        ),
        ("swap", with(&|e| e.swap(4, 5)), (5, "gap")),
        ("insert a copy", with(&|e| e.insert(4, e[3].clone())), (5, "gap")),
        (
            "insert past the head",
            with(&|e| *e = sealed(drafts(1, "forged"), e)),
            (13, "forked"),
        ),
        ("truncate", with(&|e| e.truncate(9)), (10, "truncated")),
        ("truncate to nothing", with(&|e| e.clear()), (1, "truncated")),
        (
            "fork: all of it written anew",
            with(&|e| *e = sealed(drafts(4, "forged"), &[])),
            (12, "forked"),
        ),
        ("no event", with(&|e| e[4] = json!({"seq": 5})), (5, "malformed")),
    ];
    let all = kinds.len();
    for (kind, found, expected) in kinds {
        assert_eq!(found, Some(expected), "{kind}");
    }
    println!("tampering with an export: {all} kinds, {all} found");
}

#[test]
fn a_checkpoint_that_is_missing_or_not_signed_by_the_key_is_told() {
    let (log, events) = (Log::new(), record());
    assert_eq!(
        log.bad(&log.write("record.ndjson", &events)),
        Some((13, "truncated")),
        "without its last line"
    );
    let shorter = &events[..9];
    let mut forged = log.checkpoint(&events);
    forged["seq"] = json!(9);
    forged["hash"] = shorter[8]["hash"].clone();
    assert_eq!(
        log.bad(&log.export(shorter, &forged)),
        Some((9, "checkpoint_forged")),
        "the note says another head"
    );
    let other = Log {
        key: SigningKey::from_bytes(&[8; 32]),
        ..Log::new()
    };
    let foreign = other.checkpoint(&events);
    assert_eq!(
        log.bad(&log.export(&events, &foreign)),
        Some((12, "checkpoint_forged")),
        "another's key"
    );
}

#[test]
fn a_store_that_was_put_back_shows_against_what_was_kept() {
    let (log, events) = (Log::new(), record());
    let kept = log.write(
        "kept.ndjson",
        &[&events[..], &[json!({"checkpoint": log.checkpoint(&events)})]].concat(),
    );
    let alone = log.write("kept.json", &[log.checkpoint(&events)]);
    let note = log.checkpoint(&events)["note"].as_str().expect("a note").to_owned();
    let note = log.write_bytes("kept.note", note.as_bytes());
    let bad = |now: &[Value], against: &Path| {
        let file = log.export(now, &log.checkpoint(now));
        assert!(log.found(&file).is_good(), "it is whole in itself, and signed");
        log.held(&file, Some(against)).bad.map(|bad| (bad.seq, bad.code))
    };
    let older = &events[..7];
    let written_on = sealed(drafts(4, "after the restore"), older);
    let later = sealed(drafts(1, "since then"), &events);
    for against in [&kept, &alone, &note] {
        assert_eq!(
            bad(older, against),
            Some((8, "truncated")),
            "an old backup: {}",
            against.display()
        );
        assert_eq!(bad(&later, against), None, "what only went on: {}", against.display());
    }
    assert_eq!(
        bad(&written_on, &kept),
        Some((8, "forked")),
        "an export tells where it parted"
    );
    assert_eq!(
        bad(&written_on, &alone),
        Some((12, "forked")),
        "a checkpoint tells that it did"
    );
}

#[test]
fn a_changed_byte_anywhere_is_seen() {
    /// Places far enough apart that the test is over soon, near enough that every member has some.
    const APART: usize = 3;
    let (log, events) = (Log::new(), sealed(drafts(1, "change"), &[]));
    let file = log.export(&events, &log.checkpoint(&events));
    let whole = std::fs::read(&file).expect("readable");
    let places = (0..whole.len()).step_by(APART);
    // The lowest bit, and that of case, which readers of hex tend to forgive.
    for (at, bit) in places.clone().zip([0x01, 0x20].into_iter().cycle()) {
        let mut bytes = whole.clone();
        bytes[at] ^= bit;
        let flipped = log.write_bytes("flipped.ndjson", &bytes);
        assert!(!log.found(&flipped).is_good(), "byte {at} ^ {bit:#x}");
    }
    println!("flipped bytes: {} flips, {0} found", places.len());
}

#[test]
fn a_member_named_twice_is_no_way_to_show_readers_something_else() {
    let (log, events) = (Log::new(), record());
    let file = log.export(&events, &log.checkpoint(&events));
    let text = std::fs::read_to_string(file).expect("text");
    let twice = text.replacen("{", "{\"channel\":\"ui\",", 1);
    let file = log.write_bytes("twice.ndjson", twice.as_bytes());
    assert_eq!(log.bad(&file), Some((1, "malformed")));
}

#[test]
fn the_chain_of_one_release_verifies_alone_and_in_a_bundle_up_to_its_signed_end() {
    let (log, events) = (Log::new(), record());
    let own: Vec<_> = events
        .iter()
        .filter(|event| event["release"]["number"] == 1)
        .cloned()
        .collect();
    let exported = log.found(&log.export(&own, &log.checkpoint(&events)));
    assert!(
        exported.is_good() && exported.lines()[0].contains("release 1"),
        "{exported:?}"
    );
    let signed = log.checkpoint(&own);
    assert!(log.found(&log.bundle(&own, &signed)).is_good());

    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut own = own.clone();
        change(&mut own);
        let exported = log.bad(&log.export(&own, &log.checkpoint(&events)));
        (exported, log.bad(&log.bundle(&own, &signed)))
    };
    let seq = |at: usize| own[at]["seq"].as_u64().expect("a number");
    let flip = |event: &mut Value| event["actor"]["name"] = json!("somebody else");
    let both = |seq, code| (Some((seq, code)), Some((seq, code)));
    let kinds = [
        ("flip", with(&|e| flip(&mut e[1])), both(seq(1), "hash_mismatch")),
        (
            "flip, hashed anew",
            with(&|e| {
                flip(&mut e[1]);
                rehash(&mut e[1]);
            }),
            both(seq(2), "release_link_broken"),
        ),
        (
            "delete",
            with(&|e| {
                e.remove(1);
            }),
            both(seq(2), "release_gap"),
        ),
        ("swap", with(&|e| e.swap(1, 2)), both(seq(2), "release_gap")),
        (
            "insert a copy",
            with(&|e| e.insert(2, e[1].clone())),
            both(seq(1) + 1, "gap"),
        ),
        (
            "insert one of another release",
            with(&|e| e.insert(2, events[5].clone())),
            both(1, "gap"),
        ),
        (
            "truncate",
            with(&|e| e.truncate(3)),
            (None, Some((seq(3), "truncated"))),
        ),
    ];
    let all = kinds.len();
    for (kind, found, expected) in kinds {
        assert_eq!(found, expected, "{kind}");
    }
    println!("tampering with a release's chain: {all} kinds, {all} found");
}

#[test]
fn the_program_ends_with_eight_where_something_is_wrong_and_asks_no_server() {
    let (log, mut events) = (Log::new(), record());
    let checkpoint = log.checkpoint(&events);
    let run = |file: &Path, key: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_releasectl"));
        command.args(["audit", "verify"]).arg(file).args(["--key", key]);
        command
            .env("XDG_CONFIG_HOME", log.folder.path())
            .env_remove("RELEASE_SERVER");
        let done = command.output().expect("the program starts");
        (done.status.code(), String::from_utf8(done.stdout).expect("text"))
    };
    let key = log.write_bytes("key.pub", log.public().as_bytes());
    let key = key.to_str().expect("text");
    let (code, told) = run(&log.export(&events, &checkpoint), key);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("checkpoint 12") && told.contains(NAME), "{told}");
    events[6]["channel"] = json!("ui");
    let (code, told) = run(&log.export(&events, &checkpoint), &log.public());
    assert_eq!(code, Some(8), "{told}");
    assert!(told.contains("first bad seq 7: hash_mismatch"), "{told}");
    assert_eq!(run(&log.export(&events, &checkpoint), "no key").0, Some(2));
}
