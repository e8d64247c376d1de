//! State and timeline are one, and the timeline is a chain.

use super::steps::{at_once, drafted, first, save_with, seeded, sorted};
use crate::fixtures;
use release_domain::event::chain::{Head, Verifier, hash_of};
use release_domain::event::{Event, EventDraft};
use release_domain::ports::{AuditFilter, Commit, CommitError, Page, Store, Visible, Write};
use serde_json::Value;
use std::collections::HashMap;

/// Every event of the store, oldest first, read in small pages.
async fn all(store: &dyn Store) -> Vec<Value> {
    let mut events = Vec::new();
    let mut page = first(7);
    loop {
        let found = store
            .events(&AuditFilter::default(), &Visible::All, page)
            .await
            .expect("a page");
        events.extend(found.items.into_iter().map(|(event, _)| event));
        let Some(after) = found.next else { return events };
        page = Page {
            limit: 7,
            after: Some(after),
        };
    }
}

fn typed(json: &Value) -> Event {
    serde_json::from_value(json.clone()).expect("an event")
}

pub async fn state_and_event_are_saved_together(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    let next = fixtures::next_version(&release);
    let event = fixtures::event_of(&next);
    let committed = save_with(store, vec![Write::Release(Box::new(next.clone()))], vec![event.clone()]).await;
    let [told] = committed.events.as_slice() else {
        panic!("one event is told")
    };
    assert_eq!((told.seq, told.release_seq, told.prev_hash), (1, Some(1), None));
    assert_eq!(told.data, event.data);
    assert_eq!(store.release(next.id).await, Ok(Some(next)));
    let head = Head {
        seq: 1,
        hash: told.hash,
    };
    assert_eq!(store.head().await, Ok(Some(head)));
}

pub async fn a_store_without_events_has_no_head(store: &dyn Store) {
    seeded(store, "a").await;
    assert_eq!(store.head().await, Ok(None));
    assert_eq!(all(store).await, Vec::<Value>::new());
}

pub async fn sequences_are_dense_under_concurrent_commits(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let rounds = 6;
    let commits = (1..=16).map(|number| {
        let mut release = place.release(number);
        async move {
            for _ in 0..rounds {
                let events = vec![fixtures::event_of(&release), fixtures::event_of(&release)];
                save_with(store, vec![Write::Release(Box::new(release.clone()))], events).await;
                release = fixtures::next_version(&release);
            }
        }
    });
    at_once(commits).await;
    let events = all(store).await;
    let seqs: Vec<_> = events.iter().map(|event| typed(event).seq).collect();
    assert_eq!(seqs, (1..=16 * rounds * 2).collect::<Vec<_>>());
    let mut of_release: HashMap<_, Vec<u64>> = HashMap::new();
    for event in &events {
        let event = typed(event);
        let release = event.release.expect("of a release").id;
        of_release
            .entry(release)
            .or_default()
            .push(event.release_seq.expect("a place in its release"));
    }
    assert_eq!(of_release.len(), 16);
    assert!(
        of_release
            .values()
            .all(|seqs| *seqs == (1..=rounds * 2).collect::<Vec<_>>())
    );
    let mut verifier = Verifier::from_start();
    for event in &events {
        verifier.check(event).expect("the chain holds");
    }
}

pub async fn releases_have_chains_of_their_own(store: &dyn Store) {
    let (place, a) = drafted(store, "a").await;
    let b = place.release(2);
    let first = save_with(
        store,
        vec![Write::Release(Box::new(b.clone()))],
        vec![fixtures::event_of(&b)],
    )
    .await;
    let between = save_with(
        store,
        Vec::new(),
        vec![fixtures::event_of_project(place.project.id, "updated")],
    )
    .await;
    let other = save_with(store, Vec::new(), vec![fixtures::event_of(&a)]).await;
    let second = save_with(store, Vec::new(), vec![fixtures::event_of(&b)]).await;
    let [first, between, other, second] = [first, between, other, second].map(|c| c.events[0].clone());
    assert_eq!(
        (between.seq, between.release_seq, between.release_prev_hash),
        (2, None, None)
    );
    assert_eq!((other.release_seq, other.release_prev_hash), (Some(1), None));
    assert_eq!(
        (second.release_seq, second.release_prev_hash),
        (Some(2), Some(first.hash))
    );
    assert_eq!(second.prev_hash, Some(other.hash));
}

pub async fn the_whole_chain_verifies_from_the_start(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    for round in 0..20 {
        let events: Vec<EventDraft> = (0..=round % 3)
            .map(|n| match n {
                0 => fixtures::event_of(&release),
                _ => fixtures::event_of_project(place.project.id, "updated"),
            })
            .collect();
        save_with(store, Vec::new(), events).await;
    }
    let events = all(store).await;
    let mut verifier = Verifier::from_start();
    for event in &events {
        verifier.check(event).expect("the chain holds");
    }
    assert_eq!(verifier.checked(), events.len() as u64);
    assert_eq!(verifier.head(), store.head().await.expect("a head"));
    // And a changed one is found.
    let mut forged = events.clone();
    forged[4]["actor"]["name"] = "somebody else".into();
    let mut verifier = Verifier::from_start();
    let bad = forged.iter().find_map(|event| verifier.check(event).err());
    assert_eq!(bad.map(|bad| bad.seq), Some(5));
}

pub async fn events_of_one_commit_stand_in_order(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let drafts: Vec<_> = ["one", "two", "three"]
        .into_iter()
        .flat_map(|word| {
            [
                fixtures::event_of_project(place.project.id, word),
                fixtures::event_of(&release),
            ]
        })
        .collect();
    let told: Vec<_> = drafts.iter().map(|draft| draft.data.clone()).collect();
    let committed = save_with(store, Vec::new(), drafts).await;
    let kept: Vec<_> = all(store).await.iter().map(|event| typed(event).data).collect();
    assert_eq!(kept, told);
    let seqs: Vec<_> = committed.events.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, sorted(seqs.clone()));
}

pub async fn a_refused_commit_uses_up_no_place(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    save_with(store, Vec::new(), vec![fixtures::event_of(&release)]).await;
    let refused = Commit {
        writes: vec![Write::Release(Box::new(release.clone()))],
        events: vec![fixtures::event_of(&release), fixtures::event_of(&release)],
        ..Commit::default()
    };
    assert_eq!(store.commit(refused).await, Err(CommitError::Conflict));
    let next = save_with(store, Vec::new(), vec![fixtures::event_of(&release)]).await;
    assert_eq!((next.events[0].seq, next.events[0].release_seq), (2, Some(2)));
}

pub async fn events_come_back_as_they_were_sealed(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let mut behalf = fixtures::event_of(&release);
    behalf.on_behalf_of = Some(fixtures::user("person").actor());
    behalf.trace_id = Some("0af7651916cd43dd8448eb211c80319c".into());
    behalf.actor.name = "ünï \u{0} \"quoted\" \\ 𝄞".into();
    let drafts = vec![behalf, fixtures::event_of_project(place.project.id, "updated")];
    let committed = save_with(store, Vec::new(), drafts).await;
    let kept = all(store).await;
    assert_eq!(kept.len(), 2);
    for (json, sealed) in kept.iter().zip(&committed.events) {
        assert_eq!(&typed(json), sealed);
        assert_eq!(
            hash_of(json),
            Ok(sealed.hash),
            "the text that is kept has the hash that was told"
        );
        assert_eq!(*json, serde_json::to_value(sealed).expect("JSON"));
    }
}
