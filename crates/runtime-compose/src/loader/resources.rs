//! What a project takes from files and variables, and where its paths lie on the engine's host.

use super::bundle;
use super::document::Context;
use super::environment;
use super::path::Path;
use super::paths;
use super::session::Session;
use super::tree::{Node, Value};
use crate::model::{MountKind, Project};
use release_domain::manifest::ProblemCode;
use std::collections::{BTreeMap, BTreeSet};

/// What was read for a project, to be put into it once it is typed.
#[derive(Debug, Default)]
pub(crate) struct FileContents {
    /// Service → variables of its `env_file`.
    variables: BTreeMap<String, BTreeMap<String, String>>,
    labels: BTreeMap<String, BTreeMap<String, String>>,
    /// Service and index of its `pre_start` → variables.
    hook_variables: BTreeMap<(String, usize), BTreeMap<String, String>>,
    secrets: BTreeMap<String, String>,
    configs: BTreeMap<String, String>,
}

/// Reads every file the document names, and takes a service's `env_file` out of it.
/// Problems are recorded; the caller looks for them.
pub(crate) fn read_files(root: &mut Node, context: &Context, session: &mut Session<'_>) -> FileContents {
    let mut contents = FileContents::default();
    let environment = &context.environment;
    let services = root.get_mut("services").and_then(Node::as_map_mut);
    for (name, entry) in services.into_iter().flatten() {
        let at = Path::of(&["services", name]);
        let Some(service) = entry.node.as_map_mut() else {
            continue;
        };
        let known = service
            .get("environment")
            .map(|entry| written(&entry.node))
            .unwrap_or_default();
        if let Some(entry) = service.remove("env_file") {
            let list = entry.node.as_list().unwrap_or_default();
            let at = at.child("env_file");
            let values = environment::env_files(list, &at, &context.dir, environment, &known, session);
            contents.variables.insert(name.clone(), values.unwrap_or_default());
        }
        if let Some(entry) = service.get("label_file") {
            let list = entry.node.as_list().unwrap_or_default();
            let labels = environment::label_files(list, &at.child("label_file"), &context.dir, session);
            contents.labels.insert(name.clone(), labels.unwrap_or_default());
        }
        let hooks = service.get("pre_start").and_then(|entry| entry.node.as_list());
        for (index, hook) in hooks.unwrap_or_default().iter().enumerate() {
            let Some(list) = hook.get("env_file").and_then(Node::as_list) else {
                continue;
            };
            let at = at.child("pre_start").child(&index.to_string()).child("env_file");
            let known = hook.get("environment").map(written).unwrap_or_default();
            let values = environment::env_files(list, &at, &context.dir, environment, &known, session);
            contents
                .hook_variables
                .insert((name.clone(), index), values.unwrap_or_default());
        }
    }
    contents.secrets = objects("secrets", root, context, session);
    contents.configs = objects("configs", root, context, session);
    contents
}

