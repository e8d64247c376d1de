//! The published test vectors (`docs/test-vectors`): written by this code, and held to. `UPDATE_GOLDEN=1` writes them
//! anew; a difference means that every hash ever published is another one.

#[path = "support/golden.rs"]
mod golden;
#[path = "support/world.rs"]
mod world;

use release_domain::canonical::{Hash, NotCanonical, hash, to_bytes};
use release_domain::event::chain::{Head, Verifier, seal};
use release_domain::event::{Changed, EventData, EventDraft, EventPlace, EventSubject, GateRefused};
use release_domain::plan::{Action, Change, FieldChange, Plan, Resource, Risk, RiskCode, plan_hash};
use release_domain::refusal::CommandName;
use release_domain::timestamp::Timestamp;
use serde_json::{Value, json};
use world::{agent_of, person, production};

const CANONICAL: &str = "docs/test-vectors/canonical.json";
const PLAN: &str = "docs/test-vectors/plan-hash.json";
const CHAIN: &str = "docs/test-vectors/chain.json";

/// Name and JSON text of what has a canonical form.
const CASES: &[(&str, &str)] = &[
    ("literals", "[null, true, false]"),
    ("empty object, array and string", r#"{"o": {}, "a": [], "s": ""}"#),
    (
        "members are sorted at every depth",
        r#"{"b": {"z": 1, "a": {"y": [], "x": 2}}, "a": 0}"#,
    ),
    ("arrays keep their order", r#"[3, 1, 2, [{"b": 1, "a": 2}]]"#),
    ("whitespace is dropped", " { \"a\" :\t[ 1 ,\n 2 ] } "),
    (
        "upper case sorts before lower, a prefix before what it begins",
        r#"{"b": 1, "B": 2, "ba": 3, "": 4}"#,
    ),
    (
        "members are sorted by UTF-16 code units (RFC 8785, 3.2.3): the emoji's first unit is below U+FB33",
        r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#,
    ),
    (
        "the escapes that must be written (RFC 8785, 3.2.2.2)",
        r#""\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\/""#,
    ),
    ("short escapes", r#""\b\t\n\f\r\"\\""#),
    ("other controls as lower-case \\u00xx", r#""\u0000\u0001\u000b\u001f""#),
    (
        "all else stands raw",
        r#""\u007f\u0080\u2028\u2029\ufeff\ud83d\ude00é/<>&""#,
    ),
    ("names are escaped like values", r#"{"a\"b": 1, "a\nb": 2}"#),
    ("whole numbers", "[0, 1, -1, 10, 1234567890]"),
    (
        "the largest whole numbers: 2^53 either way",
        "[9007199254740992, -9007199254740992]",
    ),
];

/// Name, JSON text and reason of what has none here, though RFC 8785 would write it.
const REFUSED: &[(&str, &str, &str)] = &[
    ("a fraction", "0.5", "fraction"),
    ("a fraction deep inside", r#"{"a": [{"b": 1.25}]}"#, "fraction"),
    ("a whole number spelled with a fraction", "1.0", "fraction"),
    ("a whole number spelled with an exponent", "1e2", "fraction"),
    ("negative zero", "-0", "fraction"),
    ("past 2^53", "9007199254740993", "too_large"),
    ("past -2^53", "-9007199254740993", "too_large"),
    ("the largest 64-bit number", "18446744073709551615", "too_large"),
    ("past 64 bits", "18446744073709551616", "too_large"),
];

#[test]
fn the_canonical_encoding_is_the_published_one() {
    let cases: Vec<_> = CASES
        .iter()
        .map(|(name, input)| {
            let value: Value = serde_json::from_str(input).expect(name);
            let canonical = String::from_utf8(to_bytes(&value).expect(name)).expect("UTF-8");
            let again: Value = serde_json::from_str(&canonical).expect(name);
            assert_eq!(again, value, "{name}: the same value");
            assert_eq!(
                to_bytes(&again).expect(name),
                canonical.as_bytes(),
                "{name}: a form of its own"
            );
            json!({"name": name, "input": input, "canonical": canonical, "blake3": hash(&value).expect(name)})
        })
        .collect();
    let refused: Vec<_> = REFUSED
        .iter()
        .map(|(name, input, reason)| {
            let value: Value = serde_json::from_str(input).expect(name);
            let found = match to_bytes(&value) {
                Err(NotCanonical::Fraction) => "fraction",
                Err(NotCanonical::TooLarge) => "too_large",
                Err(NotCanonical::NotJson) => "not_json",
                Ok(_) => "taken",
            };
            assert_eq!(found, *reason, "{name}");
            json!({"name": name, "input": input, "reason": reason})
        })
        .collect();
    let key: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).expect("small"));
    let keyed: Vec<_> = ["", "s3cret", "s3cret "]
        .iter()
        .map(|text| json!({"key": Hash::from_bytes(key), "text": text, "blake3": Hash::keyed(&key, text.as_bytes())}))
        .collect();
    println!("vectors: {} encodings, {} refused", cases.len(), refused.len());
    publish(CANONICAL, &json!({"cases": cases, "refused": refused, "keyed": keyed}));
}

fn plan() -> Plan {
    let change = |key: &str, action, fields, risks| {
        let name = key.split_once('/').map_or(key, |(_, name)| name).to_owned();
        Change {
            key: key.into(),
            resource: Resource {
                kind: "service".into(),
                namespace: None,
                name,
                api_version: None,
            },
            action,
            fields,
            risks,
        }
    };
    let image = FieldChange {
        path: "/image".into(),
        before: Some(json!("registry.example/web:1.1.0")),
        after: Some(json!("registry.example/web:1.2.0")),
        redacted: false,
    };
    let password = FieldChange {
        path: "/environment/PASSWORD".into(),
        before: None,
        after: Some(json!(Hash::keyed(&[7; 32], b"s3cret"))),
        redacted: true,
    };
    let risk = Risk {
        code: RiskCode::Delete,
        message: "service old is deleted".into(),
    };
    Plan::new(vec![
        change("service/web", Action::Update, vec![image, password], Vec::new()),
        change("service/old", Action::Delete, Vec::new(), vec![risk]),
    ])
}

#[test]
fn the_plan_hash_is_the_published_one() {
    let (context, live) = (Hash::of(b"a draft context"), Hash::of(b"a live state"));
    let plan = plan();
    let hashed = json!({"context_hash": context, "live_fingerprint": live, "plan": plan});
    let canonical = String::from_utf8(to_bytes(&hashed).expect("canonical")).expect("UTF-8");
    let of_plan = plan_hash(context, &plan, live).expect("canonical");
    assert_eq!(of_plan, Hash::of(canonical.as_bytes()));
    publish(
        PLAN,
        &json!({
            "context_hash": context, "live_fingerprint": live, "plan": plan,
            "canonical": canonical, "plan_hash": of_plan,
        }),
    );
}

#[test]
fn the_plan_hash_changes_with_whatever_it_is_made_of() {
    let (context, live) = (Hash::of(b"a draft context"), Hash::of(b"a live state"));
    let of = |context, plan: &Plan, live| plan_hash(context, plan, live).expect("canonical");
    let same = of(context, &plan(), live);
    let mut backwards = plan();
    backwards.changes.reverse();
    assert_eq!(
        of(context, &Plan::new(backwards.changes), live),
        same,
        "changes are sorted by key"
    );
    assert_ne!(of(live, &plan(), context), same, "the two hashes cannot be swapped");
    assert_ne!(of(context, &Plan::default(), live), same);
    let mut secret = plan();
    secret.changes[1].fields[1].after = Some(json!(Hash::keyed(&[7; 32], b"another")));
    assert_ne!(
        of(context, &secret, live),
        same,
        "a secret that changes shows, its value does not"
    );
}

/// Three events: of a release, of the same release by an agent, and of none.
fn drafts() -> Vec<EventDraft> {
    let w = production();
    let at = |secs| Timestamp::from_unix_micros(world::START_MICROS + 123_456).plus_secs(secs);
    let created = EventDraft {
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".into()),
        ..w.events[0].clone()
    };
    let refused = EventData::GateRefused(GateRefused {
        command: CommandName::Apply,
        code: "preview_required".into(),
        reason_code: Some("preview_missing".into()),
        message: "no preview token was sent: preview the release first".into(),
    });
    let changed = EventData::ProjectChanged(Changed {
        action: "updated".into(),
        before: Some(json!({"name": "Shop"})),
        after: Some(json!({"name": "Shop “€”", "limits": {"b": 2, "a": 9_007_199_254_740_992_u64}})),
    });
    let project = EventSubject {
        kind: "project".into(),
        id: w.release.project.id.to_string(),
        key: w.release.project.key.clone(),
    };
    vec![
        created,
        EventDraft::of_release(&w.release, &agent_of("ada").origin, at(1), refused),
        EventDraft::of_subject(project, EventPlace::default(), &person("ada").origin, at(2), changed),
    ]
}

#[test]
fn the_hashes_of_a_chain_are_the_published_ones() {
    let (mut global, mut of_release) = (None, None);
    let mut events = Vec::new();
    for draft in drafts() {
        let event = seal(draft, global, of_release).expect("canonical");
        global = Some(Head {
            seq: event.seq,
            hash: event.hash,
        });
        if let Some(seq) = event.release_seq {
            of_release = Some(Head { seq, hash: event.hash });
        }
        let json = serde_json::to_value(&event).expect("JSON");
        let mut bare = json.clone();
        bare.as_object_mut().expect("an object").remove("hash");
        let canonical = String::from_utf8(to_bytes(&bare).expect("canonical")).expect("UTF-8");
        assert_eq!(Hash::of(canonical.as_bytes()), event.hash);
        events.push(json!({"event": json, "canonical_without_hash": canonical}));
    }
    publish(CHAIN, &json!({"events": events, "head": global}));
}

#[test]
fn the_published_chain_verifies_as_it_stands_in_the_file() {
    let file: Value = serde_json::from_str(&golden::read(CHAIN)).expect("JSON");
    let events = file["events"].as_array().expect("events");
    let head: Head = serde_json::from_value(file["head"].clone()).expect("a head");
    let mut verifier = Verifier::from_start().held_to(head);
    for event in events {
        assert_eq!(verifier.check(&event["event"]), Ok(()));
    }
    assert_eq!(verifier.finish(), Ok(()));
    assert_eq!((verifier.checked(), verifier.head()), (3, Some(head)));
}

/// Members sorted, so that the file does not depend on how maps are kept in memory.
fn publish(file: &str, value: &Value) {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut pairs: Vec<_> = members.iter().collect();
                pairs.sort_by(|a, b| a.0.cmp(b.0));
                Value::Object(pairs.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    let text = serde_json::to_string_pretty(&sorted(value)).expect("JSON");
    golden::check(file, &format!("{text}\n"));
}
