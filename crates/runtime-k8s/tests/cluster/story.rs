//! Releases told step by step: a manifest, a plan, an apply.

use crate::bed::{self, Bed};
use crate::signs::{self, Sign};
use async_trait::async_trait;
use release_domain::diagnostics::{DiagnosticCode, Finding};
use release_domain::ids::ServiceId;
use release_domain::lifecycle::StageName;
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::{
    ApplyEnd, Desired, MacKey, Monitor, ObjectProgress, PlanMade, PlanRequest, Purpose, RenderRequest, RunRequest,
    Runtime, Stop, TargetAccess, TargetError,
};
use release_domain::release::{Options, Strategy};
use release_testkit::fixtures::id;
use release_testkit::hosts::Hosts;
use release_testkit::runtime::Recorder;
use release_testkit::runtime::race::{caught, within};
use runtime_k8s::{KubernetesRuntime, manifest};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Epochs grow across all workers.
static EPOCHS: AtomicU64 = AtomicU64::new(1);

/// What cannot heal ends sooner, and what is wrong shows sooner, however busy the node is.
const ENDS_WITHIN: Duration = Duration::from_secs(90);

/// A monitor for which time is up once the cluster shows what is wrong.
struct Impatient<'s> {
    recorder: Recorder,
    bed: &'s Bed,
    signs: &'s [Sign],
}

#[async_trait]
impl Monitor for Impatient<'_> {
    async fn stage(&self, stage: StageName) {
        self.recorder.stage(stage).await;
    }

    async fn object(&self, progress: ObjectProgress) {
        self.recorder.object(progress).await;
    }

    async fn writing(&self) -> Result<(), Stop> {
        self.recorder.writing().await
    }

    async fn stopped(&self) -> Stop {
        signs::shown(self.bed, self.signs).await;
        Stop::DeadlineExceeded
    }
}

/// One release service in one namespace.
pub struct Story {
    pub bed: Bed,
    /// What the runtime knows of other hosts than the cluster's.
    pub hosts: Arc<Hosts>,
    pub runtime: KubernetesRuntime,
    pub target: TargetAccess,
    pub service: ServiceId,
    pub options: Options,
}

/// Tells a story and cleans up after it, however it ends.
pub async fn tell(told: impl AsyncFnOnce(&mut Story)) {
    let mut story = Story::new().await;
    let ended = caught(told(&mut story)).await;
    story.bed.clean().await;
    story.bed.end().await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

impl Story {
    pub async fn new() -> Self {
        let bed = Bed::new().await;
        let hosts = Arc::new(Hosts::default());
        Self {
            runtime: KubernetesRuntime::new(hosts.clone()),
            hosts,
            target: bed.target(),
            bed,
            service: id(),
            options: Options::default(),
        }
    }

    pub fn render(&self, text: &str) -> Desired {
        let rendered = manifest::render(&RenderRequest {
            manifest: bed::manifest(text),
            declared: Vec::new(),
            values: std::collections::BTreeMap::new(),
            compose_project: None,
            namespace: Some(self.bed.namespace.clone()),
            working_dir: None,
            options: self.options.clone(),
        });
        rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems))
    }

    pub fn request(&self, desired: Option<Desired>, current: Option<Desired>) -> PlanRequest {
        PlanRequest {
            purpose: Purpose::Preview,
            release: id(),
            service: self.service,
            desired,
            leaving: None,
            current,
            strategy: Strategy::Rolling,
            options: self.options.clone(),
            allow: RuntimeAllowances {
                cluster_scoped: true,
                ..RuntimeAllowances::default()
            },
            secret_key: MacKey([5; 32]),
        }
    }

    pub async fn plan(&self, text: &str, current: Option<&Desired>) -> PlanMade {
        let request = self.request(Some(self.render(text)), current.cloned());
        let made = self.runtime.plan(&self.target, &request).await;
        made.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Plans, then applies what was planned, whatever the checks say.
    pub async fn run(&self, text: &str, current: Option<&Desired>) -> Result<ApplyEnd, TargetError> {
        self.watched(text, current, &Recorder::default()).await
    }

    /// The same, told to a monitor.
    pub async fn watched(
        &self,
        text: &str,
        current: Option<&Desired>,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        let mut plan = self.request(Some(self.render(text)), current.cloned());
        plan.desired = self.runtime.plan(&self.target, &plan).await?.desired;
        let request = RunRequest {
            plan,
            correlation_id: id(),
            epoch: EPOCHS.fetch_add(1, Ordering::Relaxed),
        };
        self.runtime.apply(&self.target, &request, monitor).await
    }

    /// Removes what a manifest brought.
    pub async fn uninstall(&self, text: &str) -> Result<ApplyEnd, TargetError> {
        let current = self.render(text);
        let request = RunRequest {
            plan: self.request(None, Some(current)),
            correlation_id: id(),
            epoch: EPOCHS.fetch_add(1, Ordering::Relaxed),
        };
        let monitor = Recorder::default();
        self.runtime.apply(&self.target, &request, &monitor).await
    }

    /// Brings the namespace to a manifest.
    pub async fn to(&self, text: &str, current: Option<&Desired>) -> Desired {
        let end = self.run(text, current).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded));
        self.render(text)
    }

    /// What is found where a manifest cannot be brought about, and the run ends by itself.
    pub async fn failing(&self, text: &str, current: Option<&Desired>) -> Vec<Finding> {
        let end = within(ENDS_WITHIN, self.run(text, current)).await;
        failed(end.unwrap_or_else(|| panic!("it does not end by itself: {text}")))
    }

    /// What is found where a manifest is not brought about until time is up, which is once the cluster shows the signs.
    pub async fn stuck(&self, text: &str, signs: &[Sign]) -> Vec<Finding> {
        let monitor = Impatient {
            recorder: Recorder::default(),
            bed: &self.bed,
            signs,
        };
        let end = within(ENDS_WITHIN, self.watched(text, None, &monitor)).await;
        let findings = failed(end.unwrap_or_else(|| panic!("{signs:?} do not show: {text}")));
        // Out of time a run has 1.2 s to look for causes; it is asked again, with as long as that takes.
        match findings.first().map(|finding| finding.code) {
            Some(DiagnosticCode::ProgressDeadlineExceeded) => {
                let found = self.runtime.diagnose(&self.target, &self.render(text)).await;
                found.unwrap_or_else(|error| panic!("{error}"))
            }
            _ => findings,
        }
    }
}

fn failed(end: Result<ApplyEnd, TargetError>) -> Vec<Finding> {
    match end {
        Ok(ApplyEnd::Failed(findings)) => findings,
        end => panic!("{end:#?}"),
    }
}
