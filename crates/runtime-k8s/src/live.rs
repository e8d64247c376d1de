//! Live objects in the form that is compared: without what the server keeps for itself, and two such forms field by
//! field.

use crate::names::ours;
use crate::object::{self, escaped};
use release_domain::plan::FieldChange;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Members of metadata that tell of an object and are not it.
const BOOKKEEPING: [&str; 9] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
];
/// Annotations that controllers write for themselves.
const CONTROLLERS: [&str; 2] = [
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// An object without its status and what the server and controllers write on it.
#[must_use]
pub fn normal(value: &Value) -> Value {
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    let kept = members.iter().filter(|(name, _)| *name != "status");
    let kept = kept.map(|(name, member)| match (name.as_str(), member) {
        ("metadata", Value::Object(metadata)) => (name.clone(), Value::Object(normal_metadata(metadata))),
        _ => (name.clone(), member.clone()),
    });
    let mut value = Value::Object(kept.collect());
    if object::kind(&value) == "Secret" {
        data_in_one_form(&mut value);
    }
    value
}

/// Copies only what stays: what managers own of an object is longer than most objects.
fn normal_metadata(metadata: &Map<String, Value>) -> Map<String, Value> {
    let kept = metadata
        .iter()
        .filter(|(name, _)| !BOOKKEEPING.contains(&name.as_str()) && *name != "uid");
    let mut kept: Map<String, Value> = kept.map(|(name, member)| (name.clone(), member.clone())).collect();
    if let Some(annotations) = kept.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|name, _| !CONTROLLERS.contains(&name.as_str()) && !ours::MARKS.contains(&name.as_str()));
        if annotations.is_empty() {
            kept.remove("annotations");
        }
    }
    kept
}

/// `stringData` is how people write `data`; servers keep the latter.
pub fn data_in_one_form(secret: &mut Value) {
    use base64::Engine as _;
    let Some(members) = secret.as_object_mut() else { return };
    let Some(Value::Object(texts)) = members.remove("stringData") else {
        return;
    };
    let data = members.entry("data").or_insert_with(|| Value::Object(Map::new()));
    let Some(data) = data.as_object_mut() else { return };
    for (name, text) in texts {
        let text = text.as_str().unwrap_or_default();
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        data.insert(name, encoded.into());
    }
}

/// Whether an apply of `desired` would change nothing, told from the live object alone: everything desired is there
/// as desired, and everything we own is still desired. `false` says only that the server must be asked, since it may
/// write a value in another way than it was given (`1000m`, `1`).
#[must_use]
pub fn is_as_desired(desired: &Value, live: &Value) -> bool {
    let desired = match object::kind(desired) {
        "Secret" => Cow::Owned(normal(desired)),
        _ => Cow::Borrowed(desired),
    };
    object::text(live, "/metadata/deletionTimestamp").is_empty()
        && is_within(&desired, live)
        && owns_no_more(&desired, live)
}

fn is_within(desired: &Value, live: &Value) -> bool {
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => desired
            .iter()
            .all(|(name, member)| live.get(name).is_some_and(|live| is_within(member, live))),
        (Value::Array(desired), Value::Array(live)) => {
            desired.len() == live.len() && desired.iter().zip(live).all(|(desired, live)| is_within(desired, live))
        }
        (desired, live) => desired == live,
    }
}

/// Whether every field that our manager owns is one of `desired`.
fn owns_no_more(desired: &Value, live: &Value) -> bool {
    let managers = live.pointer("/metadata/managedFields").and_then(Value::as_array);
    let ours = managers.into_iter().flatten().find(|entry| {
        object::text(entry, "/manager") == crate::names::MANAGER
            && object::text(entry, "/operation") == "Apply"
            && entry.get("subresource").is_none()
    });
    let Some(ours) = ours else { return false };
    let is_same_version = object::api_version(ours) == object::api_version(desired);
    is_same_version && ours.get("fieldsV1").is_some_and(|fields| covers(desired, fields))
}

