//! Which object has to be there before which: edges, not barriers. Pure.
//!
//! Namespace → its members, definition → its resources, what a workload names → the workload, roles → what is bound to
//! them, webhooks after everything they could stop; waves and hooks by annotation over all of it.

use crate::names::{ours, theirs};
use crate::object;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How far something must be before what needs it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// It is there.
    Applied,
    /// It is healthy: a definition is served, a wave is done.
    Healthy,
}

/// One object's place in the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Objects, by their place in the list, and how far each must be.
    pub after: BTreeMap<usize, Until>,
}

/// The turn of each object. A circle (only waves that contradict a need can make one) is cut at the need.
#[must_use]
pub fn of(objects: &[&Value]) -> Vec<Turn> {
    let waves: Vec<(i64, i64)> = objects.iter().map(|value| wave(value)).collect();
    let index = Index::of(objects);
    let mut turns: Vec<Turn> = Vec::with_capacity(objects.len());
    for (at, value) in objects.iter().enumerate() {
        let mut turn = Turn::default();
        for needed in index.needs(value) {
            // A wave says more than a need: what comes in a later wave cannot be waited for.
            if needed != at && waves[needed] <= waves[at] {
                let until = match object::is_definition(objects[needed]) {
                    true => Until::Healthy,
                    false => Until::Applied,
                };
                turn.after.insert(needed, until);
            }
        }
        turns.push(turn);
    }
    // Each object waits for all of the wave before its own.
    let mut by_wave: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for (at, wave) in waves.iter().enumerate() {
        by_wave.entry(*wave).or_default().push(at);
    }
    let groups: Vec<Vec<usize>> = by_wave.into_values().collect();
    for pair in groups.windows(2) {
        for at in &pair[1] {
            turns[*at]
                .after
                .extend(pair[0].iter().map(|before| (*before, Until::Healthy)));
        }
    }
    turns
}

/// What `value` needs of `objects`, by place.
#[must_use]
pub fn needs(value: &Value, objects: &[&Value]) -> BTreeSet<usize> {
    Index::of(objects).needs(value)
}

/// Hook (before all: -1, after all: 1) and wave.
#[must_use]
pub fn wave(value: &Value) -> (i64, i64) {
    let mark = |name| object::annotation(value, name);
    let number = |name| mark(name).and_then(|text: &str| text.trim().parse::<i64>().ok());
    let hook = mark(ours::HOOK)
        .or_else(|| mark(theirs::ARGO_HOOK))
        .or_else(|| mark(theirs::HELM_HOOK));
    let hooks: Vec<String> = hook
        .into_iter()
        .flat_map(|text| text.split(','))
        .map(|h| h.trim().to_lowercase())
        .collect();
    let phase = match () {
        () if hooks
            .iter()
            .any(|h| matches!(h.as_str(), "pre" | "presync" | "pre-install" | "pre-upgrade")) =>
        {
            -1
        }
        () if hooks
            .iter()
            .any(|h| matches!(h.as_str(), "post" | "postsync" | "post-install" | "post-upgrade")) =>
        {
            1
        }
        () => 0,
    };
    let wave = number(ours::WAVE)
        .or_else(|| number(theirs::ARGO_WAVE))
        .or_else(|| number(theirs::HELM_WEIGHT));
    (phase, wave.unwrap_or(0))
}

/// Hooks of Argo CD and Helm for moments that a release of ours does not have.
#[must_use]
pub fn is_foreign_moment(value: &Value) -> bool {
    let hook = object::annotation(value, theirs::ARGO_HOOK).or_else(|| object::annotation(value, theirs::HELM_HOOK));
    let known = [
        "presync",
        "sync",
        "postsync",
        "pre-install",
        "post-install",
        "pre-upgrade",
        "post-upgrade",
        "crd-install",
    ];
    hook.is_some_and(|hook| {
        !hook
            .split(',')
            .any(|h| known.contains(&h.trim().to_lowercase().as_str()))
    })
}

/// Objects by what others name them by.
struct Index<'o> {
    objects: &'o [&'o Value],
    by_name: BTreeMap<(&'o str, Option<&'o str>, &'o str), Vec<usize>>,
    definitions: BTreeMap<(&'o str, &'o str), usize>,
    /// Bindings by the ServiceAccounts they are for.
    bindings: BTreeMap<(&'o str, &'o str), Vec<usize>>,
    webhooks: Vec<usize>,
}

