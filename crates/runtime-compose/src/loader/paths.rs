//! Relative paths in a document: first made relative to the folder of the project they become part
//! of, at the end to the folder on the engine's host (compose-go `paths/resolve.go`).

use super::bundle;
use super::path::Path;
use super::tree::{Node, Value};
use manifest_yaml::Place;

/// Places that hold a path. A mount only where it is a bind, a volume only where its options make it one.
const PATHS: &[&str] = &[
    "services.*.build.context",
    "services.*.env_file.*.path",
    "services.*.label_file.*",
    "services.*.extends.file",
    "services.*.volumes.*",
    "services.*.pre_start.*.env_file.*.path",
    "services.*.pre_start.*.label_file.*",
    "services.*.pre_start.*.volumes.*",
    "configs.*.file",
    "secrets.*.file",
    "volumes.*",
];

/// Puts `folder` before every relative path.
pub(crate) fn make_relative_to(root: &mut Node, folder: &str) {
    rewrite(root, &mut Path::root(), &mut |text, _, _| {
        is_relative(text).then(|| bundle::join(folder, text))
    });
}

/// Whether a path means something else in each folder: `~` does not, it is somebody's home; nothing does, it is the folder.
pub(crate) fn is_relative(path: &str) -> bool {
    let windows = matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    !(path.starts_with(['/', '~']) || path.starts_with("\\\\") || windows || bundle::is_remote(path))
}

/// Replaces every path for which `change` gives another.
pub(crate) fn rewrite(node: &mut Node, path: &mut Path, change: &mut dyn FnMut(&str, Place, &Path) -> Option<String>) {
    let place = node.place;
    if PATHS.iter().any(|pattern| path.matches(pattern)) {
        let is_bind = match path.last() {
            _ if node.as_text().is_some() => true,
            _ if path.matches("volumes.*") => {
                let option = |key: &str| node.get("driver_opts").and_then(|options| options.get(key));
                let local = node.get("driver").and_then(Node::as_text) == Some("local");
                local && option("o").and_then(Node::as_text) == Some("bind")
            }
            _ => node.get("type").and_then(Node::as_text) == Some("bind"),
        };
        let target = match (is_bind, path.matches("volumes.*")) {
            (false, _) => None,
            (true, _) if node.as_text().is_some() => Some(node),
            (true, true) => node
                .get_mut("driver_opts")
                .and_then(|options| options.get_mut("device")),
            (true, false) => node.get_mut("source"),
        };
        if let Some(Value::Text(text)) = target.map(|node| &mut node.value)
            && let Some(changed) = change(text, place, path)
        {
            *text = changed;
        }
        return;
    }
    match &mut node.value {
        Value::Map(mapping) => {
            for (key, entry) in mapping {
                path.within(key, |path| rewrite(&mut entry.node, path, change));
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.within_index(index, |path| rewrite(item, path, change));
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}
