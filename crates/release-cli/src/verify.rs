//! Verifying an export or an evidence bundle with nothing but the server's verifier key.
//!
//! Limits: a file tells only of itself. That its end was cut off before it was signed, or that a store was put back and
//! written on, shows against something that was kept elsewhere. Invariant: nothing here asks a server, and nothing in a
//! file is believed that no signature or hash holds.

mod kept;
mod note;
mod read;

use kept::Kept;
use note::Verifier as Key;
use read::{Source, parse};
use release_domain::event::chain::{Break, FirstBad, Head, ReleaseVerifier, Verifier};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// What is to be verified.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub file: &'a Path,
    /// The verifier key, as C2SP writes it.
    pub key: &'a str,
    /// Something kept from earlier.
    pub against: Option<&'a Path>,
    /// The file is of a part of the record that begins here.
    pub from_seq: Option<u64>,
}

/// Why nothing could be verified.
#[derive(Debug)]
pub enum Error {
    File(PathBuf, io::Error),
    Key,
    /// What was kept is nothing that the key verifies.
    Kept(PathBuf),
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The record from its first event on.
    Record,
    /// A part of it that begins at this event.
    Part(u64),
    /// One release's own chain.
    Release(u64),
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub seq: u64,
    /// A [`Break`], or `checkpoint_forged`.
    pub code: &'static str,
}

