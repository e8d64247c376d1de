//! From documents to objects: Lists opened, what every object must have, namespaces, no two of one name.

use super::Identities;
use super::document::Document;
use super::limits::MAX_OBJECTS;
use super::trouble::Troubles;
use crate::health::Rule;
use crate::names::ours;
use crate::{desired, object};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;
use serde_json::Value;

/// Kinds of Kubernetes itself that belong to no namespace, with their group.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "IPAddress"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
];

/// Groups of Kubernetes itself without the ending `.k8s.io`; every other kind in them has a namespace.
const OWN_GROUPS: [&str; 5] = ["", "apps", "autoscaling", "batch", "policy"];

/// What an API server writes itself. People paste it with the rest.
const SERVERS_OWN: [&str; 7] = [
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The objects of all documents, sorted by key.
pub(super) fn collect(documents: Vec<Document>, namespace: Option<&str>, troubles: &mut Troubles<'_>) -> Vec<Value> {
    let mut opened = Vec::new();
    for document in documents {
        open(document.value, document.place, "", &mut opened);
    }
    if opened.len() > MAX_OBJECTS {
        let message = format!(
            "a release has at most {MAX_OBJECTS} objects; this one has {}",
            opened.len()
        );
        troubles.error(opened[MAX_OBJECTS].1, "", ProblemCode::TooLarge, message);
        return Vec::new();
    }
    let definitions: Vec<Value> = opened
        .iter()
        .map(|(o, ..)| o)
        .filter(|o| object::is_definition(o))
        .cloned()
        .collect();
    let mut kept: Vec<(Value, Place)> = Vec::new();
    let mut known = Identities::new();
    for (mut value, place, pointer) in opened {
        if !check(&value, place, &pointer, troubles) {
            continue;
        }
        clean(&mut value, place, &pointer, troubles);
        settle_namespace(&mut value, namespace, &definitions, place, &pointer, troubles);
        if let Some(first) = known.insert(desired::identity(&value), kept.len()) {
            let line = kept[first].1.line;
            let message = format!(
                "{} {} is already there in line {line}",
                object::kind(&value),
                object::name(&value)
            );
            troubles.error(place, &pointer, ProblemCode::Conflict, message);
            continue;
        }
        kept.push((value, place));
    }
    if kept.is_empty() && !troubles.has_errors() {
        troubles.error(
            Place::NOWHERE,
            "",
            ProblemCode::NoServices,
            "the manifest holds no object".into(),
        );
    }
    let mut objects: Vec<Value> = kept.into_iter().map(|(value, _)| value).collect();
    objects.sort_by_cached_key(object::key);
    objects
}

/// An object, or every object of a List; an empty document is none.
fn open(value: Value, place: Place, pointer: &str, opened: &mut Vec<(Value, Place, String)>) {
    if value.is_null() {
        return;
    }
    let is_list = object::kind(&value).ends_with("List") && value.get("items").is_some_and(Value::is_array);
    if !is_list {
        opened.push((value, place, pointer.to_owned()));
        return;
    }
    let item_kind = object::kind(&value).strip_suffix("List").unwrap_or_default().to_owned();
    let version = object::api_version(&value).to_owned();
    let Value::Object(mut list) = value else { return };
    let Some(Value::Array(items)) = list.remove("items") else {
        return;
    };
    for (i, mut item) in items.into_iter().enumerate() {
        // The items of a typed list need not say what they are.
        if let Some(members) = item.as_object_mut().filter(|_| !item_kind.is_empty()) {
            members.entry("kind").or_insert_with(|| item_kind.as_str().into());
            members.entry("apiVersion").or_insert_with(|| version.as_str().into());
        }
        open(item, place, &format!("{pointer}/items/{i}"), opened);
    }
}

/// Whether it has what every object must have.
fn check(value: &Value, place: Place, pointer: &str, troubles: &mut Troubles<'_>) -> bool {
    if !value.is_object() {
        let message = "an object is expected here, with apiVersion, kind and metadata";
        troubles.error(place, pointer, ProblemCode::InvalidValue, message.into());
        return false;
    }
    let mut is_whole = true;
    let mut wrong = |at: &str, code: ProblemCode, message: String| {
        is_whole = false;
        troubles.error(place, &format!("{pointer}{at}"), code, message);
    };
    for member in ["apiVersion", "kind"] {
        if object::text(value, &format!("/{member}")).is_empty() {
            wrong(
                &format!("/{member}"),
                ProblemCode::InvalidValue,
                format!("`{member}` is missing"),
            );
        }
    }
    let name = object::name(value);
    if value.pointer("/metadata/generateName").is_some() && name.is_empty() {
        let message = "`generateName` makes another object each time; give it a `name`";
        wrong("/metadata/generateName", ProblemCode::UnsupportedKey, message.into());
    } else if name.is_empty() {
        wrong(
            "/metadata/name",
            ProblemCode::InvalidName,
            "`metadata.name` is missing".into(),
        );
    } else if !object::is_path_segment(name) {
        let message = format!("`{name}` is no name of an object");
        wrong("/metadata/name", ProblemCode::InvalidName, message);
    }
    match value.pointer("/metadata/namespace") {
        None | Some(Value::Null) => {}
        Some(Value::String(namespace)) if is_label(namespace) => {}
        Some(_) => {
            let message = "a namespace is small letters, digits and `-`, 63 at most";
            wrong("/metadata/namespace", ProblemCode::InvalidName, message.into());
        }
    }
    for map in ["annotations", "labels"] {
        let marks = value.pointer(&format!("/metadata/{map}"));
        let all = marks.and_then(Value::as_object).into_iter().flatten();
        if let Some((name, _)) = all.clone().find(|(_, value)| !value.is_string()) {
            let at = format!("/metadata/{map}/{}", object::escaped(name));
            let message = format!("`{name}` must be a text, put it in quotes");
            wrong(&at, ProblemCode::InvalidValue, message);
        } else if marks.is_some_and(|marks| !marks.is_object() && !marks.is_null()) {
            let message = format!("`{map}` must be a mapping");
            wrong(&format!("/metadata/{map}"), ProblemCode::InvalidValue, message);
        }
    }
    if let Some(Err(why)) = object::annotation(value, ours::HEALTH).map(Rule::parse) {
        let at = format!("/metadata/annotations/{}", object::escaped(ours::HEALTH));
        wrong(&at, ProblemCode::InvalidValue, format!("it is no health rule: {why}"));
    }
    is_whole
}

/// Leaves out what the server writes itself.
fn clean(value: &mut Value, place: Place, pointer: &str, troubles: &mut Troubles<'_>) {
    let Some(members) = value.as_object_mut() else { return };
    let mut left_out = |at: String| {
        let message = "this is the API server's own and is left out".to_owned();
        troubles.warn(place, &format!("{pointer}{at}"), ProblemCode::UnsupportedKey, message);
    };
    if members.remove("status").is_some_and(|status| is_said(&status)) {
        left_out("/status".into());
    }
    let Some(metadata) = members.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    for name in SERVERS_OWN {
        if metadata.remove(name).is_some_and(|value| is_said(&value)) {
            left_out(format!("/metadata/{name}"));
        }
    }
    metadata.retain(|_, value| !value.is_null());
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        if annotations.remove(crate::names::theirs::LAST_APPLIED).is_some() {
            left_out(format!(
                "/metadata/annotations/{}",
                object::escaped(crate::names::theirs::LAST_APPLIED)
            ));
        }
        for name in crate::names::ours::MARKS {
            annotations.remove(name);
        }
    }
}

