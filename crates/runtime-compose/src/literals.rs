//! The literals of a project that look secret, wherever they stand in it.
//!
//! Beside their names they are masked by those. In a log there is no name beside them, so their values are gathered.

use crate::desired::Model;
use release_domain::secret::masker::{item_names, named_inside};
use release_domain::secret::{name_looks_secret, text};
use serde_json::Value;

/// Shorter ones are words by chance.
const MIN_CHARS: usize = 4;
/// Settings beside names like `TOKEN_AUTH`: hiding them would hide every other place of the word.
const WORDS: [&str; 6] = ["true", "false", "none", "null", "enabled", "disabled"];

/// Every one of a model.
pub fn of(model: &Model) -> Vec<String> {
    let mut found = Vec::new();
    for secret in model.project.secrets.values() {
        let content = secret.content.as_deref().unwrap_or_default();
        found.push(content.trim().to_owned());
        // Logs are masked line by line.
        found.extend(content.lines().map(|line| line.trim().to_owned()));
        found.extend(text::secrets(content));
    }
    let project = serde_json::to_value(&model.project).unwrap_or_default();
    gather("", &project, &mut found);
    found.retain(|value| value.chars().count() >= MIN_CHARS && !WORDS.contains(&value.as_str()));
    found
}

fn gather(name: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            found.extend(text::secrets(text));
            let (name, value) = named_inside(text).unwrap_or((name, text));
            // The name of a file with a secret is none: errors about it must stay readable.
            if name_looks_secret(name) && !value.starts_with('/') {
                found.push(value.to_owned());
            }
        }
        Value::Array(items) => {
            for (name, item) in item_names(name, items).zip(items) {
                gather(name, item, found);
            }
        }
        Value::Object(members) => {
            // Top-level secrets are named; their names are no secrets, nor are the names of what refers to them.
            for (name, member) in members.iter().filter(|(name, _)| *name != "secrets") {
                gather(name, member, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Project;
    use serde_json::json;

    #[test]
    fn literals_are_found_by_name_by_shape_and_in_files() {
        let project: Project = serde_json::from_value(json!({
            "name": "p",
            "services": {"web": {
                "command": ["run", "--password", "pass-1", "--token=pass-2"],
                "environment": {"DB_PASSWORD": "pass-3", "URL": "http://a,amqp://u:pass-4@h", "TOKEN_AUTH": "true",
                    "SECRET_FILE": "/run/secrets/a", "PLAIN": "plain"},
                "secrets": [{"source": "plain-name"}],
            }},
            "secrets": {"plain-name": {"content": "pass-5\n"}},
            "configs": {"c": {"content": "password = pass-6\nport = 80\n"}},
        }))
        .expect("a project");
        let model = Model {
            project,
            ..Model::default()
        };
        let mut found = of(&model);
        found.sort();
        found.dedup();
        assert_eq!(found, ["pass-1", "pass-2", "pass-3", "pass-4", "pass-5", "pass-6"]);
    }
}
