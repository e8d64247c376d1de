//! The chains: every event names its predecessor's hash, globally and within its release.
//!
//! The hash is BLAKE3 over the event without `hash`, in RFC 8785 form. Both predecessors are in it, so a change, a
//! dropped, swapped or inserted event breaks every later link.

use super::{Event, EventDraft};
use crate::canonical::{self, Hash, NotCanonical};
use crate::ids::ReleaseId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// The newest link of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: u64,
    pub hash: Hash,
}

/// Gives a draft its place: one past `global`, one past its release's head.
///
/// # Errors
/// Its data holds a number that has no canonical form.
pub fn seal(draft: EventDraft, global: Option<Head>, release: Option<Head>) -> Result<Event, NotCanonical> {
    let mut event = Event {
        seq: global.map_or(1, |h| h.seq + 1),
        release_seq: draft.release.as_ref().map(|_| release.map_or(1, |h| h.seq + 1)),
        occurred_at: draft.occurred_at,
        actor: draft.actor,
        on_behalf_of: draft.on_behalf_of,
        channel: draft.channel,
        correlation_id: draft.correlation_id,
        trace_id: draft.trace_id,
        subject: if draft.release.is_none() { draft.subject } else { None },
        release_prev_hash: draft.release.as_ref().and(release.map(|h| h.hash)),
        release: draft.release,
        data: draft.data,
        prev_hash: global.map(|h| h.hash),
        hash: Hash::from_bytes([0; 32]),
    };
    event.hash = hash_of(&serde_json::to_value(&event).map_err(|_| NotCanonical::NotJson)?)?;
    Ok(event)
}

/// The hash an event must carry, from its JSON as exported.
///
/// # Errors
/// It holds a number that has no canonical form.
pub fn hash_of(event: &Value) -> Result<Hash, NotCanonical> {
    let mut bare = event.clone();
    if let Value::Object(members) = &mut bare {
        members.remove("hash");
    }
    canonical::hash(&bare)
}

crate::codes::words! {
    /// What is wrong with the first bad event of a chain.
    pub enum Break {
        /// The event does not have the hash it carries: it was changed.
        HashMismatch = "hash_mismatch",
        /// Its predecessor is not the event before it: one was changed, dropped, swapped or inserted.
        LinkBroken = "link_broken",
        /// `seq` jumps or repeats.
        Gap = "gap",
        /// The link within its release is broken.
        ReleaseLinkBroken = "release_link_broken",
        ReleaseGap = "release_gap",
        Malformed = "malformed",
    }
}

/// The first place where a chain does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstBad {
    pub seq: u64,
    pub code: Break,
}

/// Checks events in order. Start it with the heads before the first event checked, or unanchored where they are not
/// known (an export of a part): then the first link of each chain is taken as given.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    global: Option<Head>,
    releases: HashMap<ReleaseId, Head>,
    checked: u64,
    from_start: bool,
}

impl Verifier {
    /// From the very first event of the store.
    #[must_use]
    pub fn from_start() -> Self {
        Self {
            from_start: true,
            ..Self::default()
        }
    }

    /// After `head`, whose hash is known to be right.
    #[must_use]
    pub fn after(head: Head) -> Self {
        Self {
            global: Some(head),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn checked(&self) -> u64 {
        self.checked
    }

    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.global
    }

    /// Checks the next event, given as its exported JSON.
    ///
    /// # Errors
    /// The event, or its link, is not what it must be; `seq` is the event's own, or the one expected where it has none.
    pub fn check(&mut self, json: &Value) -> Result<(), FirstBad> {
        let expected = self.global.map_or(1, |h| h.seq + 1);
        let bad = |seq, code| FirstBad { seq, code };
        let event: Event = serde_json::from_value(json.clone())
            .map_err(|_| bad(json["seq"].as_u64().unwrap_or(expected), Break::Malformed))?;
        let anchored = self.global.is_some() || self.from_start;
        if anchored && event.seq != expected {
            return Err(bad(expected.min(event.seq), Break::Gap));
        }
        if hash_of(json).ok() != Some(event.hash) {
            return Err(bad(event.seq, Break::HashMismatch));
        }
        if anchored && event.prev_hash != self.global.map(|h| h.hash) {
            return Err(bad(event.seq, Break::LinkBroken));
        }
        self.check_release(&event)?;
        self.global = Some(Head {
            seq: event.seq,
            hash: event.hash,
        });
        self.checked += 1;
        Ok(())
    }

    fn check_release(&mut self, event: &Event) -> Result<(), FirstBad> {
        let Some(release) = &event.release else { return Ok(()) };
        let seq = event.release_seq.ok_or(FirstBad {
            seq: event.seq,
            code: Break::ReleaseGap,
        })?;
        let known = self.releases.get(&release.id).copied();
        if known.is_some() || self.from_start {
            if seq != known.map_or(1, |h| h.seq + 1) {
                return Err(FirstBad {
                    seq: event.seq,
                    code: Break::ReleaseGap,
                });
            }
            if event.release_prev_hash != known.map(|h| h.hash) {
                return Err(FirstBad {
                    seq: event.seq,
                    code: Break::ReleaseLinkBroken,
                });
            }
        }
        self.releases.insert(release.id, Head { seq, hash: event.hash });
        Ok(())
    }
}
