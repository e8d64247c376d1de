//! Points around what happens on a target.

use super::Points;
use async_trait::async_trait;
use release_domain::catalogue::RuntimeType;
use release_domain::diagnostics::Finding;
use release_domain::lifecycle::StageName;
use release_domain::ports::{
    ApplyEnd, Desired, Monitor, ObjectProgress, Observation, PlanMade, PlanRequest, Probe, RenderRequest, Rendered,
    RunRequest, Runtime, Stop, TargetAccess, TargetError,
};
use std::sync::Arc;

pub(super) struct PointedRuntime {
    inner: Arc<dyn Runtime>,
    points: &'static Points,
}

impl PointedRuntime {
    pub(super) fn new(inner: Arc<dyn Runtime>, points: &'static Points) -> Self {
        Self { inner, points }
    }
}

#[async_trait]
impl Runtime for PointedRuntime {
    fn runtime_type(&self) -> RuntimeType {
        self.inner.runtime_type()
    }

    fn render(&self, request: &RenderRequest) -> Rendered {
        self.inner.render(request)
    }

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        self.inner.probe(target).await
    }

    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        self.inner.plan(target, request).await
    }

    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        self.points.pass("apply.before");
        let monitor = PointedMonitor {
            inner: monitor,
            points: self.points,
        };
        let end = self.inner.apply(target, request, &monitor).await;
        self.points.pass("apply.after");
        end
    }

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError> {
        self.inner.observe(target, desired).await
    }

    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        self.inner.diagnose(target, desired).await
    }
}

struct PointedMonitor<'a> {
    inner: &'a dyn Monitor,
    points: &'static Points,
}

#[async_trait]
impl Monitor for PointedMonitor<'_> {
    async fn stage(&self, stage: StageName) {
        self.inner.stage(stage).await;
    }

    async fn object(&self, progress: ObjectProgress) {
        self.points.pass(&format!("object.before/{}", progress.status.as_str()));
        self.inner.object(progress).await;
    }

    async fn writing(&self) -> Result<(), Stop> {
        let announced = self.inner.writing().await;
        self.points.pass("writing.after");
        announced
    }

    async fn stopped(&self) -> Stop {
        self.inner.stopped().await
    }
}
