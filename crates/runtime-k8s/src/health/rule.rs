//! A user's rule for a kind that says nothing by the usual conditions.

use super::Health;
use serde_json::Value;
use std::collections::BTreeMap;

/// Longer texts and more places are no rule but a program.
const MAX_BYTES: usize = 4 * 1024;
const MAX_PLACES: usize = 32;

/// JSON pointers and the values that they must have. It stands in the annotation `releasectl.dev/health` of the
/// CustomResourceDefinition or of one resource: `{"healthy": {"/status/phase": "Running"}, "failed": {"/status/phase":
/// "Broken"}}`. In a list a pointer may name an item by its `type` or `name`: `/status/conditions/Synced/status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Healthy once all of these hold.
    pub healthy: BTreeMap<String, Value>,
    /// Failed as soon as one of these holds.
    #[serde(default)]
    pub failed: BTreeMap<String, Value>,
}

impl Rule {
    /// Reads the annotation's text.
    ///
    /// # Errors
    /// It is no rule; the message says where.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("a rule has at most {MAX_BYTES} bytes"));
        }
        let rule: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut pointers = rule.healthy.keys().chain(rule.failed.keys());
        match pointers.find(|pointer| !pointer.starts_with('/')) {
            Some(pointer) => Err(format!("{pointer:?} is no JSON pointer: begin it with /")),
            None if rule.healthy.is_empty() => Err("`healthy` names nothing".into()),
            None if rule.healthy.len() + rule.failed.len() > MAX_PLACES => {
                Err(format!("a rule names at most {MAX_PLACES} places"))
            }
            None => Ok(rule),
        }
    }

    pub(super) fn judge(&self, live: &Value) -> Health {
        let has = |(pointer, wanted): (&String, &Value)| place(live, pointer) == Some(wanted);
        if let Some((pointer, value)) = self.failed.iter().find(|entry| has(*entry)) {
            return Health::failed(format!("{pointer} is {value}"));
        }
        match self.healthy.iter().find(|entry| !has(*entry)) {
            Some((pointer, wanted)) => Health::in_progress(format!("{pointer} is not yet {wanted}")),
            None => Health::healthy(),
        }
    }
}

/// What stands at a pointer.
fn place<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(value, |value, segment| {
        let name = segment.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Object(members) => members.get(&name),
            Value::Array(items) => match name.parse::<usize>() {
                Ok(at) => items.get(at),
                Err(_) => items.iter().find(|item| item["type"] == *name || item["name"] == *name),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    })
}
