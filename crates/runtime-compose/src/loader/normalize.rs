//! What a project means without saying it: the default network, dependencies that follow from
//! shared namespaces and links, names from keys (compose-go `loader/normalize.go`).

use super::bundle;
use super::merge;
use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Entry, Mapping, Node, Value, put};
use super::variables::Environment;
use manifest_yaml::Place;

/// Attributes of a service that the containers before it do not inherit: those that belong to the
/// service as such, and its mounts.
const OWN_ATTRIBUTES: [&str; 23] = [
    "attach",
    "build",
    "container_name",
    "depends_on",
    "deploy",
    "develop",
    "expose",
    "extends",
    "external_links",
    "healthcheck",
    "links",
    "ports",
    "post_start",
    "pre_start",
    "pre_stop",
    "profiles",
    "provider",
    "restart",
    "scale",
    "stdin_open",
    "tty",
    "volumes",
    "name",
];

/// Normalises a merged project called `name`.
///
/// # Errors
/// [`Stop`] where a container that runs before a service cannot be laid over it.
pub(crate) fn project(
    document: &mut Mapping,
    name: &str,
    environment: &Environment,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    default_network(document);
    if let Some(services) = document.get_mut("services")
        && let Some(services) = services.node.as_map_mut()
    {
        for (key, entry) in services {
            service(key, &mut entry.node, environment, session)?;
        }
    }
    names(document, name);
    Ok(())
}

/// The network `default` joins whoever names no other, and exists only where somebody uses it.
fn default_network(document: &mut Mapping) {
    let mut used_at = None;
    if let Some(services) = document.get_mut("services")
        && let Some(services) = services.node.as_map_mut()
    {
        for entry in services.values_mut() {
            let place = entry.key;
            let Some(service) = entry.node.as_map_mut() else {
                continue;
            };
            if service.contains_key("provider") || service.contains_key("network_mode") {
                continue;
            }
            let networks = service.get("networks").and_then(|networks| networks.node.as_map());
            match networks {
                Some(networks) if !networks.is_empty() => {
                    if networks.contains_key("default") {
                        used_at = Some(place);
                    }
                }
                _ => {
                    let mut networks = Mapping::new();
                    put(&mut networks, "default", Value::Null, place);
                    put(service, "networks", Value::Map(networks), place);
                    used_at = Some(place);
                }
            }
        }
    }
    if let Some(place) = used_at {
        let networks = document.entry("networks".into()).or_insert_with(|| Entry {
            key: place,
            node: Node::map(Mapping::new(), place),
        });
        if networks.node.is_null() {
            networks.node.value = Value::Map(Mapping::new());
        }
        if let Some(networks) = networks.node.as_map_mut()
            && !networks.contains_key("default")
        {
            put(networks, "default", Value::Null, place);
        }
    }
}

fn service(name: &str, node: &mut Node, environment: &Environment, session: &mut Session<'_>) -> Result<(), Stop> {
    let place = node.place;
    let Some(service) = node.as_map_mut() else {
        return Ok(());
    };
    if let Some(policy) = service.get_mut("pull_policy")
        && policy.node.as_text() == Some("if_not_present")
    {
        policy.node.value = Value::Text("missing".into());
    }
    if let Some(variables) = service.get_mut("environment") {
        resolve(&mut variables.node, environment);
    }
    let implied = implied_dependencies(service);
    if !implied.is_empty() {
        let entry = service.entry("depends_on".into()).or_insert_with(|| Entry {
            key: place,
            node: Node::map(Mapping::new(), place),
        });
        if let Some(dependencies) = entry.node.as_map_mut() {
            for (on, restart, place) in implied {
                if !dependencies.contains_key(&on) {
                    let mut dependency = Mapping::new();
                    put(
                        &mut dependency,
                        "condition",
                        Value::Text("service_started".into()),
                        place,
                    );
                    put(&mut dependency, "restart", Value::Bool(restart), place);
                    put(&mut dependency, "required", Value::Bool(true), place);
                    put(dependencies, &on, Value::Map(dependency), place);
                }
            }
        }
    }
    if let Some(volumes) = service.get_mut("volumes")
        && let Value::List(mounts) = &mut volumes.node.value
    {
        for mount in mounts {
            if let Some(Value::Text(target)) = mount.get_mut("target").map(|node| &mut node.value) {
                *target = bundle::clean(target);
            }
        }
    }
    inherit(name, service, environment, session)
}

