//! Short forms written out (compose-go `transform/canonical.go` and its neighbours, Apache-2.0),
//! and the defaults that follow once all files are merged.

pub(crate) mod ports;
pub(crate) mod volumes;

use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Mapping, Node, Value, put};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;

/// What a step makes of a value, or why it cannot.
type Outcome = Result<Node, Bad>;

/// Why a value, or one item of it, has no long form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    pub item: Option<usize>,
    pub message: String,
}

impl From<String> for Bad {
    fn from(message: String) -> Self {
        Self { item: None, message }
    }
}

impl From<&str> for Bad {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

#[derive(Clone, Copy, Debug)]
enum Form {
    /// A text is a list of one.
    List,
    /// A text is the source.
    FileMount,
    KeyValue,
    DependsOn,
    EnvFile,
    Extends,
    Gpus,
    /// A list of names is a mapping of nulls.
    Names,
    Volume,
    Device,
    Ports,
    Build,
    Ssh,
    Printed,
    External,
    Include,
}

const FORMS: &[(&str, Form)] = &[
    ("services.*.build.secrets.*", Form::FileMount),
    ("services.*.build.provenance", Form::Printed),
    ("services.*.build.sbom", Form::Printed),
    ("services.*.build.additional_contexts", Form::KeyValue),
    ("services.*.depends_on", Form::DependsOn),
    ("services.*.env_file", Form::EnvFile),
    ("services.*.label_file", Form::List),
    ("services.*.extends", Form::Extends),
    ("services.*.gpus", Form::Gpus),
    ("services.*.networks", Form::Names),
    ("services.*.models", Form::Names),
    ("services.*.volumes.*", Form::Volume),
    ("services.*.dns", Form::List),
    ("services.*.devices.*", Form::Device),
    ("services.*.secrets.*", Form::FileMount),
    ("services.*.configs.*", Form::FileMount),
    ("services.*.ports", Form::Ports),
    ("services.*.build", Form::Build),
    ("services.*.build.ssh", Form::Ssh),
    ("volumes.*", Form::External),
    ("networks.*", Form::External),
    ("secrets.*", Form::External),
    ("configs.*", Form::External),
    ("include.*", Form::Include),
];

/// Writes out every short form below `node`, children before their parent.
///
/// # Errors
/// [`Stop`] after every form that cannot be read is recorded.
pub(crate) fn document(node: &mut Node, session: &mut Session<'_>) -> Result<(), Stop> {
    let mut failed = false;
    walk(node, &mut Path::root(), session, &mut failed);
    if failed { Err(Stop) } else { Ok(()) }
}

fn walk(node: &mut Node, path: &mut Path, session: &mut Session<'_>, failed: &mut bool) {
    match &mut node.value {
        Value::Map(mapping) => {
            for (key, entry) in mapping.iter_mut() {
                path.within(key, |path| walk(&mut entry.node, path, session, failed));
            }
            // Compose leaves out an empty `dns` entry (loader/omitEmpty.go).
            if path.matches_container("services.*.dns") {
                mapping.retain(|_, entry| !is_empty(&entry.node));
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.within_index(index, |path| walk(item, path, session, failed));
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
    let Some((_, form)) = FORMS.iter().find(|(pattern, _)| path.matches_container(pattern)) else {
        return;
    };
    let place = node.place;
    let items: Vec<Place> = match form {
        Form::Ports => node
            .as_list()
            .unwrap_or_default()
            .iter()
            .map(|item| item.place)
            .collect(),
        _ => Vec::new(),
    };
    let taken = std::mem::replace(node, Node::null(place));
    let made = form.write_out(taken);
    match made {
        Ok(written) => {
            *failed |= matches!(form, Form::Ports) && session.spend(written.size(), place).is_err();
            *node = written;
        }
        Err(Bad { item, message }) => {
            let (path, place) = match item {
                Some(index) => (
                    path.child(&index.to_string()),
                    items.get(index).copied().unwrap_or(place),
                ),
                None => (path.clone(), place),
            };
            let message = format!("{path}: {message}");
            session.error(place, &path, ProblemCode::InvalidValue, message);
            *failed = true;
        }
    }
    if let (Form::List, Value::List(items)) = (form, &mut node.value)
        && path.matches_container("services.*.dns")
    {
        items.retain(|item| !is_empty(item));
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => false,
    }
}

impl Form {
    fn write_out(self, node: Node) -> Outcome {
        let place = node.place;
        match (self, node.value) {
            (Self::List, Value::Text(text)) => Ok(Node::list(vec![Node::text(text, place)], place)),
            (Self::FileMount, Value::Text(text)) => Ok(one("source", text, place)),
            (Self::Build, Value::Text(text)) => Ok(one("context", text, place)),
            (Self::Extends, Value::Text(text)) => Ok(one("service", text, place)),
            (Self::Include, Value::Text(text)) => Ok(one("path", text, place)),
            (Self::KeyValue, Value::List(items)) => key_value(items, place),
            (Self::DependsOn, value) => depends_on(value, place),
            (Self::EnvFile, value) => env_file(value, place),
            (Self::Gpus, Value::Text(_)) => Ok(Node::list(vec![one("count", "all".into(), place)], place)),
            (Self::Names, Value::List(items)) => names(items, place),
            (Self::Volume, Value::Text(text)) => Ok(volumes::parse(&text)?.into_node(place)),
            (Self::Device, Value::Text(text)) => device(&text, place),
            (Self::Ports, Value::List(items)) => ports::expand(items, place),
            (Self::Ssh, Value::List(items)) => ssh(items, place),
            (Self::Printed, value) => {
                let node = Node::new(value, place);
                Ok(match node.printed() {
                    Some(text) => Node::text(text, place),
                    None => node,
                })
            }
            (Self::External, Value::Map(mapping)) => external(mapping, place),
            // The long form; and what is neither, which the schema has refused before or the types will after.
            (_, value) => Ok(Node::new(value, place)),
        }
    }
}

fn one(key: &str, text: String, place: Place) -> Node {
    let mut mapping = Mapping::new();
    put(&mut mapping, key, Value::Text(text), place);
    Node::map(mapping, place)
}

fn key_value(items: Vec<Node>, place: Place) -> Outcome {
    let mut mapping = Mapping::new();
    for item in items {
        let text = item.as_text().unwrap_or_default();
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not `key=value`"))?;
        put(&mut mapping, key, Value::Text(value.to_owned()), item.place);
    }
    Ok(Node::map(mapping, place))
}

fn depends_on(value: Value, place: Place) -> Outcome {
    let mut mapping = match value {
        Value::Map(mapping) => mapping,
        Value::List(items) => {
            let mut mapping = Mapping::new();
            for item in items {
                let name = item.as_text().ok_or("a dependency is a service's name")?;
                put(&mut mapping, name, Value::Map(Mapping::new()), item.place);
            }
            mapping
        }
        value => return Err(format!("{} is not a list of services", Node::new(value, place).kind()).into()),
    };
    for (name, entry) in &mut mapping {
        let place = entry.node.place;
        let Some(dependency) = entry.node.as_map_mut() else {
            return Err(format!("`{name}` needs a mapping such as `condition: service_healthy`").into());
        };
        if !dependency.contains_key("condition") {
            put(dependency, "condition", Value::Text("service_started".into()), place);
        }
        if !dependency.contains_key("required") {
            put(dependency, "required", Value::Bool(true), place);
        }
    }
    Ok(Node::map(mapping, place))
}

fn env_file(value: Value, place: Place) -> Outcome {
    let items = match value {
        Value::List(items) => items,
        Value::Text(text) => vec![Node::text(text, place)],
        value => return Err(format!("{} is not a list of files", Node::new(value, place).kind()).into()),
    };
    let files = items.into_iter().map(|item| {
        let place = item.place;
        let mut mapping = match item.value {
            Value::Map(mapping) => mapping,
            Value::Text(text) => {
                let mut mapping = Mapping::new();
                put(&mut mapping, "path", Value::Text(text), place);
                mapping
            }
            value => return Err(format!("{} is not a file", Node::new(value, place).kind())),
        };
        if !mapping.contains_key("required") {
            put(&mut mapping, "required", Value::Bool(true), place);
        }
        Ok(Node::map(mapping, place))
    });
    Ok(Node::list(files.collect::<Result<_, String>>()?, place))
}

fn names(items: Vec<Node>, place: Place) -> Outcome {
    let mut mapping = Mapping::new();
    for item in items {
        let name = item.as_text().ok_or("a name is a string")?;
        put(&mut mapping, name, Value::Null, item.place);
    }
    Ok(Node::map(mapping, place))
}

fn device(text: &str, place: Place) -> Outcome {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts.as_slice() {
        [source] => (*source, *source, "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ => return Err(format!("`{text}` has too many colons, use the long form").into()),
    };
    let target = if target.is_empty() { source } else { target };
    let mut mapping = Mapping::new();
    put(&mut mapping, "source", Value::Text(source.into()), place);
    put(&mut mapping, "target", Value::Text(target.into()), place);
    put(&mut mapping, "permissions", Value::Text(permissions.into()), place);
    Ok(Node::map(mapping, place))
}

fn ssh(items: Vec<Node>, place: Place) -> Outcome {
    let mut mapping = Mapping::new();
    for item in items {
        let text = item.as_text().unwrap_or_default();
        match text.split_once('=') {
            Some((id, path)) => put(&mut mapping, id, Value::Text(path.into()), item.place),
            None if text == "default" => put(&mut mapping, text, Value::Null, item.place),
            None => return Err(format!("`{text}` is not `id=path`").into()),
        }
    }
    Ok(Node::map(mapping, place))
}

/// `external: {name: x}`, the deprecated spelling of `external: true` with `name: x`.
fn external(mut mapping: Mapping, place: Place) -> Outcome {
    let Some(entry) = mapping.get_mut("external") else {
        return Ok(Node::map(mapping, place));
    };
    if let Some(inner) = entry.node.as_map_mut() {
        let name = inner.remove("name").map(|entry| entry.node);
        entry.node.value = Value::Bool(true);
        if let Some(name) = name {
            match mapping.get("name") {
                Some(own) if own.node.value != name.value => {
                    return Err("`name` and `external.name` differ, only use `name`".into());
                }
                Some(_) => {}
                None => put(&mut mapping, "name", name.value, name.place),
            }
        }
    }
    Ok(Node::map(mapping, place))
}

/// Defaults of the merged document (compose-go `transform/defaults.go`). Works on long forms only.
pub(crate) fn defaults(node: &mut Node, path: &mut Path) {
    if let Value::List(items) = &mut node.value {
        for (index, item) in items.iter_mut().enumerate() {
            path.within_index(index, |path| defaults(item, path));
        }
        return;
    }
    let place = node.place;
    let Some(mapping) = node.as_map_mut() else {
        return;
    };
    let lacks = |mapping: &Mapping, key: &str| !mapping.contains_key(key);
    let text = |text: &str| Value::Text(text.to_owned());
    if path.matches("services.*.build") {
        if lacks(mapping, "context") {
            put(mapping, "context", text("."), place);
        }
    } else if path.matches("services.*.secrets.*") {
        let source = mapping.get("source").and_then(|entry| entry.node.printed());
        if let (true, Some(source)) = (lacks(mapping, "target"), source) {
            put(mapping, "target", text(&format!("/run/secrets/{source}")), place);
        }
    } else if path.matches("services.*.ports.*") {
        if lacks(mapping, "protocol") {
            put(mapping, "protocol", text("tcp"), place);
        }
        if lacks(mapping, "mode") {
            put(mapping, "mode", text("ingress"), place);
        }
    } else if path.matches("services.*.deploy.resources.reservations.devices.*")
        || path.matches_container("services.*.gpus.*")
    {
        if lacks(mapping, "count") && lacks(mapping, "device_ids") {
            put(mapping, "count", text("all"), place);
        }
    } else if path.matches_container("services.*.volumes.*.bind") {
        if lacks(mapping, "create_host_path") {
            put(mapping, "create_host_path", Value::Bool(true), place);
        }
    } else {
        for (key, entry) in mapping {
            path.within(key, |path| defaults(&mut entry.node, path));
        }
    }
}
