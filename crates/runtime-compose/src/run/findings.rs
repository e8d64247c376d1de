//! What failed, examined while it is still there.

use super::phases::Phase;
use super::{Failure, Findings, Run};
use crate::desired::service_key;
use crate::diagnose::{self, Examined};
use crate::engine::{Engine, Fault};
use crate::health::{self, Cause, Verdict};
use crate::model::Service;
use crate::observed::Container;
use release_domain::diagnostics::{Cleaner, Evidence, Finding};

impl Run<'_> {
    /// The cause first, then what else failed in this run, then what was not started because of it.
    pub(super) async fn examine(&self, failure: &Failure) -> Findings {
        let mut findings = vec![self.cause(failure).await];
        let failed_in = match failure {
            Failure::Container { id, .. } => Some(id.as_str()),
            Failure::Call { container, .. } => container.as_deref(),
            Failure::Image { .. } | Failure::Gone { .. } | Failure::NotAsPlanned { .. } => None,
        };
        findings.extend(self.also_failed(failed_in).await);
        findings.extend(self.not_started(&findings));
        findings
    }

    /// Without a look: the engine took too long.
    pub(super) fn unexamined(&self, failure: &Failure) -> Findings {
        vec![match failure {
            Failure::Container { key, .. } | Failure::Gone { key } => diagnose::of_missing(key),
            other => self.told(other),
        }]
    }

    /// Out of time: what is wrong with each service that is not there yet.
    pub(super) async fn examine_unfinished(&self) -> Findings {
        let mut findings = self.also_failed(None).await;
        let model = self.states.desired.iter().flat_map(|model| &model.project.services);
        for (name, service) in model.filter(|(name, _)| self.phases.of_service(name) < Phase::Healthy) {
            let key = service_key(name);
            if findings
                .iter()
                .any(|f| f.resource.name == *name && f.resource.kind == "service")
            {
                continue;
            }
            let touched = self.touched(&key);
            let mut state = "it was not started yet".to_owned();
            let mut evidence = Evidence::default();
            for id in touched {
                if let Ok(Some(container)) = self.engine.inspect(&id).await {
                    state = waiting_for(service, &container);
                    let log = self.engine.logs(&id).await.unwrap_or_default();
                    evidence = Examined {
                        container: &container,
                        log: &log,
                    }
                    .evidence(self.cleaner());
                }
            }
            findings.push(diagnose::out_of_time(&key, &state, evidence));
        }
        if findings
            .iter()
            .all(|f| f.code != release_domain::diagnostics::DiagnosticCode::ProgressDeadlineExceeded)
        {
            findings.push(out_of_time(self));
        }
        findings
    }

    async fn cause(&self, failure: &Failure) -> Finding {
        match failure {
            Failure::Container { key, id, cause } => match self.engine.inspect(id).await {
                Ok(Some(container)) => examined(self.engine, key, &container, *cause, self.cleaner()).await,
                Ok(None) | Err(_) => diagnose::of_missing(key),
            },
            Failure::Call {
                container: Some(id), ..
            } => {
                let mut told = self.told(failure);
                if let Ok(Some(container)) = self.engine.inspect(id).await {
                    told.resource.container = Some(container.name);
                }
                told
            }
            other => self.told(other),
        }
    }

    fn told(&self, failure: &Failure) -> Finding {
        match failure {
            Failure::Call {
                key,
                container,
                doing,
                fault,
            } => diagnose::of_fault(key, container.as_deref(), *doing, fault, self.cleaner()),
            Failure::Image { key, image, message } => diagnose::of_image(key, image, message, self.cleaner()),
            Failure::Container { key, .. } | Failure::Gone { key } => diagnose::of_missing(key),
            Failure::NotAsPlanned { changed } => {
                let first = changed.first();
                let (key, paths) = first.map_or(("project/", &[][..]), |(key, paths)| (key.as_str(), &paths[..]));
                diagnose::changed_meanwhile(key, paths)
            }
        }
    }

    /// Containers of this run that failed beside the one that ended it.
    async fn also_failed(&self, but: Option<&str>) -> Findings {
        let mut findings = Vec::new();
        let touched: Vec<_> = self.shared().touched.clone().into_iter().collect();
        for (id, key) in touched.into_iter().filter(|(id, _)| Some(id.as_str()) != but) {
            let name = key.split_once('/').map_or("", |(_, name)| name);
            let service = self
                .states
                .desired
                .as_ref()
                .and_then(|model| model.project.services.get(name));
            let (Some(service), Ok(Some(container))) = (service, self.engine.inspect(&id).await) else {
                continue;
            };
            if let Verdict::Failed(cause) = health::of_new(service, &container) {
                findings.push(examined(self.engine, &key, &container, cause, self.cleaner()).await);
            }
        }
        findings
    }

    /// Services that wait for one that failed, directly or through others.
    fn not_started(&self, failed: &[Finding]) -> Findings {
        let Some(model) = &self.states.desired else {
            return Vec::new();
        };
        let mut down: Vec<String> = failed.iter().map(|f| f.resource.name.clone()).collect();
        let mut findings = Vec::new();
        for name in model.in_order() {
            let service = &model.project.services[name];
            let on = service.depends_on.keys().find(|on| down.contains(on));
            let waits = self.phases.of_service(name) == Phase::Waiting && !down.iter().any(|d| d == name);
            if let (Some(on), true) = (on, waits) {
                findings.push(diagnose::dependency_failed(&service_key(name), on));
                down.push(name.to_owned());
            }
        }
        findings
    }

    fn touched(&self, key: &str) -> Vec<String> {
        let shared = self.shared();
        let of_key = shared.touched.iter().filter(|(_, object)| *object == key);
        of_key.map(|(id, _)| id.clone()).collect()
    }

    fn cleaner(&self) -> Cleaner<'_> {
        Cleaner {
            masker: &self.states.log_masker,
        }
    }
}

/// The last word of a run that had no time for more.
pub(super) fn out_of_time(run: &Run<'_>) -> Finding {
    let model = run
        .states
        .desired
        .iter()
        .flat_map(|model| model.project.services.keys());
    let mut unfinished = model.filter(|name| run.phases.of_service(name) < Phase::Healthy);
    let key = unfinished
        .next()
        .map_or_else(|| "project/".to_owned() + &run.states.project, |name| service_key(name));
    diagnose::out_of_time(&key, "nothing moved", Evidence::default())
}

/// A failed container with the end of its log.
pub(crate) async fn examined(
    engine: &Engine,
    key: &str,
    container: &Container,
    cause: Cause,
    cleaner: Cleaner<'_>,
) -> Finding {
    // Without its log it is still a finding.
    let log: Result<_, Fault> = engine.logs(&container.id).await;
    let log = log.unwrap_or_default();
    diagnose::of_container(key, Examined { container, log: &log }, cause, cleaner)
}

fn waiting_for(service: &Service, container: &Container) -> String {
    match (service.healthcheck.is_some(), container.state.health_output.is_empty()) {
        (true, true) => "its health check has not passed yet".into(),
        (true, false) => "its health check does not pass".into(),
        (false, _) => format!("it is {}", container.state.status.as_str()),
    }
}
