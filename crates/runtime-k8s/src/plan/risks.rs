//! What a person should look at twice.

use crate::image::registry;
use crate::object;
use crate::policy;
use release_domain::plan::{Risk, RiskCode};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) fn risk(code: RiskCode, message: String) -> Risk {
    Risk { code, message }
}

/// Risks of an object that is made or changed. `registries`: where images came from until now; empty where there is
/// none to compare with.
pub(super) fn of(value: &Value, registries: &BTreeSet<String>) -> Vec<Risk> {
    let mut risks = Vec::new();
    if value.pointer("/spec/replicas").and_then(Value::as_i64) == Some(0) {
        risks.push(risk(RiskCode::ReplicasZero, "no pod of it will run".into()));
    }
    if object::group(object::api_version(value)) == "rbac.authorization.k8s.io" {
        risks.push(risk(RiskCode::Rbac, "it gives rights on the cluster".into()));
    }
    let new: BTreeSet<String> = images(value).map(|image| registry(image).to_owned()).collect();
    for registry in new.difference(registries).filter(|_| !registries.is_empty()) {
        let message = format!("an image comes from {registry}, which was not used here before");
        risks.push(risk(RiskCode::ImageRegistry, message));
    }
    for request in policy::requests(value) {
        if let Some(code) = request.wish.risk() {
            risks.push(risk(code, format!("it asks for {}", request.wish)));
        }
    }
    risks.sort_by(|a, b| (a.code, &a.message).cmp(&(b.code, &b.message)));
    risks.dedup();
    risks
}

pub(super) fn replaced(value: &Value) -> Risk {
    match object::kind(value) {
        "PersistentVolumeClaim" | "PersistentVolume" => risk(
            RiskCode::Volume,
            "it is deleted and made anew: the data in it is lost".into(),
        ),
        _ => risk(RiskCode::Replace, "it is deleted and made anew".into()),
    }
}

/// The registries that live objects take their images from.
pub(super) fn registries<'o>(live: impl Iterator<Item = &'o Value>) -> BTreeSet<String> {
    live.flat_map(images).map(|image| registry(image).to_owned()).collect()
}

fn images(value: &Value) -> impl Iterator<Item = &str> {
    let spec = object::pod_spec(value).map(|(_, spec)| spec);
    let containers = spec.into_iter().flat_map(object::containers);
    containers
        .map(|(_, container)| object::text(container, "/image"))
        .filter(|image| !image.is_empty())
}
