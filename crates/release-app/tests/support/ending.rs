//! What must hold at the end of every story.

use super::company::{Company, SECRET, World};
use release_domain::event::Event;
use release_domain::event::chain::{Head, Verifier};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{AuditFilter, Page, ReleaseFilter, ReleaseQueries, Timeline, Visible};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

impl Company {
    /// Every event of the store, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let page = Page {
            limit: 100_000,
            after: None,
        };
        let found = Timeline::events(&self.store, &AuditFilter::default(), &Visible::All, page).await;
        found.unwrap().items.into_iter().map(|(event, _)| event).collect()
    }

    /// Of one release, oldest first.
    pub async fn timeline(&self, id: ReleaseId) -> Vec<Value> {
        let page = Page {
            limit: 100_000,
            after: None,
        };
        Timeline::timeline(&self.store, id, page).await.unwrap().items
    }

    /// The event types of one release, oldest first.
    pub async fn told(&self, id: ReleaseId) -> Vec<String> {
        types_of(&self.timeline(id).await)
    }

    /// The types of what was told of a release since it had so many events.
    pub async fn told_since(&self, id: ReleaseId, before: usize) -> Vec<String> {
        self.told(id).await.split_off(before)
    }

    /// The newest event of that type, in any chain.
    pub async fn newest(&self, event_type: &str) -> Value {
        let events = self.events().await.into_iter();
        let mut found = events.filter(|e| e["event_type"] == event_type);
        found.next_back().unwrap_or_else(|| panic!("no {event_type} was told"))
    }

    pub async fn count(&self, event_type: &str) -> usize {
        let events = self.events().await;
        events.iter().filter(|e| e["event_type"] == event_type).count()
    }

    /// The chain verifies, each release's events lead to the state it is in, its version never runs back, and no secret
    /// is in any of it.
    pub async fn holds_together(&self) {
        self.holds_together_past(None).await;
    }

    /// The same of what was told past `head`.
    pub async fn holds_together_past(&self, head: Option<Head>) {
        let page = Page {
            limit: 100_000,
            after: head.map(|h| h.seq),
        };
        let found = Timeline::events(&self.store, &AuditFilter::default(), &Visible::All, page).await;
        let mut verifier = head.map_or_else(Verifier::from_start, Verifier::after);
        let mut last: BTreeMap<ReleaseId, Event> = BTreeMap::new();
        for (json, _) in &found.unwrap().items {
            if let Err(bad) = verifier.check(json) {
                panic!("the chain is broken at {}: {}\n{json:#}", bad.seq, bad.code);
            }
            assert!(!json.to_string().contains(SECRET), "a secret was told: {json:#}");
            let event: Event = serde_json::from_value(json.clone()).unwrap();
            let Some(release) = event.release.clone() else { continue };
            if let Some(before) = last.get(&release.id).and_then(|e| e.release.as_ref()) {
                assert!(
                    before.version <= release.version,
                    "an event tells of the past: {json:#}"
                );
            }
            last.insert(release.id, event);
        }
        let page = Page {
            limit: 100_000,
            after: None,
        };
        let releases = self
            .store
            .releases(&ReleaseFilter::default(), &Visible::All, page)
            .await;
        for release in releases.unwrap().items {
            match last.get(&release.id).and_then(|e| e.release.as_ref()) {
                Some(told) => {
                    assert_eq!(told.lifecycle_state, release.state(), "the timeline leads elsewhere");
                    assert!(told.version <= release.version);
                }
                None => assert!(head.is_some(), "its creation is told"),
            }
            let running = self.store.running();
            let runs = running.iter().any(|(_, of)| *of == release.id);
            let in_between = matches!(release.state(), LifecycleState::Applying | LifecycleState::Rollback);
            assert_eq!(
                runs, in_between,
                "a job without a release in between, or the other way round"
            );
        }
    }
}

impl World {
    /// Ends a story: see [`Company::holds_together`].
    pub async fn closes(self) {
        self.closed.store(true, Ordering::Relaxed);
        self.holds_together().await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.closed.load(Ordering::Relaxed), "a story ends with `closes`");
        }
    }
}

pub fn types_of(events: &[Value]) -> Vec<String> {
    let word = |e: &Value| e["event_type"].as_str().unwrap_or_default().to_owned();
    events.iter().map(word).collect()
}

/// The data of every event of that type.
pub fn data_of(events: &[Value], event_type: &str) -> Vec<Value> {
    let fitting = events.iter().filter(|e| e["event_type"] == event_type);
    fitting.map(|e| e["data"].clone()).collect()
}
