//! What a person should look at twice.

use crate::container::bind_sources;
use crate::desired::Model;
use crate::model::Service;
use crate::names;
use release_domain::plan::{Risk, RiskCode};
use std::collections::BTreeSet;

pub(super) fn risk(code: RiskCode, message: String) -> Risk {
    Risk { code, message }
}

/// Risks of a service that is made or changed. `registries`: where the project's images came from until now; empty
/// where there is none to compare with.
pub(super) fn of_service(model: &Model, key: &str, service: &Service, registries: &BTreeSet<String>) -> Vec<Risk> {
    let mut risks = Vec::new();
    if service.replicas() == 0 {
        risks.push(risk(RiskCode::ReplicasZero, "no container of it will run".into()));
    }
    let registry = names::registry(&service.image);
    if !registries.is_empty() && !registries.contains(registry) {
        let message = format!("its image comes from {registry}, which was not used here before");
        risks.push(risk(RiskCode::ImageRegistry, message));
    }
    let mut hooks = service.post_start.iter().chain(&service.pre_stop);
    if service.privileged || hooks.any(|hook| hook.privileged) {
        risks.push(risk(RiskCode::Privileged, "it has the rights of the host".into()));
    }
    let sources: Vec<&str> = bind_sources(model, key, service)
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    if !sources.is_empty() {
        risks.push(risk(
            RiskCode::HostMount,
            format!("it sees the host's {}", sources.join(", ")),
        ));
    }
    risks
}
