//! One release's own chain, as an export of that release alone holds it.
//!
//! Global numbers have gaps here: what happened in between is of others. So it is the release's own chain that is
//! checked, and the global one where two events follow each other in it.

use super::{Break, FirstBad, Head, hash_of};
use crate::event::{Event, EventData};
use crate::ids::ReleaseId;
use serde_json::Value;

/// Checks the events of one release in order, from its first; among them may be events that tell of it from outside its
/// chain (`access.denied`).
#[derive(Clone, Debug, Default)]
pub struct ReleaseVerifier {
    release: Option<ReleaseId>,
    /// The newest event of the release's own chain, by its place there.
    own: Option<Head>,
    /// The newest event, by its global place.
    last: Option<Head>,
    checked: u64,
}

impl ReleaseVerifier {
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.checked
    }

    /// The newest event, by its global place.
    #[must_use]
    pub fn last(&self) -> Option<Head> {
        self.last
    }

    /// The release whose chain this is, once its first event was checked.
    #[must_use]
    pub fn release(&self) -> Option<ReleaseId> {
        self.release
    }

    /// Checks the next event, given as its exported JSON.
    ///
    /// # Errors
    /// The event, or its link, is not what it must be. `gap` at 1: this is no export of one release alone.
    pub fn check(&mut self, json: &Value) -> Result<(), FirstBad> {
        let after = self.last.map_or(1, |last| last.seq + 1);
        let bad = |seq, code| FirstBad { seq, code };
        let event: Event = serde_json::from_value(json.clone())
            .map_err(|_| bad(json["seq"].as_u64().unwrap_or(after), Break::Malformed))?;
        let seq = event.seq;
        if seq < after {
            return Err(bad(after, Break::Gap));
        }
        if hash_of(json).ok() != Some(event.hash) {
            return Err(bad(seq, Break::HashMismatch));
        }
        let linked = match self.last {
            Some(last) if last.seq + 1 == seq => event.prev_hash == Some(last.hash),
            Some(_) | None => event.prev_hash.is_none() == (seq == 1),
        };
        if !linked {
            return Err(bad(seq, Break::LinkBroken));
        }
        self.check_own(&event)?;
        self.last = Some(Head { seq, hash: event.hash });
        self.checked += 1;
        Ok(())
    }

    fn check_own(&mut self, event: &Event) -> Result<(), FirstBad> {
        let bad = |code| FirstBad { seq: event.seq, code };
        let foreign = FirstBad {
            seq: 1,
            code: Break::Gap,
        };
        let (release, release_seq) = match (&event.release, event.release_seq) {
            (Some(release), Some(seq)) => (release.id, seq),
            (Some(_), None) | (None, Some(_)) => return Err(bad(Break::ReleaseGap)),
            (None, None) => {
                // Only what was denied is told of a release from outside its chain.
                if let EventData::AccessDenied {
                    release_id: Some(about),
                    ..
                } = &event.data
                    && self.release == Some(*about)
                {
                    return Ok(());
                }
                return Err(foreign);
            }
        };
        if self.release.is_some_and(|known| known != release) {
            return Err(foreign);
        }
        if release_seq != self.own.map_or(1, |own| own.seq + 1) {
            return Err(bad(Break::ReleaseGap));
        }
        if event.release_prev_hash != self.own.map(|own| own.hash) {
            return Err(bad(Break::ReleaseLinkBroken));
        }
        self.release = Some(release);
        self.own = Some(Head {
            seq: release_seq,
            hash: event.hash,
        });
        Ok(())
    }
}
