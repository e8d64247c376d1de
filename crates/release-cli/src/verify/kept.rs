//! Something kept from earlier, against which a record is held: an export, a checkpoint, or the bare note.

use super::note::Verifier as Key;
use super::read::{Source, parse};
use super::{Error, opened};
use release_domain::canonical::Hash;
use release_domain::event::chain::{Break, FirstBad, Head};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;

/// A note or checkpoint alone; a larger file is an export.
const ALONE_BYTES: u64 = 64 * 1024;

/// What was true then. The events of a kept export are its seqs and hashes alone.
pub struct Kept {
    head: Head,
    events: VecDeque<Head>,
}

impl Kept {
    /// # Errors
    /// It cannot be read, or holds nothing that the key verifies.
    pub fn read(path: &Path, key: &Key) -> Result<Self, Error> {
        let failed = |error| Error::File(path.to_owned(), error);
        let source = Source::open(path).map_err(failed)?;
        if let Some(written) = source.checkpoint().map_err(failed)? {
            let head = opened(key, &written).ok_or_else(|| Error::Kept(path.to_owned()))?;
            let mut events = VecDeque::new();
            let each = |line: &str| {
                events.extend(parse(line).as_ref().and_then(place));
                true
            };
            source.events(each).map_err(failed)?;
            return Ok(Self { head, events });
        }
        let size = std::fs::metadata(path).map_err(failed)?.len();
        let text = match size <= ALONE_BYTES {
            true => std::fs::read_to_string(path).map_err(failed)?,
            false => String::new(),
        };
        let written = serde_json::from_str::<Value>(&text).ok();
        let head = match &written {
            Some(written) => opened(key, written),
            None => key.open(&text),
        };
        Ok(Self {
            head: head.ok_or_else(|| Error::Kept(path.to_owned()))?,
            events: VecDeque::new(),
        })
    }

    /// Holds the next event against what was kept.
    ///
    /// # Errors
    /// It was another one then, or one that was there then is missing before it.
    pub fn hold(&mut self, event: &Value) -> Result<(), FirstBad> {
        let Some(now) = place(event) else { return Ok(()) };
        let forked = |seq| FirstBad {
            seq,
            code: Break::Forked,
        };
        while let Some(then) = self.events.front().copied().filter(|then| then.seq <= now.seq) {
            self.events.pop_front();
            if then.seq < now.seq {
                return Err(FirstBad {
                    seq: then.seq,
                    code: Break::Gap,
                });
            }
            if then.hash != now.hash {
                return Err(forked(now.seq));
            }
        }
        if now.seq == self.head.seq && now.hash != self.head.hash {
            return Err(forked(now.seq));
        }
        Ok(())
    }

    /// What was there then and is no more, once all was read.
    pub fn end(&mut self, reached: u64) -> Option<FirstBad> {
        let missing = match self.events.front() {
            Some(then) => Some(then.seq),
            None => (self.head.seq > reached).then_some(reached + 1),
        };
        missing.map(|seq| FirstBad {
            seq,
            code: Break::Truncated,
        })
    }
}

/// Where an event stands, by its own account.
fn place(event: &Value) -> Option<Head> {
    Some(Head {
        seq: event["seq"].as_u64()?,
        hash: Hash::parse(event["hash"].as_str()?)?,
    })
}
