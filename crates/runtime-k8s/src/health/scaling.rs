//! Kinds that watch over the number of others' pods.

use super::Health;
use crate::conditions::{self, Condition, count, is_observed};
use crate::object;
use serde_json::Value;

/// Where API versions before `v2` keep the conditions, as JSON in a text.
const OLD_CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

pub(super) fn autoscaler(live: &Value) -> Health {
    let old = object::annotation(live, OLD_CONDITIONS).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let list = live.pointer("/status/conditions").or(old.as_ref());
    let known: Vec<Condition<'_>> = conditions::listed(list).collect();
    let find = |kind: &str| known.iter().find(|condition| condition.kind == kind);
    for kind in ["AbleToScale", "ScalingActive"] {
        if let Some(condition) = find(kind).filter(|c| c.is_false()) {
            // A target with no replicas is switched off, and somebody did that on purpose.
            if condition.reason != "ScalingDisabled" {
                return Health::degraded(condition.words());
            }
        }
    }
    let scales = |kind: &str| find(kind).is_some_and(Condition::is_true);
    match scales("AbleToScale") || scales("ScalingLimited") {
        true => Health::healthy(),
        false => Health::in_progress("it has not looked at its target yet"),
    }
}

pub(super) fn disruption_budget(live: &Value) -> Health {
    let Some(wanted) = live
        .pointer("/status/desiredHealthy")
        .and_then(Value::as_i64)
        .filter(|_| is_observed(live))
    else {
        return Health::in_progress("its controller has not seen it yet");
    };
    let healthy = count(live, "/status/currentHealthy");
    match healthy < wanted {
        true => Health::in_progress(format!("{healthy} of {wanted} pods that must stay are healthy")),
        false => Health::healthy(),
    }
}
