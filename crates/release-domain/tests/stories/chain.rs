//! The chains: every way of tampering with a record is found, and found where it is.

use crate::world::{World, agent_of, approver, hash, person, production, system};
use release_domain::canonical::Hash;
use release_domain::event::chain::{Break, FirstBad, Head, Verifier, hash_of, seal};
use release_domain::event::{Changed, Event, EventData, EventDraft, EventPlace, EventSubject};
use release_domain::ids::ReleaseId;
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Two releases and a project's change, interleaved, as the store would seal them.
fn record() -> Vec<Value> {
    let mut one = production().failed();
    one.rollback_preview(&person("otto")).expect("previewed");
    one.rollback(&person("otto")).expect("rollback");
    one.succeed().expect("rolled back");
    let mut two = World::new(release_domain::catalogue::EnvironmentKind::Production, &agent_of("pat")).approved();
    two.cancel(&person("ada")).expect("cancelled");
    for event in &mut two.events {
        event.release.as_mut().expect("of a release").id = ReleaseId(Uuid::from_u128(0xee));
    }
    let mut drafts = vec![of_a_project()];
    let longest = one.events.len().max(two.events.len());
    for i in 0..longest {
        drafts.extend(one.events.get(i).cloned());
        drafts.extend(two.events.get(i).cloned());
    }
    drafts.push(of_a_project());
    sealed(drafts)
}

fn of_a_project() -> EventDraft {
    let subject = EventSubject {
        kind: "project".into(),
        id: "1".into(),
        key: "shop".into(),
    };
    let data = EventData::ProjectChanged(Changed {
        action: "updated".into(),
        before: Some(json!({"name": "Shop"})),
        after: Some(json!({"name": "The shop"})),
    });
    let now = release_domain::timestamp::Timestamp::from_unix_micros(crate::world::START_MICROS);
    EventDraft::of_subject(subject, EventPlace::default(), &system().origin, now, data)
}

fn sealed(drafts: Vec<EventDraft>) -> Vec<Value> {
    let mut global: Option<Head> = None;
    let mut releases: HashMap<ReleaseId, Head> = HashMap::new();
    let mut events = Vec::new();
    for draft in drafts {
        let release = draft.release.as_ref().map(|r| r.id);
        let event = seal(draft, global, release.and_then(|id| releases.get(&id).copied())).expect("canonical");
        global = Some(Head {
            seq: event.seq,
            hash: event.hash,
        });
        if let (Some(id), Some(seq)) = (release, event.release_seq) {
            releases.insert(id, Head { seq, hash: event.hash });
        }
        events.push(serde_json::to_value(&event).expect("JSON"));
    }
    events
}

fn verify(mut verifier: Verifier, events: &[Value]) -> Result<u64, FirstBad> {
    for event in events {
        verifier.check(event)?;
    }
    verifier.finish()?;
    Ok(verifier.checked())
}

fn bad(seq: usize, code: Break) -> Result<u64, FirstBad> {
    Err(FirstBad { seq: seq as u64, code })
}

fn head(events: &[Value]) -> Head {
    let last: Event = serde_json::from_value(events.last().expect("an event").clone()).expect("an event");
    Head {
        seq: last.seq,
        hash: last.hash,
    }
}

/// Gives an event the hash it should have, as a forger with the recipe would.
fn rehash(event: &mut Value) {
    let hash = hash_of(event).expect("canonical");
    event["hash"] = json!(hash);
}

#[test]
fn a_whole_record_verifies_from_its_start_from_any_head_and_as_a_part() {
    let events = record();
    let all = events.len() as u64;
    assert_eq!(verify(Verifier::from_start(), &events), Ok(all));
    assert_eq!(verify(Verifier::from_start().held_to(head(&events)), &events), Ok(all));
    for cut in 1..events.len() {
        let (before, after) = events.split_at(cut);
        assert_eq!(
            verify(Verifier::after(head(before)), after),
            Ok(all - cut as u64),
            "from {cut}"
        );
        assert_eq!(
            verify(Verifier::default(), after),
            Ok(all - cut as u64),
            "unanchored from {cut}"
        );
    }
}

