//! What readers may not see: values of secret variables wherever they occur, values whose name says so, and what looks
//! like a secret inside other texts.

use super::{MASK, name_looks_secret, text, value_has_password};
use crate::canonical::Hash;
use crate::ports::{Desired, MacKey};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Shorter values are masked only where they stand alone: replaced inside other texts they would tear words apart.
const MIN_INNER_CHARS: usize = 4;

/// Masks texts and values.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    /// Longest first, so that a secret inside another does not leave the other's ends standing.
    values: Vec<String>,
}

impl Masker {
    pub fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values }
    }

    /// Of everything these desired states hold secret.
    pub fn of<'a>(states: impl IntoIterator<Item = &'a Desired>) -> Self {
        Self::new(states.into_iter().flat_map(|d| d.secret_values.iter().cloned()))
    }

    /// With more values: of literals that look secret, for texts that others wrote, logs and errors, where no name
    /// stands beside a value.
    #[must_use]
    pub fn with(&self, values: impl IntoIterator<Item = String>) -> Self {
        Self::new(self.values.iter().cloned().chain(values))
    }

    /// Replaces every secret value in a text.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for value in &self.values {
            let found = match value.chars().count() >= MIN_INNER_CHARS {
                true => masked.contains(value.as_str()),
                false => masked == value.as_str(),
            };
            if found {
                masked = Cow::Owned(masked.replace(value.as_str(), MASK));
            }
        }
        masked
    }

    /// Whether a value may not be shown whole. `name` is its key, or that of a `KEY=value` it stands in.
    pub fn is_secret(&self, name: &str, value: &str) -> bool {
        if value.is_empty() {
            return false;
        }
        name_looks_secret(name)
            || value_has_password(value)
            || named_inside(value).is_some_and(|(name, inner)| !inner.is_empty() && name_looks_secret(name))
            || self.text(value) != value
            || text::masked(value) != value
    }

    /// A copy for readers.
    pub fn value(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) if name_looks_secret(name) && !text.is_empty() => Value::from(MASK),
            Value::String(text) => match named_inside(text) {
                Some((name, inner)) if name_looks_secret(name) && !inner.is_empty() => {
                    Value::from(format!("{name}={MASK}"))
                }
                // One URL; a command that has one among its words stays readable.
                _ if value_has_password(text) && !text.contains(char::is_whitespace) => Value::from(MASK),
                _ => Value::from(text::masked(&self.text(text))),
            },
            Value::Array(items) => {
                let names = item_names(name, items);
                Value::Array(names.zip(items).map(|(name, item)| self.value(name, item)).collect())
            }
            Value::Object(members) => Value::Object(self.members(members)),
            Value::Number(_) | Value::Bool(_) if name_looks_secret(name) => Value::from(MASK),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn members(&self, members: &Map<String, Value>) -> Map<String, Value> {
        let masked = members
            .iter()
            .map(|(name, value)| (name.clone(), self.value(name, value)));
        masked.collect()
    }

    /// A copy for the hashed plan: each secret text as its keyed hash. Whether there was one.
    pub fn keyed(&self, name: &str, value: &Value, key: &MacKey) -> (Value, bool) {
        match value {
            Value::String(text) if self.is_secret(name, text) => {
                (Value::from(Hash::keyed(&key.0, text.as_bytes()).to_string()), true)
            }
            Value::Array(items) => {
                let named = item_names(name, items).zip(items);
                let (items, redacted): (Vec<_>, Vec<_>) = named.map(|(name, item)| self.keyed(name, item, key)).unzip();
                (Value::Array(items), redacted.contains(&true))
            }
            Value::Object(members) => {
                let mut redacted = false;
                let mut copy = Map::new();
                for (name, member) in members {
                    let (member, hidden) = self.keyed(name, member, key);
                    redacted |= hidden;
                    copy.insert(name.clone(), member);
                }
                (Value::Object(copy), redacted)
            }
            Value::Number(number) if name_looks_secret(name) => {
                let text = number.to_string();
                (Value::from(Hash::keyed(&key.0, text.as_bytes()).to_string()), true)
            }
            // Plans are hashed without fractions (RFC 8785 as this project restricts it).
            Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
                (Value::from(number.to_string()), false)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (value.clone(), false),
        }
    }
}

/// What each item of a list is the value of: of the flag before it, else of the list's own name.
pub fn item_names<'a>(name: &'a str, items: &'a [Value]) -> impl Iterator<Item = &'a str> {
    let before = std::iter::once(None).chain(items.iter().map(Some));
    before.take(items.len()).map(move |before| {
        let flag = before.and_then(Value::as_str).filter(|flag| flag.starts_with("--"));
        flag.filter(|flag| !flag.contains('=') && name_looks_secret(flag))
            .unwrap_or(name)
    })
}

/// `--db-password=x` and `DB_PASSWORD=x` as name and value.
pub fn named_inside(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_by_name_and_by_value() {
        let masker = Masker::new(["hunter22".into(), "ab".into(), String::new()]);
        let shown = masker.value(
            "",
            &json!({
                "DB_PASSWORD": "x", "GREETING": "hi hunter22!", "URL": "postgres://u:p@h/d", "SHORT": "ab", "CAB": "cab",
                "EMPTY_TOKEN": "", "args": ["--api-key=q", "A=b", "hunter22", "--password", "q", "--n", "1"], "n": 3,
                "CMD": "run --password q; psql postgres://u:q@h", "CFG": "{\"token\": \"q\"}", "LIST": "http://a,amqp://u:q@h",
                "CERT": "-----BEGIN PRIVATE KEY-----\nq\n-----END PRIVATE KEY-----\n",
            }),
        );
        assert_eq!(
            shown,
            json!({
                "DB_PASSWORD": MASK, "GREETING": format!("hi {MASK}!"), "URL": MASK, "SHORT": MASK, "CAB": "cab",
                "EMPTY_TOKEN": "", "n": 3,
                "args": [format!("--api-key={MASK}"), "A=b", MASK, "--password", MASK, "--n", "1"],
                "CMD": format!("run --password {MASK}; psql postgres://u:{MASK}@h"),
                "CFG": format!("{{\"token\": \"{MASK}\"}}"), "LIST": format!("http://a,amqp://u:{MASK}@h"),
                "CERT": format!("{MASK}\n"),
            })
        );
    }

    #[test]
    fn a_keyed_hash_tells_that_a_secret_changed_and_nothing_else() {
        let (masker, key) = (Masker::new(["hunter22".into()]), MacKey([1; 32]));
        let (one, hidden) = masker.keyed("X", &json!(["hunter22", "open"]), &key);
        assert!(hidden && one[1] == "open" && one[0] != "hunter22");
        let (two, _) = masker.keyed("X", &json!(["hunter23", "open"]), &key);
        assert_ne!(one, two);
        let (one, hidden) = masker.keyed("CMD", &json!("run --token=a"), &key);
        assert!(hidden && one != masker.keyed("CMD", &json!("run --token=b"), &key).0);
        assert_eq!(masker.keyed("cpus", &json!(0.5), &key), (json!("0.5"), false));
    }
}