/// Gives a variable without a value the one it has in the project, in either form.
fn resolve(variables: &mut Node, environment: &Environment) {
    match &mut variables.value {
        Value::Map(mapping) => {
            for (name, entry) in mapping {
                if let (Value::Null, Some(value)) = (&entry.node.value, environment.get(name)) {
                    entry.node.value = Value::Text(value.to_owned());
                }
            }
        }
        Value::List(items) => {
            for item in items {
                if let Value::Text(text) = &mut item.value
                    && let (false, Some(value)) = (text.contains('='), environment.get(text))
                {
                    *text = format!("{text}={value}");
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

/// Services a service depends on by naming them elsewhere, whether it restarts with them, and where.
fn implied_dependencies(service: &Mapping) -> Vec<(String, bool, Place)> {
    let mut implied = Vec::new();
    let texts = |key: &str| {
        let list = service.get(key).and_then(|entry| entry.node.as_list());
        list.unwrap_or_default()
            .iter()
            .filter_map(|item| Some((item.as_text()?, item.place)))
    };
    for (link, place) in texts("links") {
        let on = link.split_once(':').filter(|(_, alias)| !alias.contains(':'));
        implied.push((on.map_or(link, |(on, _)| on).to_owned(), true, place));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(entry) = service.get(key)
            && let Some(on) = entry.node.as_text().and_then(|mode| mode.strip_prefix("service:"))
        {
            implied.push((on.to_owned(), true, entry.node.place));
        }
    }
    for (source, place) in texts("volumes_from") {
        if !source.starts_with("container:") {
            let on = source.split(':').next().unwrap_or_default();
            implied.push((on.to_owned(), false, place));
        }
    }
    implied
}

/// Lays each container that runs before the service over what it has from the service.
fn inherit(
    name: &str,
    service: &mut Mapping,
    environment: &Environment,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    let Some(mut entry) = service.remove("pre_start") else {
        return Ok(());
    };
    if let Value::List(hooks) = &mut entry.node.value {
        let mut shared = service.clone();
        shared.retain(|key, _| !OWN_ATTRIBUTES.contains(&key.as_str()) && !key.starts_with("x-"));
        for hook in hooks {
            let place = hook.place;
            let base = Node::map(shared.clone(), place);
            session.spend(base.size(), place)?;
            let taken = std::mem::replace(hook, Node::null(place));
            let mut merged = merge::merge(base, taken, &mut Path::of(&["services", name]), session)?;
            if let Some(variables) = merged.get_mut("environment") {
                resolve(variables, environment);
            }
            *hook = merged;
        }
    }
    service.insert("pre_start".into(), entry);
    Ok(())
}

/// A resource without a name is called `<project>_<key>`, an external one by its key.
fn names(document: &mut Mapping, project: &str) {
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(resources) = document.get_mut(section).and_then(|entry| entry.node.as_map_mut()) else {
            continue;
        };
        for (key, entry) in resources {
            let place = entry.node.place;
            if entry.node.is_null() {
                entry.node.value = Value::Map(Mapping::new());
            }
            let Some(resource) = entry.node.as_map_mut() else {
                continue;
            };
            if resource.get("name").is_none_or(|name| name.node.is_null()) {
                let external = resource
                    .get("external")
                    .is_some_and(|external| external.node.value == Value::Bool(true));
                let name = if external {
                    key.clone()
                } else {
                    format!("{project}_{key}")
                };
                put(resource, "name", Value::Text(name), place);
            }
        }
    }
}
