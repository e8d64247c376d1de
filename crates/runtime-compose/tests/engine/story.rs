//! Releases told step by step: a file, a plan, an apply.

use crate::bed::{Bed, manifest};
use crate::cut::Proxy;
use release_domain::diagnostics::Finding;
use release_domain::ids::ServiceId;
use release_domain::manifest::{Manifest, VariableSpec};
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::{
    ApplyEnd, Desired, MacKey, PlanMade, PlanRequest, Purpose, RenderRequest, RunRequest, Runtime, TargetAccess,
    TargetConnection, TargetError,
};
use release_domain::release::{Options, Strategy};
use release_domain::secret::SecretText;
use release_testkit::fixtures::id;
use release_testkit::runtime::Recorder;
use release_testkit::runtime::race::caught;
use runtime_compose::ComposeRuntime;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Epochs grow across all workers.
static EPOCHS: AtomicU64 = AtomicU64::new(1);

/// One release service on one project.
pub struct Story {
    pub bed: Bed,
    pub runtime: ComposeRuntime,
    pub target: TargetAccess,
    pub service: ServiceId,
    pub options: Options,
    pub strategy: Strategy,
    pub allow: RuntimeAllowances,
    pub variables: BTreeMap<String, SecretText>,
}

/// Tells a story and cleans up after it, however it ends.
pub async fn tell(story: Story, told: impl AsyncFnOnce(&Story)) {
    let ended = caught(told(&story)).await;
    story.bed.clean().await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

impl Story {
    pub fn new() -> Self {
        Self::on(Bed::new(), id())
    }

    /// The same service on the same project, as another process sees it.
    pub fn at(project: &str, service: ServiceId) -> Self {
        let bed = Bed {
            project: project.into(),
            ..Bed::new()
        };
        Self::on(bed, service)
    }

    /// The same service on the same project, with somebody between it and the engine.
    pub fn through(&self, proxy: &Proxy) -> Self {
        let mut through = Self::at(&self.bed.project, self.service);
        if let TargetConnection::Docker { host, .. } = &mut through.target.connection {
            *host = proxy.host();
        }
        through
    }

    fn on(bed: Bed, service: ServiceId) -> Self {
        Self {
            target: bed.target(),
            bed,
            runtime: ComposeRuntime,
            service,
            options: Options::default(),
            strategy: Strategy::Rolling,
            allow: RuntimeAllowances::default(),
            variables: BTreeMap::new(),
        }
    }

    pub fn render_all(&self, manifest: Manifest) -> release_domain::ports::Rendered {
        let declared = self.variables.keys().map(|name| VariableSpec {
            name: name.clone(),
            default: None,
            required: true,
            secret: true,
            description: None,
        });
        self.runtime.render(&RenderRequest {
            manifest,
            declared: declared.collect(),
            values: self.variables.clone(),
            compose_project: self.target.compose_project.clone(),
            namespace: None,
            working_dir: self.target.working_dir.clone(),
            options: self.options.clone(),
        })
    }

    pub fn render(&self, compose: &str) -> Desired {
        let rendered = self.render_all(manifest(compose));
        rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems))
    }

    pub fn request(&self, desired: Option<Desired>, leaving: Option<Desired>, current: Option<Desired>) -> PlanRequest {
        PlanRequest {
            purpose: Purpose::Preview,
            release: id(),
            service: self.service,
            desired,
            leaving,
            current,
            strategy: self.strategy,
            options: self.options.clone(),
            allow: self.allow.clone(),
            secret_key: MacKey([5; 32]),
        }
    }

    pub async fn plan(&self, request: &PlanRequest) -> PlanMade {
        let made = self.runtime.plan(&self.target, request).await;
        made.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Plans, then applies what was planned, whatever the checks say.
    pub async fn run(&self, mut request: PlanRequest, monitor: &Recorder) -> Result<ApplyEnd, TargetError> {
        request.desired = self.runtime.plan(&self.target, &request).await?.desired;
        self.apply(request, monitor).await
    }

    pub async fn apply(&self, plan: PlanRequest, monitor: &Recorder) -> Result<ApplyEnd, TargetError> {
        let request = RunRequest {
            plan,
            correlation_id: id(),
            epoch: EPOCHS.fetch_add(1, Ordering::Relaxed),
        };
        self.runtime.apply(&self.target, &request, monitor).await
    }

    /// Brings the project to a file.
    pub async fn to(&self, compose: &str, current: Option<&Desired>) -> Desired {
        let desired = self.render(compose);
        let monitor = Recorder::default();
        let request = self.request(Some(desired.clone()), None, current.cloned());
        let end = self.run(request, &monitor).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{:#?}", monitor.told());
        desired
    }

    /// What is found where a file cannot be brought about.
    pub async fn failing(&self, compose: &str, current: Option<&Desired>) -> Vec<Finding> {
        let monitor = Recorder::default();
        let request = self.request(Some(self.render(compose)), None, current.cloned());
        match self.run(request, &monitor).await {
            Ok(ApplyEnd::Failed(findings)) => findings,
            end => panic!("{end:#?} {:#?}", monitor.told()),
        }
    }
}
