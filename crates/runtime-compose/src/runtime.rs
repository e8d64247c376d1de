//! The `Runtime` port on Docker Engines.

use crate::desired::service_key;
use crate::diagnose;
use crate::engine::{self, Engine};
use crate::health::{self, Verdict};
use crate::model::Service;
use crate::observed::{Container, Observed, Status};
use crate::states::States;
use crate::{plan, render, run};
use async_trait::async_trait;
use release_domain::catalogue::RuntimeType;
use release_domain::diagnostics::{Cleaner, DiagnosticCode, Finding};
use release_domain::execution::ObjectStatus;
use release_domain::plan::Action;
use release_domain::ports::{
    ApplyEnd, Desired, DesiredObject, Monitor, ObjectProgress, Observation, PlanMade, PlanRequest, Probe,
    RenderRequest, Rendered, RunRequest, Runtime, TargetAccess, TargetError,
};
use std::time::Instant;

/// Compose projects on Docker Engines. Keeps nothing between calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComposeRuntime;

#[async_trait]
impl Runtime for ComposeRuntime {
    fn runtime_type(&self) -> RuntimeType {
        RuntimeType::Compose
    }

    fn render(&self, request: &RenderRequest) -> Rendered {
        render::render(request)
    }

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        let engine = engine::connect(target).await?;
        let asked = Instant::now();
        let capabilities = engine.capabilities().await?;
        let looks = u128::try_from(capabilities.len().max(1)).unwrap_or(1);
        Ok(Probe {
            version: engine.version,
            latency_ms: u64::try_from(asked.elapsed().as_millis() / looks).unwrap_or(u64::MAX),
            capabilities,
        })
    }

    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        let engine = engine::connect(target).await?;
        let mut states = States::read(target, request)?;
        let observed = engine.observe(&states.scope()).await?;
        states.pin(&observed);
        Ok(plan::make(&states, &observed, request).made)
    }

    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        let engine = engine::connect(target).await?;
        run::apply(&engine, target, request, monitor).await
    }

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError> {
        let engine = engine::connect(target).await?;
        let states = States::of(desired)?;
        let observed = engine.observe(&states.scope_of_health()).await?;
        let objects = desired
            .objects
            .iter()
            .map(|object| health_of(&states, &observed, object));
        Ok(Observation {
            objects: objects.collect(),
        })
    }

    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        let engine = engine::connect(target).await?;
        let states = States::of(desired)?;
        let observed = engine.observe(&states.scope_of_health()).await?;
        Ok(findings(&engine, &states, &observed).await)
    }
}

/// How one object is doing.
fn health_of(states: &States, observed: &Observed, object: &DesiredObject) -> ObjectProgress {
    let name = &object.resource.name;
    let project = states.desired.as_ref().map(|model| &model.project);
    let (status, ready, message) = match object.resource.kind.as_str() {
        "service" => match project.and_then(|p| p.services.get(name)) {
            Some(service) => of_service(service, observed, name),
            None => (ObjectStatus::Unknown, None, None),
        },
        "network" => {
            let network = project.and_then(|p| p.networks.get(name));
            (
                present(network.is_some_and(|n| observed.networks.contains_key(&n.name))),
                None,
                None,
            )
        }
        _ => {
            let volume = project.and_then(|p| p.volumes.get(name));
            (
                present(volume.is_some_and(|v| observed.volumes.contains_key(&v.name))),
                None,
                None,
            )
        }
    };
    ObjectProgress {
        key: object.key.clone(),
        resource: object.resource.clone(),
        action: Action::Unchanged,
        status,
        ready: ready.map(|(ready, _)| ready),
        total: ready.map(|(_, total)| total),
        message,
    }
}

fn present(is_there: bool) -> ObjectStatus {
    if is_there {
        ObjectStatus::Healthy
    } else {
        ObjectStatus::Missing
    }
}

type ServiceHealth = (ObjectStatus, Option<(u32, u32)>, Option<String>);

fn of_service(service: &Service, observed: &Observed, name: &str) -> ServiceHealth {
    let total = u32::try_from(service.replicas()).unwrap_or(0);
    let (mut ready, mut waiting, mut message) = (0, 0, None);
    for container in observed.of_service(name) {
        match health::of_running(service, container) {
            Verdict::Healthy | Verdict::Completed => ready += 1,
            Verdict::Settling(_) | Verdict::Waiting => waiting += 1,
            Verdict::Failed(_) => {
                message = Some(format!("{} is {}", container.name, described(container)));
            }
        }
    }
    let status = match (ready, waiting) {
        _ if ready >= total => ObjectStatus::Healthy,
        (0, 0) if message.is_none() => ObjectStatus::Missing,
        (0, 0) => ObjectStatus::Failed,
        _ if ready + waiting >= total => ObjectStatus::InProgress,
        _ => ObjectStatus::Degraded,
    };
    (status, Some((ready.min(total), total)), message)
}

fn described(container: &Container) -> String {
    match container.state.status {
        Status::Exited => format!("exited ({})", container.state.exit_code),
        Status::Running => "unhealthy".into(),
        other => other.as_str().into(),
    }
}

/// Why services are not healthy: one finding a service, that of the container that tells most.
async fn findings(engine: &Engine, states: &States, observed: &Observed) -> Vec<Finding> {
    let cleaner = Cleaner {
        masker: &states.log_masker,
    };
    let mut findings = Vec::new();
    let Some(model) = &states.desired else {
        return findings;
    };
    for name in model.in_order() {
        let service = &model.project.services[name];
        let key = service_key(name);
        let containers: Vec<_> = observed.of_service(name).collect();
        let wanted = usize::try_from(service.replicas()).unwrap_or(0);
        let failed = containers.iter().find_map(|c| match health::of_running(service, c) {
            Verdict::Failed(cause) => Some((*c, cause)),
            Verdict::Healthy | Verdict::Completed | Verdict::Settling(_) | Verdict::Waiting => None,
        });
        match failed {
            Some((container, cause)) => findings.push(run::examined(engine, &key, container, cause, cleaner).await),
            None if containers.len() < wanted => findings.push(diagnose::of_missing(&key)),
            None => {}
        }
    }
    // What is known comes before what only shows.
    findings.sort_by_key(|finding| finding.code == DiagnosticCode::Unknown);
    findings
}
