//! One log line: what it says and how it is spelled.

use super::masked;
use crate::settings::LogFormat;
use release_domain::secret::{MASK, name_looks_secret};
use release_domain::timestamp::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tracing::Level;

/// Members of their own on every line; everything else stands under `fields`.
const IDS: [&str; 3] = ["request_id", "trace_id", "correlation_id"];

/// The fields of a span or an event, by name; a later value replaces an earlier one.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    pub(super) fn set(&mut self, name: &'static str, value: String) {
        self.0.insert(name, value);
    }

    pub(super) fn take_over(&mut self, others: &Self) {
        self.0
            .extend(others.0.iter().map(|(name, value)| (*name, value.clone())));
    }
}

pub(super) struct Line<'a> {
    pub(super) at: time::OffsetDateTime,
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) fields: Fields,
}

impl Line<'_> {
    /// With its line end.
    pub(super) fn render(self, format: LogFormat) -> String {
        match format {
            LogFormat::Json => self.json(),
            LogFormat::Text => self.text(),
        }
    }

    fn json(mut self) -> String {
        let mut line = Map::new();
        line.insert("ts".into(), Timestamp::new(self.at).to_string().into());
        line.insert("level".into(), self.level.as_str().into());
        line.insert("target".into(), self.target.into());
        line.insert("message".into(), self.take("message").unwrap_or_default().into());
        for id in IDS {
            line.insert(id.into(), self.take(id).map_or(Value::Null, Value::from));
        }
        let rest: Map<_, _> = self
            .rest()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        if !rest.is_empty() {
            line.insert("fields".into(), rest.into());
        }
        format!("{}\n", Value::Object(line))
    }

    fn text(mut self) -> String {
        let message = self.take("message").unwrap_or_default();
        let ids = IDS.map(|id| (id, self.take(id)));
        let mut line = format!(
            "{} {:>5} {}: {}",
            Timestamp::new(self.at),
            self.level.as_str(),
            self.target,
            one_line(&message)
        );
        for (name, value) in self.rest() {
            // Writing to a String cannot fail.
            let _ = match value.contains(|c: char| c.is_whitespace() || c == '"' || c == '=') {
                true => write!(line, " {name}=\"{}\"", one_line(&value)),
                false => write!(line, " {name}={value}"),
            };
        }
        for (name, value) in ids {
            if let Some(value) = value {
                let _ = write!(line, " {name}={}", one_line(&value));
            }
        }
        line.push('\n');
        line
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.fields.0.remove(name).map(|value| masked(&value))
    }

    /// What a field holds whose own name looks secret is never shown.
    fn rest(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.fields.0.iter().map(|(name, value)| match name_looks_secret(name) {
            true => (*name, MASK.to_owned()),
            false => (*name, masked(value)),
        })
    }
}

/// Nothing in a text can start a line of its own, nor steer a terminal.
fn one_line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push_str("\\n"),
            c if c.is_control() => plain.extend(c.escape_default()),
            c => plain.push(c),
        }
    }
    plain
}