impl<'o> Index<'o> {
    fn of(objects: &'o [&'o Value]) -> Self {
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

    fn needs(&self, value: &Value) -> BTreeSet<usize> {
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
            let account = match object::text(spec, "/serviceAccountName") {
                "" => object::text(spec, "/serviceAccount"),
                name => name,
            };
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

fn is_webhook(value: &Value) -> bool {
    matches!(
        object::kind(value),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration"
    )
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

/// How late an object goes when things are deleted: the reverse of how they come.
#[must_use]
pub fn removal_level(value: &Value) -> u8 {
    match object::kind(value) {
        _ if is_webhook(value) => 0,
        "APIService" => 0,
        "Ingress" | "HTTPRoute" | "HorizontalPodAutoscaler" | "PodDisruptionBudget" => 1,
        "CustomResourceDefinition" => 5,
        "Namespace" => 6,
        "ServiceAccount" | "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => 4,
        "ConfigMap" | "Secret" | "PersistentVolumeClaim" | "PersistentVolume" | "StorageClass" => 4,
        _ if object::pod_spec(value).is_some() => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(kind: &str, name: &str, more: Value) -> Value {
        let mut value = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "n"}});
        for (name, member) in more.as_object().into_iter().flatten() {
            value[name] = member.clone();
        }
        value
    }

    #[test]
    fn a_workload_waits_for_what_it_names_and_for_nothing_else() {
        let container = json!({"name": "c", "envFrom": [{"secretRef": {"name": "s"}}]});
        let spec =
            json!({"serviceAccountName": "a", "containers": [container], "volumes": [{"configMap": {"name": "m"}}]});
        let objects = [
            value("Deployment", "web", json!({"spec": {"template": {"spec": spec}}})),
            value("ConfigMap", "m", json!({})),
            value("ConfigMap", "other", json!({})),
            value("Secret", "s", json!({})),
            value("ServiceAccount", "a", json!({})),
            value(
                "RoleBinding",
                "b",
                json!({"roleRef": {"name": "r"}, "subjects": [{"kind": "ServiceAccount", "name": "a"}]}),
            ),
            value("Role", "r", json!({})),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}),
        ];
        let objects: Vec<&Value> = objects.iter().collect();
        let turns = of(&objects);
        let after = |at: usize| turns[at].after.keys().copied().collect::<Vec<_>>();
        assert_eq!(after(0), [1, 3, 4, 5, 7]);
        assert_eq!(after(5), [4, 6, 7]);
        assert_eq!((after(2), after(7)), (vec![7], vec![]));
        assert!(turns[0].after.values().all(|until| *until == Until::Applied));
    }

    #[test]
    fn resources_wait_until_their_definition_is_served_and_webhooks_come_last() {
        let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "x"}, "spec": {"group": "e.io", "names": {"kind": "Widget"}}});
        let widget = json!({"apiVersion": "e.io/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "n"}});
        let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "h"}});
        let turns = of(&[&widget, &definition, &webhook]);
        assert_eq!(turns[0].after, BTreeMap::from([(1, Until::Healthy)]));
        assert_eq!(turns[2].after.len(), 2);
    }

    #[test]
    fn waves_and_hooks_of_others_are_heeded_like_ours() {
        for (name, text, expected) in [
            (ours::WAVE, "2", (0, 2)),
            (ours::HOOK, "pre", (-1, 0)),
            (theirs::ARGO_WAVE, "-1", (0, -1)),
            (theirs::ARGO_HOOK, "PostSync", (1, 0)),
            (theirs::HELM_HOOK, "pre-install,pre-upgrade", (-1, 0)),
            (theirs::HELM_WEIGHT, "5", (0, 5)),
        ] {
            let mut one = value("Job", "j", json!({}));
            object::mark(&mut one, "annotations", name, text);
            assert_eq!(wave(&one), expected, "{name}");
        }
        let (first, second) = (value("Job", "a", json!({})), {
            let mut second = value("Job", "b", json!({}));
            object::mark(&mut second, "annotations", ours::WAVE, "1");
            second
        });
        assert_eq!(of(&[&second, &first])[0].after, BTreeMap::from([(1, Until::Healthy)]));
    }
}
