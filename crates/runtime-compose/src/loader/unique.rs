//! Lists whose entries have a key: a later entry replaces the earlier one with the same key, at its
//! place (compose-go `override/uncity.go`).

use super::canonical::volumes;
use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Node, Value};
use release_domain::manifest::ProblemCode;
use std::collections::HashMap;

#[derive(Clone, Copy, Debug)]
enum Key {
    /// What is left of `=`.
    Name,
    Text,
    Port,
    MountTarget,
    DeviceTarget,
    /// The target of a config or secret, in the folder it has by default.
    FileTarget(&'static str),
    EnvFile,
}

const KEYS: &[(&str, Key)] = &[
    ("networks.*.labels", Key::Name),
    ("networks.*.ipam.options", Key::Name),
    ("services.*.annotations", Key::Name),
    ("services.*.build.args", Key::Name),
    ("services.*.build.additional_contexts", Key::Name),
    ("services.*.build.platform", Key::Name),
    ("services.*.build.tags", Key::Name),
    ("services.*.build.labels", Key::Name),
    ("services.*.cap_add", Key::Name),
    ("services.*.cap_drop", Key::Name),
    ("services.*.configs", Key::FileTarget("")),
    ("services.*.deploy.labels", Key::Name),
    ("services.*.dns", Key::Name),
    ("services.*.dns_opt", Key::Name),
    ("services.*.dns_search", Key::Name),
    ("services.*.environment", Key::Name),
    ("services.*.env_file", Key::EnvFile),
    ("services.*.expose", Key::Text),
    ("services.*.labels", Key::Name),
    ("services.*.links", Key::Name),
    ("services.*.networks.*.aliases", Key::Name),
    ("services.*.networks.*.link_local_ips", Key::Name),
    ("services.*.ports", Key::Port),
    ("services.*.profiles", Key::Name),
    ("services.*.secrets", Key::FileTarget("/run/secrets")),
    ("services.*.sysctls", Key::Name),
    ("services.*.tmpfs", Key::Name),
    ("services.*.volumes", Key::MountTarget),
    ("services.*.devices", Key::DeviceTarget),
];

/// Enforces uniqueness everywhere below `node`.
///
/// # Errors
/// [`Stop`] after every entry that has no key is recorded.
pub(crate) fn enforce(node: &mut Node, session: &mut Session<'_>) -> Result<(), Stop> {
    let mut failed = false;
    walk(node, &mut Path::root(), session, &mut failed);
    if failed { Err(Stop) } else { Ok(()) }
}

fn walk(node: &mut Node, path: &mut Path, session: &mut Session<'_>, failed: &mut bool) {
    match &mut node.value {
        Value::Map(mapping) => {
            for (key, entry) in mapping {
                path.within(key, |path| walk(&mut entry.node, path, session, failed));
            }
        }
        Value::List(items) => {
            let rule = KEYS.iter().find(|(pattern, _)| path.matches(pattern));
            let Some((_, rule)) = rule else { return };
            let mut kept: Vec<Node> = Vec::with_capacity(items.len());
            let mut known: HashMap<String, usize> = HashMap::new();
            for (index, item) in std::mem::take(items).into_iter().enumerate() {
                match rule.of(&item) {
                    Ok(key) => {
                        if let Some(&at) = known.get(&key) {
                            kept[at] = item;
                        } else {
                            known.insert(key, kept.len());
                            kept.push(item);
                        }
                    }
                    Err(message) => {
                        let path = path.child(&index.to_string());
                        let message = format!("{path}: {message}");
                        session.error(item.place, &path, ProblemCode::InvalidValue, message);
                        *failed = true;
                    }
                }
            }
            *items = kept;
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

impl Key {
    fn of(self, item: &Node) -> Result<String, String> {
        let printed = |key: &str| item.get(key).and_then(Node::printed);
        let unexpected = || format!("{} is not expected here", item.kind());
        match (self, &item.value) {
            (Self::Name, Value::Text(text)) => {
                Ok(text.split_once('=').map_or(text.as_str(), |(name, _)| name).to_owned())
            }
            (Self::Text | Self::EnvFile, Value::Text(text)) => Ok(text.clone()),
            (Self::Text | Self::Port, Value::Int(_)) => item.printed().ok_or_else(unexpected),
            (Self::Port, Value::Text(text)) => Ok(text.clone()),
            (Self::Port, Value::Map(_)) => {
                let target = printed("target").ok_or("a port needs a `target`")?;
                // To Compose 8080 and "8080" differ, and so a port may be there twice.
                let published = item.get("published").map(|node| node.to_json().to_string());
                let published = published.unwrap_or_default();
                let host = printed("host_ip").unwrap_or_else(|| "0.0.0.0".into());
                let protocol = printed("protocol").unwrap_or_else(|| "tcp".into());
                Ok(format!("{host}:{published}:{target}/{protocol}"))
            }
            (Self::MountTarget, Value::Text(text)) => volumes::parse(text).map(|mount| mount.target),
            (Self::MountTarget | Self::DeviceTarget, Value::Map(_)) => {
                printed("target").ok_or_else(|| "a `target` is missing".into())
            }
            (Self::DeviceTarget, Value::Text(text)) => {
                let mut parts = text.split(':');
                let source = parts.next().unwrap_or_default();
                Ok(parts.next().unwrap_or(source).to_owned())
            }
            (Self::FileTarget(folder), Value::Text(text)) => Ok(format!("{folder}/{text}")),
            (Self::FileTarget(folder), Value::Map(_)) => {
                Ok(printed("target").unwrap_or_else(|| format!("{folder}/{}", printed("source").unwrap_or_default())))
            }
            (Self::EnvFile, Value::Map(_)) => printed("path").ok_or_else(|| "an env file needs a `path`".into()),
            _ => Err(unexpected()),
        }
    }
}
