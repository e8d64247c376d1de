//! A service under test: renders, plans and applies as the use cases do, each apply with a newer epoch.

use super::race::{Either, race};
use super::{Recorder, RuntimeHarness, Sample};
use crate::fixtures::id;
use release_domain::ids::ServiceId;
use release_domain::manifest::VariableSpec;
use release_domain::plan::{Change, CheckStatus};
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::{
    ApplyEnd, Desired, MacKey, PlanMade, PlanRequest, Purpose, RenderRequest, Rendered, RunRequest, TargetAccess,
    TargetError,
};
use release_domain::release::{Options, Strategy};
use release_domain::secret::SecretText;
use std::sync::atomic::{AtomicU64, Ordering};

/// The value of the secret variable `DB_PASSWORD`: it must show nowhere.
pub const PLANTED_SECRET: &str = "planted-5e3c7e";

/// One service on the harness's target.
pub struct Subject<'a> {
    pub harness: &'a dyn RuntimeHarness,
    pub service: ServiceId,
    pub target: TargetAccess,
    pub options: Options,
    pub strategy: Strategy,
    epoch: AtomicU64,
}

impl<'a> Subject<'a> {
    #[must_use]
    pub fn new(harness: &'a dyn RuntimeHarness) -> Self {
        Self {
            harness,
            service: id(),
            target: harness.target(),
            options: Options::default(),
            strategy: Strategy::Rolling,
            epoch: AtomicU64::new(1),
        }
    }

    #[must_use]
    pub fn render_with(&self, sample: Sample, variables: &[(&str, &str)]) -> Rendered {
        let values = variables
            .iter()
            .map(|(k, v)| ((*k).into(), SecretText::new((*v).into())));
        self.harness.runtime().render(&RenderRequest {
            manifest: self.harness.manifest(sample),
            declared: vec![VariableSpec {
                name: "DB_PASSWORD".into(),
                default: None,
                required: true,
                secret: true,
                description: None,
            }],
            values: values.collect(),
            compose_project: self.target.compose_project.clone(),
            namespace: self.target.namespace.clone(),
            working_dir: self.target.working_dir.clone(),
            options: self.options.clone(),
        })
    }

    /// # Panics
    /// The sample does not render.
    #[must_use]
    pub fn render(&self, sample: Sample) -> Desired {
        let rendered = self.render_with(sample, &[("DB_PASSWORD", PLANTED_SECRET)]);
        let problems = rendered.problems;
        rendered.desired.unwrap_or_else(|| panic!("{sample:?}: {problems:#?}"))
    }

    #[must_use]
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
            allow: RuntimeAllowances::default(),
            secret_key: MacKey([7; 32]),
        }
    }

    /// # Panics
    /// The target does not answer.
    pub async fn plan(&self, request: &PlanRequest) -> PlanMade {
        let made = self.harness.runtime().plan(&self.target, request).await;
        made.unwrap_or_else(|error| panic!("plan: {error}"))
    }

    /// Plans a sample as an update of what `current` says.
    pub async fn plan_of(&self, sample: Sample, current: Option<&Desired>) -> PlanMade {
        let request = self.request(Some(self.render(sample)), None, current.cloned());
        self.plan(&request).await
    }

    /// Plans, then applies what was planned, as a worker does.
    pub async fn run(&self, mut request: PlanRequest, monitor: &Recorder) -> Result<ApplyEnd, TargetError> {
        let made = self.plan(&request).await;
        let failed: Vec<_> = made.checks.iter().filter(|c| c.status == CheckStatus::Failed).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        request.desired = made.desired;
        self.apply(request, self.next_epoch(), monitor).await
    }

    pub async fn apply(&self, plan: PlanRequest, epoch: u64, monitor: &Recorder) -> Result<ApplyEnd, TargetError> {
        let request = RunRequest {
            plan,
            correlation_id: id(),
            epoch,
        };
        self.harness.runtime().apply(&self.target, &request, monitor).await
    }

    /// Brings the target to a sample.
    ///
    /// # Panics
    /// It does not get there.
    pub async fn to(&self, sample: Sample, current: Option<&Desired>) -> Desired {
        let desired = self.render(sample);
        self.succeed(self.request(Some(desired.clone()), None, current.cloned()))
            .await;
        desired
    }

    /// # Panics
    /// The run does not succeed.
    pub async fn succeed(&self, request: PlanRequest) -> Recorder {
        let monitor = Recorder::default();
        let end = self.run(request, &monitor).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{:#?}", monitor.told());
        monitor
    }

    /// Runs `request` and cuts it off at each call of its monitor in turn, each time taking it up again with a newer
    /// epoch, from a state that `reset` makes; `check` looks at each end.
    ///
    /// # Panics
    /// A run taken up again does not succeed.
    pub async fn cut_off_everywhere(
        &self,
        request: &PlanRequest,
        reset: impl AsyncFn(&Self),
        check: impl AsyncFn(&Self),
    ) -> usize {
        let mut cuts = 0;
        loop {
            reset(self).await;
            let mut planned = request.clone();
            planned.desired = self.plan(request).await.desired;
            let first = Recorder::cutting(cuts);
            let run = self.apply(planned.clone(), self.next_epoch(), &first);
            let ended = race(run, first.cut_off()).await;
            if let Either::First(end) = ended {
                assert_eq!(end, Ok(ApplyEnd::Succeeded), "cut {cuts}");
                return cuts;
            }
            let second = Recorder::default();
            let end = self.apply(planned, self.next_epoch(), &second).await;
            let told = (first.told(), second.told());
            assert_eq!(end, Ok(ApplyEnd::Succeeded), "cut off at call {cuts}: {told:#?}");
            check(self).await;
            cuts += 1;
        }
    }

    pub fn next_epoch(&self) -> u64 {
        self.epoch.fetch_add(1, Ordering::Relaxed)
    }
}

/// The change of one object.
///
/// # Panics
/// The plan does not speak of it.
#[must_use]
pub fn change<'a>(made: &'a PlanMade, key: &str) -> &'a Change {
    let found = made.plan.changes.iter().find(|c| c.key == key);
    found.unwrap_or_else(|| panic!("no {key} in {:#?}", made.plan))
}
