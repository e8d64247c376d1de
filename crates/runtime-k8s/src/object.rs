//! Kubernetes objects as JSON trees: what each is, and where in it pods are described.

use release_domain::plan::Resource;
use serde_json::{Map, Value};

/// The kinds whose objects hold a pod template, and where its pod spec stands.
const POD_SPECS: &[(&str, &str)] = &[
    ("Pod", "/spec"),
    ("Deployment", "/spec/template/spec"),
    ("StatefulSet", "/spec/template/spec"),
    ("DaemonSet", "/spec/template/spec"),
    ("ReplicaSet", "/spec/template/spec"),
    ("ReplicationController", "/spec/template/spec"),
    ("Job", "/spec/template/spec"),
    ("CronJob", "/spec/jobTemplate/spec/template/spec"),
    ("PodTemplate", "/template/spec"),
];

/// A member's name in a JSON pointer (RFC 6901).
#[must_use]
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What is at a JSON pointer without escapes, such as `/metadata/name`. Nothing is made on the way: every object is asked
/// for its name many times.
#[must_use]
pub fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').skip(1).try_fold(object, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        value => value.get(name),
    })
}

/// The text at a path, empty where there is none.
#[must_use]
pub fn text<'v>(object: &'v Value, path: &str) -> &'v str {
    at(object, path).and_then(Value::as_str).unwrap_or_default()
}

#[must_use]
pub fn kind(object: &Value) -> &str {
    text(object, "/kind")
}

#[must_use]
pub fn api_version(object: &Value) -> &str {
    text(object, "/apiVersion")
}

#[must_use]
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// Whether a name can stand in a URL as it is: RBAC names may hold more than labels do, but none of these.
#[must_use]
pub fn is_path_segment(name: &str) -> bool {
    const MAX_CHARS: usize = 253;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:@".contains(c);
    !name.is_empty() && name.len() <= MAX_CHARS && name != "." && name != ".." && name.chars().all(plain)
}

#[must_use]
pub fn namespace(object: &Value) -> Option<&str> {
    at(object, "/metadata/namespace").and_then(Value::as_str)
}

#[must_use]
pub fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// The API group of an `apiVersion`, empty for the core.
#[must_use]
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// `api_version/kind/namespace/name`, without the namespace for what has none.
#[must_use]
pub fn key(object: &Value) -> String {
    key_of(api_version(object), kind(object), namespace(object), name(object))
}

#[must_use]
pub fn key_of(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{api_version}/{kind}/{namespace}/{name}"),
        None => format!("{api_version}/{kind}/{name}"),
    }
}

#[must_use]
pub fn resource(object: &Value) -> Resource {
    Resource {
        kind: kind(object).into(),
        namespace: namespace(object).map(Into::into),
        name: name(object).into(),
        api_version: Some(api_version(object).into()),
    }
}

#[must_use]
pub fn annotation<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

#[must_use]
pub fn label<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    object.get("metadata")?.get("labels")?.get(name)?.as_str()
}

/// Puts a text into `metadata/<map>`, which is made where it is missing.
pub fn mark(object: &mut Value, map: &str, name: &str, value: &str) {
    let Some(metadata) = member(object, "metadata") else {
        return;
    };
    if let Some(Value::Object(marks)) = metadata.get_mut(map) {
        marks.insert(name.into(), value.into());
    } else {
        let marks = Map::from_iter([(name.to_owned(), Value::from(value))]);
        metadata.insert(map.into(), Value::Object(marks));
    }
}

fn member<'v>(object: &'v mut Value, name: &str) -> Option<&'v mut Map<String, Value>> {
    object.get_mut(name)?.as_object_mut()
}

/// Where the pod spec of a workload stands in it, and the spec.
#[must_use]
pub fn pod_spec(object: &Value) -> Option<(&'static str, &Value)> {
    let (_, path) = POD_SPECS.iter().find(|(name, _)| *name == kind(object))?;
    Some((path, at(object, path)?))
}

/// The ServiceAccount of a pod spec, by its new name or its old one; empty where none is named.
#[must_use]
pub fn service_account(spec: &Value) -> &str {
    match text(spec, "/serviceAccountName") {
        "" => text(spec, "/serviceAccount"),
        name => name,
    }
}

/// Every container of a pod spec with its place, init and ephemeral ones too.
pub fn containers(spec: &Value) -> impl Iterator<Item = (String, &Value)> {
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .flat_map(move |list| {
            let items = spec.get(list).and_then(Value::as_array).into_iter().flatten();
            items.enumerate().map(move |(i, item)| (format!("/{list}/{i}"), item))
        })
}

/// Whether the object makes resources of another kind possible.
#[must_use]
pub fn is_definition(object: &Value) -> bool {
    kind(object) == "CustomResourceDefinition" && group(api_version(object)) == "apiextensions.k8s.io"
}