impl From<FirstBad> for Bad {
    fn from(bad: FirstBad) -> Self {
        Self {
            seq: bad.seq,
            code: bad.code.as_str(),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub holds: Holds,
    /// Events that were checked and are good.
    pub checked: u64,
    /// The signed head.
    pub checkpoint: Option<Head>,
    pub signed_by: String,
    pub bad: Option<Bad>,
}

/// Verifies a file.
///
/// # Errors
/// It cannot be read, or the key is none.
pub fn verify(asked: &Asked<'_>) -> Result<Found, Error> {
    let key = Key::parse(asked.key).ok_or(Error::Key)?;
    let failed = |error| Error::File(asked.file.to_owned(), error);
    let source = Source::open(asked.file).map_err(failed)?;
    let written = source.checkpoint().map_err(failed)?;
    let signed = written.as_ref().and_then(|written| opened(&key, written));
    let mut kept = asked.against.map(|path| Kept::read(path, &key)).transpose()?;
    let mut chain = Chain::begin(&source, asked.from_seq, signed).map_err(failed)?;
    let mut bad = None;
    let walk = source.events(|line| {
        let event = parse(line).unwrap_or_default();
        let checked = chain.check(&event, signed);
        let held = checked.and_then(|()| kept.as_mut().map_or(Ok(()), |kept| kept.hold(&event)));
        bad = held.err();
        bad.is_none()
    });
    walk.map_err(failed)?;
    let found = bad
        .or_else(|| chain.end(signed))
        .or_else(|| kept.as_mut().and_then(|kept| kept.end(chain.reached())))
        .map(Bad::from)
        .or_else(|| unsigned(written.as_ref(), signed, chain.reached()));
    Ok(Found {
        holds: chain.holds(),
        checked: chain.checked(),
        checkpoint: signed,
        signed_by: key.name().to_owned(),
        bad: found,
    })
}

/// The head of a checkpoint whose note is signed and says what stands beside it.
fn opened(key: &Key, written: &Value) -> Option<Head> {
    let head = key.open(written["note"].as_str()?)?;
    let told: Head = serde_json::from_value(json!({"seq": written["seq"], "hash": written["hash"]})).ok()?;
    (told == head).then_some(head)
}

/// A chain that holds in itself, and no signature for it: its end was cut off, or its checkpoint is not the server's.
fn unsigned(written: Option<&Value>, signed: Option<Head>, reached: u64) -> Option<Bad> {
    match (written, signed) {
        (_, Some(_)) => None,
        (Some(_), None) => Some(Bad {
            seq: reached,
            code: "checkpoint_forged",
        }),
        (None, None) => Some(Bad {
            seq: reached + 1,
            code: Break::Truncated.as_str(),
        }),
    }
}

/// The chain of a file, by what the file holds.
enum Chain {
    Record {
        verifier: Box<Verifier>,
        from: u64,
    },
    Release {
        verifier: Box<ReleaseVerifier>,
        number: u64,
        /// Whether its checkpoint is of its own newest event.
        to_its_end: bool,
    },
}

impl Chain {
    fn begin(source: &Source, from_seq: Option<u64>, signed: Option<Head>) -> io::Result<Self> {
        let number = match from_seq {
            None => release_alone(source)?,
            Some(_) => None,
        };
        if source.is_bundle() || number.is_some() {
            return Ok(Self::Release {
                verifier: Box::default(),
                number: number.unwrap_or_default(),
                to_its_end: source.is_bundle(),
            });
        }
        let from = from_seq.unwrap_or(1);
        let verifier = match from {
            1 => Verifier::from_start(),
            _ => Verifier::default(),
        };
        let verifier = Box::new(match signed {
            Some(head) => verifier.held_to(head),
            None => verifier,
        });
        Ok(Self::Record { verifier, from })
    }

    fn check(&mut self, event: &Value, signed: Option<Head>) -> Result<(), FirstBad> {
        match self {
            Self::Record { verifier, from } => {
                let begins = verifier.head().is_none();
                if begins && event["seq"].as_u64().is_some_and(|seq| seq != *from) {
                    return Err(FirstBad {
                        seq: *from,
                        code: Break::Gap,
                    });
                }
                verifier.check(event)?;
            }
            Self::Release { verifier, .. } => {
                verifier.check(event)?;
                let last = verifier.last();
                if last.is_some_and(|last| signed.is_some_and(|signed| last.seq == signed.seq && last != signed)) {
                    return Err(forked(last.map_or(1, |last| last.seq)));
                }
            }
        }
        // Nothing stands past the head that was signed: what does was put there afterwards.
        match signed {
            Some(signed) if self.reached() > signed.seq => Err(forked(self.reached())),
            Some(_) | None => Ok(()),
        }
    }

    fn end(&self, signed: Option<Head>) -> Option<FirstBad> {
        match self {
            Self::Record { verifier, .. } => verifier.finish().err(),
            Self::Release { to_its_end: false, .. } => None,
            Self::Release { .. } => signed
                .filter(|signed| signed.seq > self.reached())
                .map(|signed| FirstBad {
                    seq: signed.seq,
                    code: Break::Truncated,
                }),
        }
    }

    /// The newest event that is good.
    fn reached(&self) -> u64 {
        let head = match self {
            Self::Record { verifier, .. } => verifier.head(),
            Self::Release { verifier, .. } => verifier.last(),
        };
        head.map_or(0, |head| head.seq)
    }

    fn checked(&self) -> u64 {
        match self {
            Self::Record { verifier, .. } => verifier.checked(),
            Self::Release { verifier, .. } => verifier.checked(),
        }
    }

    fn holds(&self) -> Holds {
        match self {
            Self::Record { from: 1, .. } => Holds::Record,
            Self::Record { from, .. } => Holds::Part(*from),
            Self::Release { number, .. } => Holds::Release(*number),
        }
    }
}

/// The number of the release that every event of a file is of; `None`: they are of more than one thing, as in every
/// export that begins with the record's first event.
fn release_alone(source: &Source) -> io::Result<Option<u64>> {
    let mut found: Option<Value> = None;
    let mut alone = true;
    source.events(|line| {
        let event = parse(line).unwrap_or_default();
        let of = match &event["release"]["id"] {
            Value::Null => event["data"]["release_id"].clone(),
            id => id.clone(),
        };
        alone = !of.is_null() && found.as_ref().is_none_or(|known| known["id"] == of);
        found.get_or_insert_with(|| event["release"].clone());
        alone
    })?;
    Ok(found.filter(|_| alone).and_then(|release| release["number"].as_u64()))
}

const fn forked(seq: u64) -> FirstBad {
    FirstBad {
        seq,
        code: Break::Forked,
    }
}

impl Found {
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.bad.is_none()
    }

    /// For people.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let what = match self.holds {
            Holds::Record => "the record".to_owned(),
            Holds::Part(from) => format!("the record from event {from} on"),
            Holds::Release(number) => format!("the chain of release {number}"),
        };
        if let Some(bad) = &self.bad {
            let means = meaning(bad.code);
            return vec![
                format!("BAD: first bad seq {}: {}: {means}", bad.seq, bad.code),
                format!("{} events before it are good ({what})", self.checked),
            ];
        }
        let mut lines = vec![format!("OK: {} events; {what} is whole", self.checked)];
        if let Some(head) = self.checkpoint {
            lines.push(format!(
                "checkpoint {} {} signed by {}",
                head.seq, head.hash, self.signed_by
            ));
        }
        lines
    }

    /// For programs, shaped as the server's own verification.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut value = json!({"ok": self.is_good(), "checked": self.checked, "head": self.checkpoint});
        if let Some(bad) = &self.bad {
            value["first_bad"] = json!({"seq": bad.seq, "code": bad.code});
        }
        value
    }
}

fn meaning(code: &str) -> &'static str {
    let known = Break::ALL.iter().find(|known| known.as_str() == code);
    match known {
        Some(Break::HashMismatch) => "it was changed",
        Some(Break::LinkBroken) => "the one before it was changed, dropped or replaced",
        Some(Break::Gap) => "an event is missing here, or stands twice or elsewhere",
        Some(Break::ReleaseLinkBroken) => "its link within its release is broken",
        Some(Break::ReleaseGap) => "an event of its release is missing",
        Some(Break::Malformed) => "this is no event",
        Some(Break::Truncated) => "the end was cut off",
        Some(Break::Forked) => "history was written anew here, or written on after it was signed",
        None => "the checkpoint is not signed by this key",
    }
}
