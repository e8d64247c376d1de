//! A user's rule for a kind that says nothing by the usual conditions.

use super::Health;
use serde_json::Value;
use std::collections::BTreeMap;

/// JSON pointers and the values that they must have. It stands in the annotation `releasectl.dev/health` of the
/// CustomResourceDefinition or of one resource: `{"healthy": {"/status/phase": "Running"}, "failed": {"/status/phase":
/// "Broken"}}`.
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
        let rule: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut pointers = rule.healthy.keys().chain(rule.failed.keys());
        match pointers.find(|pointer| !pointer.starts_with('/')) {
            Some(pointer) => Err(format!("{pointer:?} is no JSON pointer: begin it with /")),
            None if rule.healthy.is_empty() => Err("`healthy` names nothing".into()),
            None => Ok(rule),
        }
    }

    pub(super) fn judge(&self, live: &Value) -> Health {
        let has = |(pointer, wanted): (&String, &Value)| live.pointer(pointer) == Some(wanted);
        if let Some((pointer, value)) = self.failed.iter().find(|entry| has(*entry)) {
            return Health::failed(format!("{pointer} is {value}"));
        }
        match self.healthy.iter().find(|entry| !has(*entry)) {
            Some((pointer, wanted)) => Health::in_progress(format!("{pointer} is not yet {wanted}")),
            None => Health::healthy(),
        }
    }
}
