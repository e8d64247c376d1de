//! Secrets of Kubernetes objects: data of Secrets, environment variables whose name says so, and what is secret
//! anywhere ([`release_domain::secret::Masker`]).
//!
//! Environment variables are lists of name and value: the name that tells stands beside the value, not before it.

use crate::object;
use release_domain::canonical::Hash;
use release_domain::ports::MacKey;
use release_domain::secret::{self, MASK, name_looks_secret};
use serde_json::{Map, Value};

/// Members of a Secret whose every value is secret.
const DATA: [&str; 2] = ["data", "stringData"];

/// Masks objects.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    pub texts: secret::Masker,
}

/// Where in an object a value stands, as far as it matters.
#[derive(Clone, Copy)]
enum Within {
    Secret,
    Data,
    Other,
}

/// What readers get in place of a value.
enum Cover<'k> {
    Mask,
    Key(&'k MacKey),
}

impl Masker {
    #[must_use]
    pub fn of(texts: secret::Masker) -> Self {
        Self { texts }
    }

    /// An object for readers.
    #[must_use]
    pub fn shown(&self, object: &Value) -> Value {
        self.covered(object, &Cover::Mask)
    }

    /// An object with each secret as its keyed hash: what plans compare and hold.
    #[must_use]
    pub fn keyed(&self, object: &Value, key: &MacKey) -> Value {
        self.covered(object, &Cover::Key(key))
    }

    fn covered(&self, object: &Value, cover: &Cover<'_>) -> Value {
        let within = match object::kind(object) {
            "Secret" => Within::Secret,
            _ => Within::Other,
        };
        self.value("", object, within, cover)
    }

    fn value(&self, name: &str, value: &Value, within: Within, cover: &Cover<'_>) -> Value {
        match (within, value) {
            (Within::Data, Value::String(text)) => cover.of(text),
            (Within::Data, Value::Null) => Value::Null,
            (Within::Data, other) => cover.of(&other.to_string()),
            (_, Value::Object(members)) => Value::Object(self.members(members, within, cover)),
            (_, Value::Array(items)) if items.iter().any(Value::is_object) => items
                .iter()
                .map(|item| self.value(name, item, Within::Other, cover))
                .collect(),
            (Within::Secret | Within::Other, plain) => match cover {
                Cover::Mask => self.texts.value(name, plain),
                Cover::Key(key) => self.texts.keyed(name, plain, key).0,
            },
        }
    }

    fn members(&self, members: &Map<String, Value>, within: Within, cover: &Cover<'_>) -> Map<String, Value> {
        // `{name: DB_PASSWORD, value: x}`.
        let named = members
            .get("name")
            .and_then(Value::as_str)
            .filter(|name| name_looks_secret(name));
        let covered = members.iter().map(|(name, member)| {
            let covered = match (within, name.as_str(), member) {
                (Within::Secret, member_name, Value::Object(data)) if DATA.contains(&member_name) => {
                    let data = data
                        .iter()
                        .map(|(name, value)| (name.clone(), self.value(name, value, Within::Data, cover)));
                    Value::Object(data.collect())
                }
                (_, "value", Value::String(text)) if named.is_some() && !text.is_empty() => cover.of(text),
                // Names of Secrets and their keys tell nothing, and errors about them must stay readable.
                (_, member_name, member) => self.value(unsuspicious(member_name), member, Within::Other, cover),
            };
            (name.clone(), covered)
        });
        covered.collect()
    }

    /// The literals that look secret: their values are masked in logs, where no name stands beside them.
    pub fn literals<'o>(&self, objects: impl Iterator<Item = &'o Value>) -> Vec<String> {
        let mut found = Vec::new();
        for value in objects {
            if object::kind(value) == "Secret" {
                of_data(value, &mut found);
            }
            if let Some((_, spec)) = object::pod_spec(value) {
                for (_, container) in object::containers(spec) {
                    of_environment(container, &mut found);
                }
            }
        }
        found.retain(|value| value.chars().count() >= MIN_CHARS && !WORDS.contains(&value.as_str()));
        found
    }
}

