//! Two documents field by field.

use crate::document::{FILES, is_secret_file};
use release_domain::plan::FieldChange;
use release_domain::ports::MacKey;
use release_domain::secret::Masker;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Turns values that differ into field changes, secrets as keyed hashes.
pub struct Differ<'a> {
    pub masker: &'a Masker,
    pub key: &'a MacKey,
}

impl Differ<'_> {
    /// Every field that differs, sorted by path. `only`: the members that are compared, where not all are known.
    pub fn fields(
        &self,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        only: Option<&[&str]>,
    ) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        for name in names(before, after) {
            if only.is_none_or(|names| names.contains(&name)) {
                self.member(
                    &format!("/{}", escaped(name)),
                    name,
                    before.get(name),
                    after.get(name),
                    &mut changes,
                );
            }
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }

    /// One change that no document shows.
    pub fn change(&self, path: &str, before: Option<Value>, after: Option<Value>) -> FieldChange {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (before, hidden) = self.shown(name, path, before.as_ref());
        let (after, also_hidden) = self.shown(name, path, after.as_ref());
        FieldChange {
            path: path.into(),
            before,
            after,
            redacted: hidden || also_hidden,
        }
    }

    fn member(
        &self,
        path: &str,
        name: &str,
        before: Option<&Value>,
        after: Option<&Value>,
        changes: &mut Vec<FieldChange>,
    ) {
        if before == after {
            return;
        }
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                for name in names(before, after) {
                    let path = format!("{path}/{}", escaped(name));
                    self.member(&path, name, before.get(name), after.get(name), changes);
                }
            }
            (Some(Value::Array(before)), Some(Value::Array(after)))
                if before.len() == after.len() && before.iter().chain(after).all(Value::is_object) =>
            {
                for (i, (before, after)) in before.iter().zip(after).enumerate() {
                    self.member(&format!("{path}/{i}"), name, Some(before), Some(after), changes);
                }
            }
            // Something that was not there is told member by member, so that each has its path and its mask.
            (None, Some(Value::Object(after))) if !after.is_empty() => {
                for (name, value) in after {
                    self.member(&format!("{path}/{}", escaped(name)), name, None, Some(value), changes);
                }
            }
            (Some(Value::Object(before)), None) if !before.is_empty() => {
                for (name, value) in before {
                    self.member(&format!("{path}/{}", escaped(name)), name, Some(value), None, changes);
                }
            }
            (before, after) => changes.push(self.change_named(path, name, before, after)),
        }
    }

    fn change_named(&self, path: &str, name: &str, before: Option<&Value>, after: Option<&Value>) -> FieldChange {
        let (before, hidden) = self.shown(name, path, before);
        let (after, also_hidden) = self.shown(name, path, after);
        FieldChange {
            path: path.into(),
            before,
            after,
            redacted: hidden || also_hidden,
        }
    }

    fn shown(&self, name: &str, path: &str, value: Option<&Value>) -> (Option<Value>, bool) {
        let Some(value) = value else {
            return (None, false);
        };
        let in_files = path
            .strip_prefix('/')
            .and_then(|p| p.strip_prefix(FILES))
            .is_some_and(|p| p.starts_with('/'));
        let name = if in_files && is_secret_file(name) {
            "secret"
        } else {
            name
        };
        let (value, hidden) = self.masker.keyed(name, value, self.key);
        (Some(value), hidden)
    }
}

fn names<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> BTreeSet<&'a str> {
    before.keys().chain(after.keys()).map(String::as_str).collect()
}

/// A member's name in a JSON pointer (RFC 6901).
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(before: Value, after: Value) -> Vec<FieldChange> {
        let (masker, key) = (Masker::new(["hunter22".into()]), MacKey([1; 32]));
        let differ = Differ {
            masker: &masker,
            key: &key,
        };
        let (Value::Object(before), Value::Object(after)) = (before, after) else {
            panic!("two objects");
        };
        differ.fields(&before, &after, None)
    }

    #[test]
    fn each_field_is_told_at_its_place() {
        let changes = fields(
            json!({"image": "a:1", "environment": {"A": "1", "B": "2"}, "ports": [{"target": 80}], "command": ["x"], "cpus": 0.5}),
            json!({"image": "a:2", "environment": {"A": "1", "C/D": "3"}, "ports": [{"target": 81}], "command": ["x", "y"]}),
        );
        let told: Vec<_> = changes
            .iter()
            .map(|c| (c.path.as_str(), c.before.clone(), c.after.clone()))
            .collect();
        assert_eq!(
            told,
            [
                ("/command", Some(json!(["x"])), Some(json!(["x", "y"]))),
                ("/cpus", Some(json!("0.5")), None),
                ("/environment/B", Some(json!("2")), None),
                ("/environment/C~1D", None, Some(json!("3"))),
                ("/image", Some(json!("a:1")), Some(json!("a:2"))),
                ("/ports/0/target", Some(json!(80)), Some(json!(81))),
            ]
        );
        assert!(changes.iter().all(|c| !c.redacted));
    }

    #[test]
    fn secrets_are_hashes_wherever_they_stand() {
        let changes = fields(
            json!({"environment": {"DB_PASSWORD": "a", "X": "hunter22"}, "files": {"/run/secrets/t": "one", "/app": "x"}}),
            json!({"environment": {"DB_PASSWORD": "b", "X": "open"}, "files": {"/run/secrets/t": "two", "/app": "y"}}),
        );
        let hidden: Vec<_> = changes.iter().map(|c| (c.path.as_str(), c.redacted)).collect();
        assert_eq!(
            hidden,
            [
                ("/environment/DB_PASSWORD", true),
                ("/environment/X", true),
                ("/files/~1app", false),
                ("/files/~1run~1secrets~1t", true),
            ]
        );
        let shown = format!("{changes:?}");
        for secret in ["\"a\"", "hunter22", "\"one\"", "\"two\""] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
