//! From the normalised document to [`crate::model`]: each value takes the one form the model has
//! for it (compose-go's `DecodeMapstructure` methods), extension keys go, then serde does the rest.
//!
//! The model refuses keys it does not know, so a key the schema allows and the model lacks is an
//! error here and never lost.

mod forms;

use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Entry, Node, Value};
use crate::model::Project;
use forms::{FORMS, Form};
use release_domain::manifest::ProblemCode;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Mappings whose keys are the author's own: `x-` has no meaning in them, and null is a value.
const OPEN: &[&str] = &[
    "services",
    "networks",
    "volumes",
    "secrets",
    "configs",
    "services.*.networks",
    "services.*.depends_on",
    "services.*.ulimits",
];

/// The typed project. `root` is changed on the way and is the document the model's places are found in.
///
/// # Errors
/// [`Stop`] after every value that has no meaning is recorded.
pub(crate) fn project(root: &mut Node, session: &mut Session<'_>) -> Result<Project, Stop> {
    walk(root, &mut Path::root(), session);
    session.checkpoint()?;
    let project = Project {
        name: root.get("name").and_then(Node::printed).unwrap_or_default(),
        services: section(root, "services", session),
        networks: section(root, "networks", session),
        volumes: section(root, "volumes", session),
        secrets: section(root, "secrets", session),
        configs: section(root, "configs", session),
        extensions: root
            .as_map()
            .into_iter()
            .flatten()
            .filter(|(key, _)| key.starts_with("x-"))
            .map(|(key, entry)| (key.clone(), entry.node.to_json()))
            .collect(),
    };
    session.checkpoint()?;
    Ok(project)
}

/// The members of a section. One that serde refuses is told by the attribute that is to blame.
fn section<T: DeserializeOwned>(root: &Node, name: &str, session: &mut Session<'_>) -> BTreeMap<String, T> {
    let mut members = BTreeMap::new();
    for (key, Entry { node, .. }) in root.get(name).and_then(Node::as_map).into_iter().flatten() {
        match T::deserialize(node.to_json()) {
            Ok(member) => {
                members.insert(key.clone(), member);
            }
            Err(error) => {
                // Every attribute is optional, so each can be tried alone.
                let blamed = node.as_map().into_iter().flatten().find_map(|(attribute, entry)| {
                    let alone = serde_json::json!({ attribute: entry.node.to_json() });
                    let error = T::deserialize(alone).err()?;
                    Some((attribute, entry.node.place, error))
                });
                let path = Path::of(&[name, key]);
                let (path, place, error) = match blamed {
                    Some((attribute, place, error)) => (path.child(attribute), place, error),
                    None => (path, node.place, error),
                };
                let message = format!("{path}: {error}");
                session.error(place, &path, ProblemCode::InvalidValue, message);
            }
        }
    }
    members
}

fn walk(node: &mut Node, path: &mut Path, session: &mut Session<'_>) {
    if let Some((_, form)) = FORMS.iter().find(|(pattern, _)| path.matches_container(pattern))
        && !(matches!(form, Form::Whole) && node.as_map().is_some())
        && !node.is_null()
    {
        let place = node.place;
        let taken = std::mem::replace(node, Node::null(place));
        match form.take(taken, path, session) {
            Ok(taken) => *node = taken,
            Err(message) => {
                let message = format!("{path}: {message}");
                session.error(place, path, ProblemCode::InvalidValue, message);
            }
        }
        return;
    }
    match &mut node.value {
        Value::Map(mapping) => {
            if !path.segments().is_empty() && !OPEN.iter().any(|open| path.matches_container(open)) {
                mapping.retain(|key, entry| !(key.starts_with("x-") || entry.node.is_null()));
            }
            for (key, entry) in mapping {
                if !(path.segments().is_empty() && key.starts_with("x-")) {
                    path.within(key, |path| walk(&mut entry.node, path, session));
                }
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.within_index(index, |path| walk(item, path, session));
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}