/// Shorter ones are words by chance.
const MIN_CHARS: usize = 4;
/// Settings beside names like `TOKEN_AUTH`: hiding them would hide every other place of the word.
const WORDS: [&str; 6] = ["true", "false", "none", "null", "enabled", "disabled"];

fn of_data(secret: &Value, found: &mut Vec<String>) {
    use base64::Engine as _;
    for name in DATA {
        for value in secret
            .get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::values)
        {
            let Some(text) = value.as_str() else { continue };
            let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok();
            let clear = decoded
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .filter(|_| name == "data");
            let clear = clear.unwrap_or_else(|| text.to_owned());
            // Logs are masked line by line.
            found.extend(clear.lines().map(|line| line.trim().to_owned()));
        }
    }
}

fn of_environment(container: &Value, found: &mut Vec<String>) {
    let env = container.get("env").and_then(Value::as_array).into_iter().flatten();
    for variable in env {
        let value = object::text(variable, "/value");
        if name_looks_secret(object::text(variable, "/name")) && !value.starts_with('/') {
            found.push(value.to_owned());
        }
        found.extend(secret::text::secrets(value));
    }
}

/// Members whose names speak of secrets and whose values are names of objects, kinds and settings.
fn unsuspicious(name: &str) -> &str {
    const PLAIN: [&str; 12] = [
        "automountServiceAccountToken",
        "secret",
        "secretName",
        "secretRef",
        "secretKeyRef",
        "secrets",
        "imagePullSecrets",
        "serviceAccountToken",
        "tokenExpirationSeconds",
        "bootstrapTokens",
        "tokenRequests",
        "credentialName",
    ];
    if PLAIN.contains(&name) { "" } else { name }
}

impl Cover<'_> {
    fn of(&self, text: &str) -> Value {
        match self {
            Self::Mask if text.is_empty() => text.into(),
            Self::Mask => MASK.into(),
            Self::Key(key) => Hash::keyed(&key.0, text.as_bytes()).to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn masker() -> Masker {
        Masker::of(secret::Masker::new(["hunter22".into()]))
    }

    #[test]
    fn secrets_of_objects_are_masked_where_kubernetes_puts_them() {
        let secret = json!({"kind": "Secret", "metadata": {"name": "db-secret"}, "data": {"a": "eA=="}, "stringData": {"b": "y"}});
        let shown = json!({"kind": "Secret", "metadata": {"name": "db-secret"}, "data": {"a": MASK}, "stringData": {"b": MASK}});
        assert_eq!(masker().shown(&secret), shown);
        let pod = json!({"kind": "Pod", "spec": {"automountServiceAccountToken": false, "containers": [{"env": [
            {"name": "DB_PASSWORD", "value": "x"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "db-secret", "key": "token"}}},
            {"name": "URL", "value": "http://u:p@h"}, {"name": "A", "value": "hunter22"}, {"name": "B", "value": "b"}],
            "args": ["--password", "x"]}]}});
        let shown = json!({"kind": "Pod", "spec": {"automountServiceAccountToken": false, "containers": [{"env": [
            {"name": "DB_PASSWORD", "value": MASK},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "db-secret", "key": "token"}}},
            {"name": "URL", "value": MASK}, {"name": "A", "value": MASK}, {"name": "B", "value": "b"}],
            "args": ["--password", MASK]}]}});
        assert_eq!(masker().shown(&pod), shown);
    }

    #[test]
    fn hashes_of_secrets_differ_when_the_secrets_do_and_show_nothing() {
        let key = MacKey([1; 32]);
        let keyed = |value: &str| masker().keyed(&json!({"kind": "Secret", "data": {"a": value}}), &key);
        assert_ne!(keyed("one"), keyed("two"));
        assert!(!keyed("one").to_string().contains("one"));
    }

    #[test]
    fn literals_are_gathered_for_logs_in_clear() {
        let objects = [
            json!({"kind": "Secret", "data": {"a": "cGFzcy0x"}, "stringData": {"b": "pass-2"}}),
            json!({"kind": "Pod", "spec": {"containers": [{"env": [{"name": "DB_TOKEN", "value": "pass-3"}]}]}}),
        ];
        assert_eq!(masker().literals(objects.iter()), ["pass-1", "pass-2", "pass-3"]);
    }
}
