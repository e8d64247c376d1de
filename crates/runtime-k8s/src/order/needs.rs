//! What an object needs of others, by what it names. Pure.

use super::is_webhook;
use crate::object;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Objects by what others name them by.
pub(super) struct Index<'o> {
    objects: &'o [&'o Value],
    by_name: BTreeMap<(&'o str, Option<&'o str>, &'o str), Vec<usize>>,
    definitions: BTreeMap<(&'o str, &'o str), usize>,
    /// Bindings by the ServiceAccounts they are for.
    bindings: BTreeMap<(&'o str, &'o str), Vec<usize>>,
    webhooks: Vec<usize>,
}

impl<'o> Index<'o> {
    pub(super) fn of(objects: &'o [&'o Value]) -> Self {
        let mut index = Self {
            objects,
            by_name: BTreeMap::new(),
            definitions: BTreeMap::new(),
            bindings: BTreeMap::new(),
            webhooks: Vec::new(),
        };
        for (at, value) in objects.iter().enumerate() {
            let name = (object::kind(value), object::namespace(value), object::name(value));
            index.by_name.entry(name).or_default().push(at);
            if object::is_definition(value) {
                let defined = (
                    object::text(value, "/spec/group"),
                    object::text(value, "/spec/names/kind"),
                );
                index.definitions.insert(defined, at);
            }
            if matches!(object::kind(value), "RoleBinding" | "ClusterRoleBinding") {
                for subject in value.get("subjects").and_then(Value::as_array).into_iter().flatten() {
                    let namespace = subject
                        .get("namespace")
                        .and_then(Value::as_str)
                        .or(object::namespace(value));
                    let account = (namespace.unwrap_or_default(), object::text(subject, "/name"));
                    index.bindings.entry(account).or_default().push(at);
                }
            }
            if is_webhook(value) {
                index.webhooks.push(at);
            }
        }
        index
    }

    pub(super) fn needs(&self, value: &Value) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        let namespace = object::namespace(value);
        let mut add = |kind: &str, namespace: Option<&str>, name: &str| {
            needed.extend(self.by_name.get(&(kind, namespace, name)).into_iter().flatten());
        };
        if let Some(namespace) = namespace {
            add("Namespace", None, namespace);
        }
        match object::kind(value) {
            "RoleBinding" | "ClusterRoleBinding" => {
                let role = object::text(value, "/roleRef/name");
                add("Role", namespace, role);
                add("ClusterRole", None, role);
                for subject in value.get("subjects").and_then(Value::as_array).into_iter().flatten() {
                    let at = subject.get("namespace").and_then(Value::as_str).or(namespace);
                    add("ServiceAccount", at, object::text(subject, "/name"));
                }
            }
            "PersistentVolumeClaim" => {
                add("StorageClass", None, object::text(value, "/spec/storageClassName"));
                add("PersistentVolume", None, object::text(value, "/spec/volumeName"));
            }
            "Ingress" => add("IngressClass", None, object::text(value, "/spec/ingressClassName")),
            "APIService" => {
                let at = object::text(value, "/spec/service/namespace");
                add("Service", Some(at), object::text(value, "/spec/service/name"));
            }
            _ => {}
        }
        let pods = object::pod_spec(value);
        if let Some((_, spec)) = pods {
            for (kind, name) in named_by(spec) {
                let at = (kind != "PriorityClass" && kind != "RuntimeClass")
                    .then_some(namespace)
                    .flatten();
                add(kind, at, name);
            }
            let account = object::service_account(spec);
            add("ServiceAccount", namespace, account);
            let bound = (namespace.unwrap_or_default(), account);
            needed.extend(self.bindings.get(&bound).into_iter().flatten());
        }
        let defined = (object::group(object::api_version(value)), object::kind(value));
        needed.extend(self.definitions.get(&defined));
        if is_webhook(value) {
            // It could stop everything after it, its own pods first.
            let others = 0..self.objects.len();
            needed.extend(others.filter(|at| !self.webhooks.contains(at)));
        }
        needed
    }
}

/// What a pod spec names: ConfigMaps, Secrets, claims, classes.
fn named_by(spec: &Value) -> Vec<(&'static str, &str)> {
    let mut named = vec![
        ("PriorityClass", object::text(spec, "/priorityClassName")),
        ("RuntimeClass", object::text(spec, "/runtimeClassName")),
    ];
    let items = |value: &str| spec.get(value).and_then(Value::as_array).into_iter().flatten();
    for volume in items("volumes") {
        named.push(("ConfigMap", object::text(volume, "/configMap/name")));
        named.push(("Secret", object::text(volume, "/secret/secretName")));
        named.push((
            "PersistentVolumeClaim",
            object::text(volume, "/persistentVolumeClaim/claimName"),
        ));
        let sources = volume.pointer("/projected/sources").and_then(Value::as_array);
        for source in sources.into_iter().flatten() {
            named.push(("ConfigMap", object::text(source, "/configMap/name")));
            named.push(("Secret", object::text(source, "/secret/name")));
        }
    }
    for pull in items("imagePullSecrets") {
        named.push(("Secret", object::text(pull, "/name")));
    }
    for (_, container) in object::containers(spec) {
        let items = |name: &str| container.get(name).and_then(Value::as_array).into_iter().flatten();
        for variable in items("env") {
            named.push(("ConfigMap", object::text(variable, "/valueFrom/configMapKeyRef/name")));
            named.push(("Secret", object::text(variable, "/valueFrom/secretKeyRef/name")));
        }
        for source in items("envFrom") {
            named.push(("ConfigMap", object::text(source, "/configMapRef/name")));
            named.push(("Secret", object::text(source, "/secretRef/name")));
        }
    }
    named.retain(|(_, name)| !name.is_empty());
    named
}
