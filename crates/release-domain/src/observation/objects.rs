//! The objects of a release as they were last seen, bounded and without secrets.

use super::SeenObject;
use crate::canonical::{self, Hash};
use crate::event::{DriftedObject, UnhealthyObject};
use crate::execution::{ObjectState, ObjectStatus};
use crate::plan::{Action, Change, FieldChange};
use crate::ports::ObjectProgress;
use crate::secret::MASK;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Objects, and fields of one object, that an event names: it tells where to look, the rest is on the release's page.
pub const MAX_NAMED: usize = 20;
/// Fields kept of one object: whoever changed more than that has replaced it.
pub const MAX_FIELDS: usize = 50;
/// Characters kept of one value: a line to compare, not the file that stands in it.
pub const MAX_VALUE_CHARS: usize = 500;

/// One field that is not as it was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDrift {
    /// A JSON pointer into the object; empty: the object as a whole, its action says how.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
    /// Its values are a secret's: they are not kept.
    pub redacted: bool,
}

impl From<FieldChange> for FieldDrift {
    fn from(field: FieldChange) -> Self {
        let kept = |side: Option<Value>| side.map(|v| if field.redacted { MASK.into() } else { clipped(v) });
        Self {
            path: field.path,
            expected: kept(field.after),
            actual: kept(field.before),
            redacted: field.redacted,
        }
    }
}

fn clipped(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => return value,
        Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    if text.chars().nth(MAX_VALUE_CHARS).is_none() {
        return value;
    }
    let head: String = text.chars().take(MAX_VALUE_CHARS).collect();
    Value::String(format!("{head}…"))
}

/// What was seen now, each since it first was so. What a comparison said of them stays, until the next one.
pub(super) fn seen_anew(before: Vec<SeenObject>, found: Vec<ObjectProgress>, at: Timestamp) -> Vec<SeenObject> {
    let mut before: BTreeMap<String, SeenObject> = before.into_iter().map(|o| (o.state.key.clone(), o)).collect();
    let mut objects: Vec<_> = found
        .into_iter()
        .map(|seen| {
            let last = before.remove(&seen.key);
            let since = last.as_ref().filter(|last| last.state.status == seen.status);
            let state = ObjectState {
                since: since.map_or(at, |last| last.state.since),
                action: last.as_ref().map_or(Action::Unchanged, |last| last.state.action),
                key: seen.key,
                resource: seen.resource,
                status: seen.status,
                ready: seen.ready,
                total: seen.total,
                message: seen.message,
            };
            SeenObject {
                state,
                drift: last.map(|last| last.drift).unwrap_or_default(),
            }
        })
        .collect();
    // Nobody looks at the health of what should not be there.
    objects.extend(before.into_values().filter(|o| o.state.action == Action::Delete));
    objects
}

/// The objects with what differs of each: nothing where it is not among the changes.
pub(super) fn compared(before: Vec<SeenObject>, changes: Vec<Change>, at: Timestamp) -> Vec<SeenObject> {
    let mut changes: BTreeMap<String, Change> = changes.into_iter().map(|c| (c.key.clone(), c)).collect();
    let mut objects = Vec::with_capacity(before.len());
    for mut object in before {
        let (action, drift) = match changes.remove(&object.state.key) {
            Some(change) => (change.action, differences(change.action, change.fields)),
            None if object.state.action == Action::Delete => continue,
            None => (Action::Unchanged, Vec::new()),
        };
        object.state.action = action;
        object.drift = drift;
        objects.push(object);
    }
    objects.extend(changes.into_values().map(|change| {
        let state = ObjectState {
            key: change.key,
            resource: change.resource,
            action: change.action,
            status: ObjectStatus::Unknown,
            ready: None,
            total: None,
            message: None,
            since: at,
        };
        SeenObject {
            state,
            drift: differences(change.action, change.fields),
        }
    }));
    objects
}

fn differences(action: Action, fields: Vec<FieldChange>) -> Vec<FieldDrift> {
    match action {
        Action::Unchanged => Vec::new(),
        Action::Create | Action::Update | Action::Replace | Action::Delete | Action::Unverified => {
            let mut drift: Vec<_> = fields.into_iter().take(MAX_FIELDS).map(FieldDrift::from).collect();
            if drift.is_empty() {
                drift.push(FieldDrift {
                    path: String::new(),
                    expected: None,
                    actual: None,
                    redacted: false,
                });
            }
            drift
        }
    }
}

/// How many have drifted, and a hash of where; values do not count: one that moves to and fro is one drift.
pub(super) fn drifted(objects: &[SeenObject]) -> (u32, Option<Hash>) {
    let places: Vec<_> = objects
        .iter()
        .filter(|object| !object.drift.is_empty())
        .map(|object| {
            let paths: Vec<_> = object.drift.iter().map(|field| field.path.as_str()).collect();
            (&object.state.key, object.state.action, paths)
        })
        .collect();
    let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
    // Texts alone: it has a canonical form.
    let hash = || canonical::hash(&places).unwrap_or_else(|_| Hash::of(b""));
    (count, (!places.is_empty()).then(hash))
}

/// For an event: where the drift is.
pub(super) fn named(objects: &[SeenObject]) -> Vec<DriftedObject> {
    let drifted = objects.iter().filter(|object| !object.drift.is_empty());
    drifted
        .take(MAX_NAMED)
        .map(|object| DriftedObject {
            key: object.state.key.clone(),
            action: object.state.action,
            paths: object
                .drift
                .iter()
                .take(MAX_NAMED)
                .map(|field| field.path.clone())
                .collect(),
        })
        .collect()
}

/// For an event: what is not healthy.
pub(super) fn unhealthy(objects: &[SeenObject]) -> Vec<UnhealthyObject> {
    let is_well = |status| matches!(status, ObjectStatus::Healthy | ObjectStatus::Skipped);
    objects
        .iter()
        .filter(|object| object.state.action != Action::Delete && !is_well(object.state.status))
        .take(MAX_NAMED)
        .map(|object| UnhealthyObject {
            key: object.state.key.clone(),
            status: object.state.status,
            message: object.state.message.clone(),
        })
        .collect()
}
