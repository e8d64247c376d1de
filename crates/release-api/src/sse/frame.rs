//! One committed event as streams are handed it.

use super::topic::{Topic, topics};
use actix_web::web::Bytes;
use release_domain::event::EventPlace;
use release_domain::ids::ReleaseId;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// A committed event, ready to be written.
#[derive(Debug)]
pub struct Published {
    pub seq: u64,
    pub place: EventPlace,
    pub topics: Vec<Topic>,
    /// A freeze of everything: of no project, and of interest to all.
    pub stops_everything: bool,
    /// It tells of users, tokens or sessions.
    changes_access: bool,
    /// The access policy when it was read.
    pub policy_version: u64,
    pub frame: Bytes,
}

impl Published {
    #[must_use]
    pub fn of(event: &Value, place: EventPlace, policy_version: u64) -> Self {
        let seq = event["seq"].as_u64().unwrap_or_default();
        let event_type = event["event_type"].as_str().unwrap_or("event");
        let release: Option<ReleaseId> = event["release"]["id"].as_str().and_then(|id| id.parse().ok());
        Self {
            seq,
            stops_everything: place.project.is_none() && event_type.starts_with("freeze."),
            changes_access: event_type == "access.changed",
            place,
            topics: topics(event_type, release),
            policy_version,
            frame: Bytes::from(format!("id: {seq}\nevent: {event_type}\ndata: {event}\n\n")),
        }
    }

    /// Whoever may have been signed out by it: every id that a change of access names. Any other event ends no session,
    /// and asking after each would let one denied request cost as many looks as its maker has streams.
    #[must_use]
    pub fn ids_touched(&self) -> HashSet<Uuid> {
        if self.changes_access {
            ids_in(&self.frame)
        } else {
            HashSet::new()
        }
    }
}

/// Every id written in a frame.
fn ids_in(frame: &[u8]) -> HashSet<Uuid> {
    const CHARS: usize = 36;
    let mut found = HashSet::new();
    let mut at = 0;
    while let Some(window) = frame.get(at..at + CHARS) {
        let id = (window[8] == b'-' && window[13] == b'-')
            .then(|| Uuid::try_parse_ascii(window).ok())
            .flatten();
        match id {
            Some(id) => {
                found.insert(id);
                at += CHARS;
            }
            None => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(event_type: &str, id: Uuid) -> Published {
        let event = json!({"seq": 7, "event_type": event_type, "subject": {"id": id}, "data": {}});
        Published::of(&event, EventPlace::default(), 1)
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let frame = format!("data: {{\"subject\":{{\"id\":\"{a}\"}},\"after\":{{\"of\":\"user:{b}\"}}}}\n");
        assert_eq!(ids_in(frame.as_bytes()), [a, b].into_iter().collect());
    }

    #[test]
    fn only_a_change_of_access_may_end_a_session() {
        let id = Uuid::from_u128(1);
        assert!(event("access.changed", id).ids_touched().contains(&id));
        assert!(event("access.denied", id).ids_touched().is_empty());
    }
}
