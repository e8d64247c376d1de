//! The chains: every event names its predecessor's hash, globally and within its release.
//!
//! The hash is BLAKE3 over the event without `hash`, in RFC 8785 form. Both predecessors are in it, so a change, a
//! dropped, swapped or inserted event breaks every later link.

mod release;

pub use release::ReleaseVerifier;

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
        /// The chain ends before the checkpoint: its end was cut off.
        Truncated = "truncated",
        /// The chain holds in itself but is not the one whose checkpoint was signed: history was written anew.
        Forked = "forked",
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
    checkpoint: Option<Head>,
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

    /// Holds the chain to a checkpoint as well: the one way to see that its end was cut off, or all of it written anew.
    #[must_use]
    pub fn held_to(self, checkpoint: Head) -> Self {
        Self {
            checkpoint: Some(checkpoint),
            ..self
        }
    }

    /// Whether the chain reached its checkpoint, once every event was checked.
    ///
    /// # Errors
    /// `truncated`, at the first event that is missing.
    pub fn finish(&self) -> Result<(), FirstBad> {
        let reached = self.global.map_or(0, |h| h.seq);
        match self.checkpoint {
            Some(checkpoint) if reached < checkpoint.seq => Err(FirstBad {
                seq: reached + 1,
                code: Break::Truncated,
            }),
            Some(_) | None => Ok(()),
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
    /// The event, or its link, is not what it must be; `seq` is the one that the chain has at this place, or the event's
    /// own where the chain begins with it.
    pub fn check(&mut self, json: &Value) -> Result<(), FirstBad> {
        let anchored = self.global.is_some() || self.from_start;
        let expected = self.global.map_or(1, |h| h.seq + 1);
        let seq = if anchored {
            expected
        } else {
            json["seq"].as_u64().unwrap_or(expected)
        };
        let bad = |code| FirstBad { seq, code };
        let event: Event = serde_json::from_value(json.clone()).map_err(|_| bad(Break::Malformed))?;
        if event.seq != seq {
            return Err(bad(Break::Gap));
        }
        if hash_of(json).ok() != Some(event.hash) {
            return Err(bad(Break::HashMismatch));
        }
        let first = event.seq == 1;
        let linked = if anchored {
            event.prev_hash == self.global.map(|h| h.hash)
        } else {
            event.prev_hash.is_none() == first
        };
        if !linked {
            return Err(bad(Break::LinkBroken));
        }
        self.check_release(&event).map_err(bad)?;
        if self
            .checkpoint
            .is_some_and(|c| c.seq == event.seq && c.hash != event.hash)
        {
            return Err(bad(Break::Forked));
        }
        self.global = Some(Head {
            seq: event.seq,
            hash: event.hash,
        });
        self.checked += 1;
        Ok(())
    }

    fn check_release(&mut self, event: &Event) -> Result<(), Break> {
        let (release, seq) = match (&event.release, event.release_seq) {
            (Some(release), Some(seq)) => (release.id, seq),
            (None, None) if event.release_prev_hash.is_none() => return Ok(()),
            (None, None) => return Err(Break::ReleaseLinkBroken),
            (Some(_), None) | (None, Some(_)) => return Err(Break::ReleaseGap),
        };
        let known = self.releases.get(&release).copied();
        if known.is_some() || self.from_start {
            if seq != known.map_or(1, |h| h.seq + 1) {
                return Err(Break::ReleaseGap);
            }
            if event.release_prev_hash != known.map(|h| h.hash) {
                return Err(Break::ReleaseLinkBroken);
            }
        } else if event.release_prev_hash.is_none() != (seq == 1) {
            return Err(Break::ReleaseLinkBroken);
        }
        self.releases.insert(release, Head { seq, hash: event.hash });
        Ok(())
    }
}
