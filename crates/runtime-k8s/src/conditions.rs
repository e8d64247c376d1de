//! `status.conditions` and the numbers beside them, as the API's conventions write them.

use release_domain::timestamp::Timestamp;
use serde_json::Value;

/// One condition of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition<'v> {
    pub kind: &'v str,
    pub status: &'v str,
    pub reason: &'v str,
    pub message: &'v str,
    /// When the status last changed.
    pub since: Option<Timestamp>,
}

impl<'v> Condition<'v> {
    fn read(value: &'v Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        Self {
            kind: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            since: Timestamp::parse(text("lastTransitionTime")).ok(),
        }
    }

    #[must_use]
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }

    #[must_use]
    pub fn is_false(&self) -> bool {
        self.status == "False"
    }

    /// What it says: its message, or its reason where it has none.
    #[must_use]
    pub fn words(&self) -> &'v str {
        if self.message.is_empty() {
            self.reason
        } else {
            self.message
        }
    }
}

impl std::fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.kind, self.status)?;
        if !self.reason.is_empty() {
            write!(f, " {}", self.reason)?;
        }
        match self.message.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.message),
        }
    }
}

/// The conditions of an object.
pub fn of(object: &Value) -> impl Iterator<Item = Condition<'_>> {
    listed(object.pointer("/status/conditions"))
}

/// The conditions of a list of them.
pub fn listed(list: Option<&Value>) -> impl Iterator<Item = Condition<'_>> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(Condition::read)
}

/// The condition of that type.
#[must_use]
pub fn find<'v>(object: &'v Value, kind: &str) -> Option<Condition<'v>> {
    of(object).find(|condition| condition.kind == kind)
}

/// A number that is not written is 0, as the API server leaves zeros out.
#[must_use]
pub fn count(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// Whether the controller has seen what the object asks for; true where it does not say what it has seen.
#[must_use]
pub fn is_observed(object: &Value) -> bool {
    let seen = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    let asked = object.pointer("/metadata/generation").and_then(Value::as_i64);
    match (seen, asked) {
        (Some(seen), Some(asked)) => seen >= asked,
        (None, _) | (_, None) => true,
    }
}

#[must_use]
pub fn is_going(object: &Value) -> bool {
    object
        .pointer("/metadata/deletionTimestamp")
        .is_some_and(|at| !at.is_null())
}