/// Generators write `creationTimestamp: null` and `status: {}`; that says nothing.
fn is_said(value: &Value) -> bool {
    !value.is_null() && value.as_object().is_none_or(|members| !members.is_empty())
}

/// Namespaced kinds without a namespace get the target's. Of a foreign kind only the cluster knows.
fn settle_namespace(
    value: &mut Value,
    namespace: Option<&str>,
    definitions: &[Value],
    place: Place,
    pointer: &str,
    troubles: &mut Troubles<'_>,
) {
    let Some(is_namespaced) = is_namespaced(value, definitions) else {
        return;
    };
    let given = object::namespace(value).is_some();
    let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    match (is_namespaced, namespace) {
        (true, Some(namespace)) if !given => {
            metadata.insert("namespace".into(), namespace.into());
        }
        (false, _) if given => {
            metadata.remove("namespace");
            let message = "objects of this kind belong to no namespace; it is left out".to_owned();
            troubles.warn(
                place,
                &format!("{pointer}/metadata/namespace"),
                ProblemCode::UnsupportedKey,
                message,
            );
        }
        (true, _) | (false, _) => {}
    }
}

/// `None`: only the cluster knows.
fn is_namespaced(value: &Value, definitions: &[Value]) -> Option<bool> {
    let (group, kind) = (object::group(object::api_version(value)), object::kind(value));
    if CLUSTER_SCOPED.contains(&(group, kind)) {
        return Some(false);
    }
    if OWN_GROUPS.contains(&group) {
        return Some(true);
    }
    let defined = definitions.iter().find(|definition| {
        object::text(definition, "/spec/group") == group && object::text(definition, "/spec/names/kind") == kind
    });
    if let Some(definition) = defined {
        return Some(object::text(definition, "/spec/scope") != "Cluster");
    }
    // Of Kubernetes' own groups every kind is known; `*.x-k8s.io` and what projects define is not.
    const KNOWN: [&str; 7] = [
        "admissionregistration.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
    ];
    KNOWN.contains(&group).then_some(true)
}

/// RFC 1123, as namespaces are named.
fn is_label(name: &str) -> bool {
    const MAX_CHARS: usize = 63;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let ends_well = name.starts_with(plain) && name.ends_with(plain);
    name.len() <= MAX_CHARS && ends_well && name.chars().all(|c| plain(c) || c == '-')
}
