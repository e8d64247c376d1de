//! What is verified, line by line: an export as it is, or the timeline of an evidence bundle. Nothing is held in memory
//! but the line at hand, so that a record of millions is verified on a laptop.

use flate2::read::GzDecoder;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// An event is a few kB; a longer line is none.
const LINE_BYTES: u64 = 16 * 1024 * 1024;
/// How gzip files begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The parts of a bundle that are verified.
const TIMELINE: &str = "timeline.ndjson";
const CHECKPOINT: &str = "checkpoint.json";
/// A checkpoint is a few hundred bytes.
const CHECKPOINT_BYTES: u64 = 64 * 1024;

/// A file that can be read as often as need be.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    bundle: bool,
}

impl Source {
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut begin = [0; 2];
        let read = File::open(path)?.take(2).read(&mut begin)?;
        Ok(Self {
            path: path.to_owned(),
            bundle: read == 2 && begin == GZIP,
        })
    }

    #[must_use]
    pub fn is_bundle(&self) -> bool {
        self.bundle
    }

    /// Hands every event's line to `each`, in order, until it has seen enough; the checkpoint is not among them.
    ///
    /// # Errors
    /// The file cannot be read to its end.
    pub fn events(&self, mut each: impl FnMut(&str) -> bool) -> io::Result<()> {
        if self.bundle {
            return self.part(TIMELINE, |part| lines(part, |line, _| each(line)));
        }
        lines(File::open(&self.path)?, |line, last| {
            last && is_checkpoint(line) || each(line)
        })
    }

    /// The checkpoint, where there is one: `{seq, hash, note}`.
    ///
    /// # Errors
    /// The file cannot be read to its end.
    pub fn checkpoint(&self) -> io::Result<Option<Value>> {
        let mut found = None;
        if self.bundle {
            self.part(CHECKPOINT, |part| {
                let mut text = String::new();
                part.take(CHECKPOINT_BYTES).read_to_string(&mut text)?;
                found = parse(&text);
                Ok(())
            })?;
            return Ok(found);
        }
        lines(File::open(&self.path)?, |line, last| {
            if last && is_checkpoint(line) {
                found = parse(line).map(|mut value| value["checkpoint"].take());
            }
            true
        })?;
        Ok(found)
    }

    /// Hands the first part of the bundle that bears this name to `take`.
    fn part(&self, name: &str, take: impl FnOnce(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
        let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(&self.path)?)));
        for entry in archive.entries()? {
            let mut entry = entry?;
            let named = entry.path()?.file_name().is_some_and(|file| file == name);
            if named {
                return take(&mut entry);
            }
        }
        Ok(())
    }
}

fn is_checkpoint(line: &str) -> bool {
    line.starts_with("{\"checkpoint\"")
}

/// Hands each line to `each`, with whether it is the last.
fn lines(from: impl Read, mut each: impl FnMut(&str, bool) -> bool) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while !from.fill_buf()?.is_empty() {
        line.clear();
        (&mut from).take(LINE_BYTES).read_until(b'\n', &mut line)?;
        let last = from.fill_buf()?.is_empty();
        // What is no text is handed on as something that no event can be.
        let text = String::from_utf8_lossy(&line);
        if !each(text.trim_end_matches('\n'), last) {
            return Ok(());
        }
    }
    Ok(())
}

/// JSON in which no object names a member twice: readers differ in which of the two they take, so that one would see
/// another event than the one that was hashed. `None`: it is none.
#[must_use]
pub fn parse(line: &str) -> Option<Value> {
    serde_json::from_str::<Strict>(line).ok().map(|strict| strict.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without a member named twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Strict>()? {
            items.push(item.0);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = map.next_entry::<String, Strict>()? {
            if members.insert(name, value.0).is_some() {
                return Err(de::Error::custom("a member is named twice"));
            }
        }
        Ok(members.into())
    }
}
