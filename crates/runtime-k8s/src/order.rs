//! Which object has to be there before which: edges, not barriers. Pure.
//!
//! Namespace → its members, definition → its resources, what a workload names → the workload, roles → what is bound to
//! them, webhooks after everything they could stop; waves and hooks by annotation over all of it.

mod needs;

use crate::names::{ours, theirs};
use crate::object;
use needs::Index;
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

fn is_webhook(value: &Value) -> bool {
    matches!(
        object::kind(value),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration"
    )
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