/// Whether `value` has every field of a set of fields (structured-merge-diff's `fieldsV1`).
fn covers(value: &Value, fields: &Value) -> bool {
    let Some(fields) = fields.as_object() else { return true };
    fields.iter().all(|(name, below)| match name.split_once(':') {
        // The item itself.
        None => true,
        Some(("f", member)) => {
            if ours::MARKS.contains(&member) {
                return true;
            }
            match value.get(member) {
                Some(value) => covers(value, below),
                // A mapping that holds marks only is none of the manifest.
                None => is_of_marks(below),
            }
        }
        Some(("k", keys)) => serde_json::from_str::<Value>(keys).is_ok_and(|keys| {
            let items = value.as_array().into_iter().flatten();
            let mut found = items.filter(|item| has_keys(item, &keys));
            found.next().is_some_and(|item| covers(item, below))
        }),
        Some(("v", item)) => serde_json::from_str::<Value>(item)
            .is_ok_and(|item| value.as_array().is_some_and(|items| items.contains(&item))),
        Some(("i", index)) => index
            .parse::<usize>()
            .is_ok_and(|index| value.get(index).is_some_and(|value| covers(value, below))),
        Some(_) => false,
    })
}

fn is_of_marks(fields: &Value) -> bool {
    let Some(fields) = fields.as_object() else { return false };
    !fields.is_empty()
        && fields.iter().all(|(name, _)| {
            name == "."
                || name
                    .split_once(':')
                    .is_some_and(|(_, member)| ours::MARKS.contains(&member))
        })
}

/// Whether an item has the values of its key members; one that is left out may be a default (`protocol: TCP`).
fn has_keys(item: &Value, keys: &Value) -> bool {
    let keys = keys.as_object().into_iter().flatten();
    keys.into_iter().all(|(name, key)| match item.get(name) {
        Some(value) => value == key,
        None => key == "TCP",
    })
}

/// Every field that differs, sorted by path, each with both values as they stand.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", Some(before), Some(after), &mut changes);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let path = format!("{path}/{}", escaped(name));
                compare(&path, before.get(name), after.get(name), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after)))
            if before.len() == after.len() && before.iter().chain(after).all(Value::is_object) =>
        {
            for (i, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&format!("{path}/{i}"), Some(before), Some(after), changes);
            }
        }
        // Something that was not there is told member by member, so that each has its path.
        (None, Some(Value::Object(after))) if !after.is_empty() => {
            for (name, value) in after {
                compare(&format!("{path}/{}", escaped(name)), None, Some(value), changes);
            }
        }
        (Some(Value::Object(before)), None) if !before.is_empty() => {
            for (name, value) in before {
                compare(&format!("{path}/{}", escaped(name)), Some(value), None, changes);
            }
        }
        (before, after) => changes.push(FieldChange {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
            redacted: false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live() -> Value {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "uid": "u", "annotations": {"releasectl.dev/epoch": "3"}, "managedFields": [
                {"manager": "releasectl", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {
                    "f:metadata": {"f:annotations": {"f:releasectl.dev/epoch": {}}},
                    "f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}}}]},
            "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]},
            "status": {"x": 1},
        })
    }

    fn desired() -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})
    }

    #[test]
    fn an_object_as_desired_is_known_without_asking() {
        assert!(is_as_desired(&desired(), &live()));
    }

    #[test]
    fn a_changed_a_lost_and_a_dropped_field_are_asked_about() {
        let mut changed = live();
        changed["spec"]["ports"][0]["port"] = 81.into();
        assert!(!is_as_desired(&desired(), &changed));
        let mut not_ours = live();
        not_ours["metadata"]["managedFields"][0]["manager"] = "kubectl".into();
        assert!(!is_as_desired(&desired(), &not_ours));
        let mut dropped = live();
        dropped["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:type"] = json!({});
        assert!(!is_as_desired(&desired(), &dropped));
        let mut going = live();
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(!is_as_desired(&desired(), &going));
    }

    #[test]
    fn texts_of_a_secret_are_compared_as_its_data() {
        let secret = normal(&json!({"kind": "Secret", "stringData": {"a": "x"}, "data": {"b": "eQ=="}}));
        assert_eq!(secret, json!({"kind": "Secret", "data": {"a": "eA==", "b": "eQ=="}}));
    }

    #[test]
    fn the_servers_own_is_left_out_and_each_difference_has_its_path() {
        let mut after = live();
        after["spec"]["ports"][0]["targetPort"] = 8080.into();
        after["metadata"]["annotations"]["releasectl.dev/epoch"] = "4".into();
        after["status"] = json!({});
        let told: Vec<_> = differences(&normal(&live()), &normal(&after))
            .into_iter()
            .map(|c| c.path)
            .collect();
        assert_eq!(told, ["/spec/ports/0/targetPort"]);
    }
}
