//! What leads to pods.

use super::{Around, Health};
use crate::conditions::{self, Condition};
use crate::object;
use serde_json::Value;

pub(super) fn service(live: &Value, around: &Around<'_>) -> Health {
    let kind = object::text(live, "/spec/type");
    if kind == "ExternalName" {
        return Health::healthy();
    }
    // Argo CD takes an empty entry for an address.
    if kind == "LoadBalancer" && !has_address(live) {
        return Health::in_progress("it has no load balancer address");
    }
    let selects = live
        .pointer("/spec/selector")
        .and_then(Value::as_object)
        .is_some_and(|selector| !selector.is_empty());
    match around.ready_endpoints {
        Some(0) if selects => Health::in_progress("no pod that it selects is ready"),
        Some(_) | None => Health::healthy(),
    }
}

pub(super) fn ingress(live: &Value, around: &Around<'_>) -> Health {
    match has_address(live) || !around.ingress_class {
        true => Health::healthy(),
        false => Health::in_progress("it has no address"),
    }
}

fn has_address(live: &Value) -> bool {
    let given = live.pointer("/status/loadBalancer/ingress").and_then(Value::as_array);
    let named = |entry: &Value, name: &str| {
        entry
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.is_empty())
    };
    let mut entries = given.into_iter().flatten();
    let external = live.pointer("/spec/externalIPs").and_then(Value::as_array);
    entries.any(|entry| named(entry, "ip") || named(entry, "hostname"))
        || external.is_some_and(|addresses| !addresses.is_empty())
}

/// Gateways and their classes.
pub(super) fn gateway(live: &Value) -> Health {
    let wanted: &[&str] = match object::kind(live) {
        "GatewayClass" => &["Accepted"],
        _ => &["Accepted", "Programmed"],
    };
    accepted(live, live.pointer("/status/conditions"), wanted)
}

/// Routes are accepted by each of their parents.
pub(super) fn route(live: &Value) -> Health {
    let parents = live.pointer("/status/parents").and_then(Value::as_array);
    let asked = live
        .pointer("/spec/parentRefs")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let parents = parents.map(Vec::as_slice).unwrap_or_default();
    if parents.is_empty() || parents.len() < asked {
        return Health::in_progress("no gateway has taken it up");
    }
    let judged = parents
        .iter()
        .map(|parent| accepted(live, parent.get("conditions"), &["Accepted", "ResolvedRefs"]));
    judged
        .into_iter()
        .find(|health| !health.is_healthy())
        .unwrap_or_else(Health::healthy)
}

fn accepted(live: &Value, list: Option<&Value>, wanted: &[&str]) -> Health {
    let generation = live.pointer("/metadata/generation").and_then(Value::as_i64);
    let stale = list.and_then(Value::as_array).into_iter().flatten().any(|condition| {
        let seen = condition.get("observedGeneration").and_then(Value::as_i64);
        matches!((seen, generation), (Some(seen), Some(asked)) if seen < asked)
    });
    if stale {
        return Health::in_progress("its controller has not seen the change yet");
    }
    for kind in wanted {
        match conditions::listed(list).find(|condition| condition.kind == *kind) {
            Some(condition) if condition.is_true() => {}
            Some(condition) if condition.is_false() && condition.reason != "Pending" => return refused(condition),
            Some(_) | None => return Health::in_progress(format!("it is not yet {kind}")),
        }
    }
    Health::healthy()
}

fn refused(condition: Condition<'_>) -> Health {
    Health::degraded(format!("{}: {}", condition.kind, condition.words()))
}