#[test]
fn a_record_is_numbered_densely_over_all_and_per_release() {
    let events = record();
    let mut next: HashMap<String, u64> = HashMap::new();
    for (i, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], json!(i + 1));
        if event["release"].is_null() {
            assert_eq!(
                (&event["release_seq"], &event["release_prev_hash"]),
                (&Value::Null, &Value::Null)
            );
            assert!(event["subject"].is_object());
        } else {
            let seq = next.entry(event["release"]["id"].to_string()).or_default();
            *seq += 1;
            assert_eq!(event["release_seq"], json!(*seq));
            assert!(event.get("subject").is_none(), "absent, not null");
        }
    }
    assert_eq!(next.len(), 2);
}

/// Every place in a value that holds something, as a JSON pointer.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members
                .iter()
                .for_each(|(name, v)| leaves(v, &format!("{at}/{name}"), found));
        }
        Value::Array(items) if !items.is_empty() => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, v)| leaves(v, &format!("{at}/{i}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn every_member_of_every_event_is_in_its_hash() {
    let events = record();
    let mut changed = 0;
    for (i, event) in events.iter().enumerate() {
        let mut places = Vec::new();
        leaves(event, "", &mut places);
        for place in places {
            let mut tampered = events.clone();
            let member = tampered[i].pointer_mut(&place).expect("a member");
            *member = match &*member {
                Value::String(text) if text.len() == 64 => json!(hash("another").to_string()),
                Value::String(text) => json!(format!("{text}x")),
                Value::Number(n) => json!(n.as_u64().expect("whole") + 1),
                Value::Bool(yes) => json!(!yes),
                Value::Null | Value::Array(_) | Value::Object(_) => json!("x"),
            };
            let found = verify(Verifier::from_start(), &tampered).expect_err(&place);
            assert_eq!(found.seq, i as u64 + 1, "{place} of event {}", i + 1);
            changed += 1;
        }
        let mut added = events.clone();
        added[i]["note"] = json!("nothing to see here");
        assert_eq!(verify(Verifier::from_start(), &added), bad(i + 1, Break::HashMismatch));
    }
    println!("chain: {} events, {changed} changed members", events.len());
}

#[test]
fn a_dropped_event_is_missed_at_its_place() {
    let events = record();
    for i in 0..events.len() - 1 {
        let mut tampered = events.clone();
        tampered.remove(i);
        assert_eq!(verify(Verifier::from_start(), &tampered), bad(i + 1, Break::Gap));
    }
}

#[test]
fn swapped_events_are_found_at_the_first_of_them() {
    let events = record();
    for i in 0..events.len() {
        for j in i + 1..events.len() {
            let mut tampered = events.clone();
            tampered.swap(i, j);
            assert_eq!(verify(Verifier::from_start(), &tampered), bad(i + 1, Break::Gap));
        }
    }
}

#[test]
fn an_event_told_twice_is_found_at_the_second() {
    let events = record();
    for i in 0..events.len() {
        let mut tampered = events.clone();
        tampered.insert(i + 1, events[i].clone());
        assert_eq!(verify(Verifier::from_start(), &tampered), bad(i + 2, Break::Gap));
    }
}

#[test]
fn an_inserted_event_breaks_the_link_after_it_even_when_it_is_forged_well() {
    let events = record();
    for i in 1..events.len() {
        let mut forged = events[i - 1].clone();
        forged["seq"] = json!(i + 1);
        forged["prev_hash"] = events[i - 1]["hash"].clone();
        if !forged["release"].is_null() {
            forged["release_seq"] = json!(forged["release_seq"].as_u64().expect("a number") + 1);
            forged["release_prev_hash"] = events[i - 1]["hash"].clone();
        }
        rehash(&mut forged);
        let mut tampered = events.clone();
        tampered.insert(i, forged);
        assert_eq!(
            verify(Verifier::from_start(), &tampered),
            bad(i + 2, Break::Gap),
            "not renumbered"
        );
        for later in &mut tampered[i + 1..] {
            later["seq"] = json!(later["seq"].as_u64().expect("a number") + 1);
            rehash(later);
        }
        assert_eq!(
            verify(Verifier::from_start(), &tampered),
            bad(i + 2, Break::LinkBroken),
            "renumbered and rehashed"
        );
    }
}

#[test]
fn an_end_that_was_cut_off_shows_against_the_checkpoint_alone() {
    let events = record();
    let checkpoint = head(&events);
    for left in 0..events.len() {
        let cut = &events[..left];
        assert_eq!(verify(Verifier::from_start(), cut), Ok(left as u64), "whole in itself");
        let held = Verifier::from_start().held_to(checkpoint);
        assert_eq!(verify(held, cut), bad(left + 1, Break::Truncated));
    }
}

#[test]
fn a_history_written_anew_shows_against_the_checkpoint_alone() {
    let events = record();
    let mut other = production().approved();
    other.now = other.now.plus_secs(1);
    while other.events.len() < events.len() {
        other.preview(&approver("bob")).expect("previewed");
    }
    let fork = sealed(other.events);
    assert_eq!(
        verify(Verifier::from_start(), &fork),
        Ok(fork.len() as u64),
        "whole in itself"
    );
    let held = Verifier::from_start().held_to(head(&events));
    assert_eq!(verify(held, &fork), bad(events.len(), Break::Forked));
}

#[test]
fn an_old_backup_put_back_and_written_on_is_a_fork() {
    let events = record();
    let mut restored = events[..5].to_vec();
    let mut now = head(&restored);
    while restored.len() < events.len() {
        let event = seal(of_a_project(), Some(now), None).expect("canonical");
        now = Head {
            seq: event.seq,
            hash: event.hash,
        };
        restored.push(serde_json::to_value(&event).expect("JSON"));
    }
    let held = Verifier::from_start().held_to(head(&events));
    assert_eq!(verify(held, &restored), bad(events.len(), Break::Forked));
}

#[test]
fn a_link_within_a_release_breaks_where_the_global_one_was_mended() {
    let events = record();
    let at = events
        .iter()
        .position(|e| e["release_seq"] == json!(2))
        .expect("a second event");
    for (member, value, code) in [
        ("release_seq", json!(9), Break::ReleaseGap),
        ("release_seq", Value::Null, Break::ReleaseGap),
        ("release_prev_hash", Value::Null, Break::ReleaseLinkBroken),
        ("release_prev_hash", json!(hash("another")), Break::ReleaseLinkBroken),
    ] {
        let mut tampered = events[..=at].to_vec();
        tampered[at][member] = value;
        rehash(&mut tampered[at]);
        assert_eq!(verify(Verifier::from_start(), &tampered), bad(at + 1, code), "{member}");
    }
    let mut first = events.clone();
    first[0]["release_seq"] = json!(1);
    rehash(&mut first[0]);
    assert_eq!(
        verify(Verifier::from_start(), &first[..1]),
        bad(1, Break::ReleaseGap),
        "of no release"
    );
}

#[test]
fn a_part_cannot_pass_for_the_beginning() {
    let events = record();
    let mut part = vec![events[4].clone()];
    part[0]["prev_hash"] = Value::Null;
    rehash(&mut part[0]);
    assert_eq!(verify(Verifier::default(), &part), bad(5, Break::LinkBroken));
    let mut part = vec![events[0].clone()];
    part[0]["prev_hash"] = json!(hash("something before"));
    rehash(&mut part[0]);
    assert_eq!(verify(Verifier::default(), &part), bad(1, Break::LinkBroken));
}

#[test]
fn what_is_no_event_is_malformed_at_its_place() {
    let events = record();
    for wrong in [json!(null), json!({}), json!("event"), json!({"seq": 1})] {
        let mut tampered = events.clone();
        tampered[3] = wrong;
        assert_eq!(verify(Verifier::from_start(), &tampered), bad(4, Break::Malformed));
    }
}

#[test]
fn an_event_reads_back_as_it_was_written() {
    for json in record() {
        let event: Event = serde_json::from_value(json.clone()).expect("an event");
        assert_eq!(serde_json::to_value(&event).expect("JSON"), json);
        assert_eq!(event.data.event_type(), json["event_type"]);
        assert_eq!(Hash::parse(json["hash"].as_str().expect("text")), Some(event.hash));
    }
}

#[test]
fn no_event_holds_a_fraction_and_one_that_would_is_not_sealed() {
    let mut draft = of_a_project();
    draft.data = EventData::ProjectChanged(Changed {
        action: "updated".into(),
        before: None,
        after: Some(json!({"share": 0.5})),
    });
    assert!(seal(draft, None, None).is_err());
}
