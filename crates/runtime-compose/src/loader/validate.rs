//! Rules between the keys of one section that the schema does not state (compose-go `validation`).

use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Mapping, Node, Value};
use release_domain::manifest::ProblemCode;
use std::net::IpAddr;

/// Checks a merged document.
///
/// # Errors
/// [`Stop`] after all problems are recorded.
pub(crate) fn document(root: &Node, session: &mut Session<'_>) -> Result<(), Stop> {
    let mut failed = false;
    let mut refuse = |node: &Node, path: Path, code, message: String| {
        session.error(node.place, &path, code, format!("{path}: {message}"));
        failed = true;
    };
    for (name, node) in members(root, "volumes") {
        let path = Path::of(&["volumes", name]);
        if let Some(key) = conflicting_with_external(node) {
            let message = format!("`external` and `{key}` exclude each other");
            refuse(node, path, ProblemCode::Conflict, message);
        }
    }
    for (section, sources) in [
        ("configs", &["file", "environment", "content"][..]),
        ("secrets", &["file", "environment"][..]),
    ] {
        for (name, node) in members(root, section) {
            let path = Path::of(&[section, name]);
            let given = sources.iter().filter(|source| node.get(source).is_some()).count();
            let choices = sources.join(", ");
            if given > 1 {
                let message = format!("only one of {choices} may be set");
                refuse(node, path, ProblemCode::Conflict, message);
            } else if given == 0 && node.get("driver").is_none() && node.get("external").is_none() {
                let message = format!("one of {choices} must be set");
                refuse(node, path, ProblemCode::InvalidValue, message);
            }
        }
    }
    for (name, service) in members(root, "services") {
        for (index, port) in items(service.get("ports")) {
            let ip = port.get("host_ip").and_then(Node::as_text);
            if let Some(ip) = ip
                && ip.parse::<IpAddr>().is_err()
            {
                let path = Path::of(&["services", name, "ports", &index.to_string(), "host_ip"]);
                refuse(
                    port,
                    path,
                    ProblemCode::InvalidValue,
                    format!("`{ip}` is not an IP address"),
                );
            }
        }
        for (index, mount) in items(service.get("volumes")) {
            let is_bind = mount.get("type").and_then(Node::as_text) == Some("bind");
            if is_bind && mount.get("source").is_none() {
                let path = Path::of(&["services", name, "volumes", &index.to_string()]);
                refuse(mount, path, ProblemCode::InvalidValue, "a bind needs a `source`".into());
            }
        }
        let reserved = ["deploy", "resources", "reservations", "devices"]
            .iter()
            .try_fold(service, |node, key| node.get(key));
        for (key, list) in [("gpus", service.get("gpus")), ("deploy", reserved)] {
            for (index, device) in items(list) {
                if device.get("count").is_some() && device.get("device_ids").is_some() {
                    let path = Path::of(&["services", name, key, &index.to_string()]);
                    let message = "`count` and `device_ids` exclude each other".into();
                    refuse(device, path, ProblemCode::Conflict, message);
                }
            }
        }
    }
    if failed { Err(Stop) } else { Ok(()) }
}

fn members<'n>(root: &'n Node, section: &str) -> impl Iterator<Item = (&'n String, &'n Node)> {
    root.get(section)
        .and_then(Node::as_map)
        .into_iter()
        .flat_map(Mapping::iter)
        .map(|(name, entry)| (name, &entry.node))
}

fn items(list: Option<&Node>) -> impl Iterator<Item = (usize, &Node)> {
    list.and_then(Node::as_list).unwrap_or_default().iter().enumerate()
}

fn conflicting_with_external(node: &Node) -> Option<&String> {
    let external = node.get("external")?;
    if external.value != Value::Bool(true) {
        return None;
    }
    node.as_map()?
        .keys()
        .find(|key| !matches!(key.as_str(), "name" | "external") && !key.starts_with("x-"))
}
