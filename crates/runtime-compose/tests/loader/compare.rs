//! Whether two projects are the same, and where they are not.

use runtime_compose::loader::Loaded;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The folder the cases are loaded in.
pub const FOLDER: &str = "/dir";

/// A volume, network, secret or config that only a `pre_start` container uses is kept here; Compose
/// drops it, and then fails to start that container.
pub fn drop_what_only_hooks_use(ours: &mut Value, theirs: &Value, loaded: &Loaded) {
    if loaded
        .project
        .services
        .values()
        .all(|service| service.pre_start.is_empty())
    {
        return;
    }
    for section in ["networks", "volumes", "secrets", "configs"] {
        let Some(kept) = ours.get_mut(section).and_then(Value::as_object_mut) else {
            continue;
        };
        kept.retain(|name, _| theirs[section].get(name).is_some());
        if kept.is_empty() {
            ours.as_object_mut().map(|ours| ours.remove(section));
        }
    }
}

pub fn members<'v>(
    document: &'v mut Value,
    section: &str,
) -> impl Iterator<Item = &'v mut serde_json::Map<String, Value>> {
    document
        .get_mut(section)
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|members| members.values_mut())
        .filter_map(Value::as_object_mut)
}

/// The expected document with this test's folder, and `$` as it is: Compose prints it doubled.
pub fn plain(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("$DIR", FOLDER).replace("$$", "$")),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}

pub fn difference(at: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = format!("{at}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(ours), Some(theirs)) => difference(&at, ours, theirs, found),
                    (ours, theirs) => found.push(format!("{at}: ours {ours:?}, theirs {theirs:?}")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (ours, theirs)) in a.iter().zip(b).enumerate() {
                difference(&format!("{at}/{index}"), ours, theirs, found);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if ours == theirs => {}
        _ => found.push(format!("{at}: ours {ours}, theirs {theirs}")),
    }
}
