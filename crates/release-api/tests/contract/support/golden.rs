//! Files that a reviewer reads and another part of this repository uses, held to what the code says now.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Members in the order of their names, at every depth: whatever features serde_json was built with, a file reads the same.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let by_name: BTreeMap<&String, &Value> = members.iter().collect();
            let members = by_name.into_iter().map(|(name, member)| (name.clone(), sorted(member)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The file below the repository holds this value. `UPDATE_GOLDEN=1` writes it anew.
pub fn holds(path: &str, value: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let mut text = Vec::new();
        let indented = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut writer = serde_json::Serializer::with_formatter(&mut text, indented);
        serde::Serialize::serialize(&sorted(value), &mut writer).expect("it is JSON");
        text.push(b'\n');
        std::fs::create_dir_all(file.parent().expect("it is in a folder")).expect("its folder");
        std::fs::write(&file, text).expect("it is written");
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let kept: Value = serde_json::from_str(&text).unwrap_or_default();
    assert!(kept == *value, "{path} is stale: UPDATE_GOLDEN=1 writes it anew");
}

/// Ids, hashes and instants, which differ from run to run, numbered in the order in which they stand there (instants in
/// their own order): what is the same stays the same, and a file changes only where a shape did.
pub fn steady(value: &Value) -> Value {
    let value = sorted(value);
    let mut seen = Seen::default();
    seen.look(&value);
    seen.told(&value)
}

#[derive(Default)]
struct Seen {
    ids: Vec<String>,
    hashes: Vec<String>,
    instants: BTreeSet<String>,
}

/// Of a hash in hex.
const HASH_CHARS: usize = 64;

impl Seen {
    fn look(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.values().for_each(|member| self.look(member)),
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            Value::String(text) if is_instant(text) => {
                self.instants.insert(text.clone());
            }
            Value::String(text) => {
                for word in words(text) {
                    let list = if is_hash(word) { &mut self.hashes } else { &mut self.ids };
                    if (is_hash(word) || is_id(word)) && !list.iter().any(|known| known == word) {
                        list.push(word.to_owned());
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn told(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.iter().map(|(name, member)| (name.clone(), self.told(member)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.told(item)).collect()),
            Value::String(text) => Value::String(self.said(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn said(&self, text: &str) -> String {
        if let Some(at) = self.instants.iter().position(|known| known == text) {
            return format!("2026-01-02T{:02}:{:02}:00.000000Z", 3 + at / 60, at % 60);
        }
        let mut said = text.to_owned();
        for word in words(text) {
            if let Some(at) = self.ids.iter().position(|known| known == word) {
                said = said.replace(word, &format!("01990000-0000-7000-8000-{at:012}"));
            } else if let Some(at) = self.hashes.iter().position(|known| known == word) {
                said = said.replace(word, &format!("{at:064x}"));
            }
        }
        said
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'))
}

fn is_id(word: &str) -> bool {
    word.len() == 36 && uuid::Uuid::parse_str(word).is_ok()
}

fn is_hash(word: &str) -> bool {
    word.len() == HASH_CHARS && word.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_instant(text: &str) -> bool {
    text.len() > 19 && text.ends_with('Z') && text.as_bytes()[10] == b'T' && text.starts_with("20")
}