/// A service's `environment` as written, in either form.
fn written(node: &Node) -> BTreeMap<String, Option<String>> {
    match &node.value {
        Value::Map(mapping) => mapping
            .iter()
            .map(|(name, entry)| (name.clone(), entry.node.printed()))
            .collect(),
        Value::List(items) => items
            .iter()
            .filter_map(Node::printed)
            .map(|item| match item.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (item, None),
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => BTreeMap::new(),
    }
}

/// The contents of secrets or configs, as far as the bundle and the variables have them.
fn objects(section: &str, root: &Node, context: &Context, session: &mut Session<'_>) -> BTreeMap<String, String> {
    let mut contents = BTreeMap::new();
    let Some(objects) = root.get(section).and_then(Node::as_map) else {
        return contents;
    };
    for (name, entry) in objects {
        let at = Path::of(&[section, name]);
        let text = |key: &str| entry.node.get(key).and_then(|node| Some((node, node.as_text()?)));
        if let Some((node, variable)) = text("environment") {
            match context.environment.get(variable) {
                Some(value) => {
                    contents.insert(name.clone(), value.to_owned());
                }
                None => session.missing_variable(node.place, variable),
            }
        } else if let Some((node, path)) = text("file") {
            let at = at.child("file");
            match bundle::resolve(&context.dir, path) {
                Err(message) => {
                    let message = format!("{at}: {message}");
                    session.error(node.place, &at, ProblemCode::PathEscapes, message);
                }
                Ok(file) => match session.files.find(&file) {
                    Some((_, content)) => {
                        contents.insert(name.clone(), content.to_owned());
                    }
                    None => {
                        let message =
                            format!("{at}: the bundle has no file `{file}`, it will be mounted from the engine's host");
                        session.warn(node.place, &at, ProblemCode::FileMissing, message);
                    }
                },
            }
        }
    }
    contents
}

impl FileContents {
    pub fn fill(self, project: &mut Project) {
        for (name, values) in self.variables {
            if let Some(service) = project.services.get_mut(&name) {
                let own = std::mem::take(&mut service.environment);
                service.environment = values.into_iter().map(|(name, value)| (name, Some(value))).collect();
                service.environment.extend(own);
            }
        }
        for (name, labels) in self.labels {
            if let Some(service) = project.services.get_mut(&name) {
                let own = std::mem::replace(&mut service.labels, labels);
                service.labels.extend(own);
            }
        }
        for ((name, index), values) in self.hook_variables {
            let service = project.services.get_mut(&name);
            if let Some(hook) = service.and_then(|service| service.pre_start.get_mut(index)) {
                hook.env_file_values = values;
            }
        }
        for (name, content) in self.secrets {
            if let Some(secret) = project.secrets.get_mut(&name) {
                secret.content = Some(content);
            }
        }
        for (name, content) in self.configs {
            if let Some(config) = project.configs.get_mut(&name) {
                config.content = Some(content);
            }
        }
    }
}

/// Makes paths those of the engine's host: absolute below the working folder, or, where that is not
/// known, relative with a leading `./` or `../`.
pub(crate) fn to_host(root: &mut Node, context: &Context, session: &mut Session<'_>) {
    let working_dir = session.options.working_dir.clone();
    let home = context.environment.get("HOME").map(str::to_owned);
    let mut homeless = Vec::new();
    paths::rewrite(root, &mut Path::root(), &mut |text, place, path| {
        if let Some(rest) = text.strip_prefix('~') {
            if let Some(home) = &home {
                return Some(bundle::join(home, rest));
            }
            homeless.push((place, path.clone()));
            return None;
        }
        if !paths::is_relative(text) {
            return None;
        }
        Some(match &working_dir {
            Some(dir) => bundle::join(dir, text),
            None => match bundle::clean(text) {
                up if up == ".." || up.starts_with("../") => up,
                here if here == "." => ".".into(),
                below => format!("./{below}"),
            },
        })
    });
    for (place, path) in homeless {
        let message = format!(
            "{path}: `~` is the home folder of whoever runs Compose, and there is none here; write the path out or declare HOME"
        );
        session.error(place, &path, ProblemCode::InvalidValue, message);
    }
}

/// Compose makes only what a service uses.
pub(crate) fn drop_unused(project: &mut Project) {
    let mut networks = BTreeSet::new();
    let mut volumes = BTreeSet::new();
    let mut secrets = BTreeSet::new();
    let mut configs = BTreeSet::new();
    for service in project.services.values() {
        networks.extend(service.networks.keys());
        secrets.extend(service.secrets.iter().map(|secret| &secret.source));
        configs.extend(service.configs.iter().map(|config| &config.source));
        let mut mounts: Vec<_> = service.volumes.iter().collect();
        for hook in &service.pre_start {
            networks.extend(hook.networks.keys());
            secrets.extend(hook.secrets.iter().map(|secret| &secret.source));
            configs.extend(hook.configs.iter().map(|config| &config.source));
            mounts.extend(&hook.volumes);
        }
        let named = mounts.into_iter().filter(|mount| mount.kind == MountKind::Volume);
        volumes.extend(named.map(|mount| &mount.source));
    }
    project.networks.retain(|name, _| networks.contains(name));
    project.volumes.retain(|name, _| volumes.contains(name));
    project.secrets.retain(|name, _| secrets.contains(name));
    project.configs.retain(|name, _| configs.contains(name));
}
