//! What a worker does with a manifest, timed: it is read, planned, applied.

use crate::report::millis;
use release_domain::ids::ServiceId;
use release_domain::manifest::{Manifest, ManifestFile};
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::{
    ApplyEnd, Desired, MacKey, PlanMade, PlanRequest, Purpose, RenderRequest, RunRequest, Runtime, TargetAccess,
};
use release_domain::release::{Options, Strategy};
use release_testkit::fixtures::id;
use release_testkit::runtime::Recorder;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Instant;

/// One service on one target.
pub struct Ours {
    runtime: Box<dyn Runtime>,
    target: TargetAccess,
    /// What the manifest's file is called.
    file: &'static str,
    service: ServiceId,
    epoch: Cell<u64>,
}

impl Ours {
    pub fn new(runtime: impl Runtime + 'static, target: TargetAccess, file: &'static str) -> Self {
        Self {
            runtime: Box::new(runtime),
            target,
            file,
            service: id(),
            epoch: Cell::new(1),
        }
    }

    fn request(&self, text: &str, current: Option<&Desired>) -> PlanRequest {
        let rendered = self.runtime.render(&RenderRequest {
            manifest: Manifest {
                files: vec![ManifestFile {
                    path: self.file.into(),
                    content: text.to_owned(),
                }],
                compose_files: None,
            },
            declared: Vec::new(),
            values: BTreeMap::new(),
            compose_project: self.target.compose_project.clone(),
            namespace: self.target.namespace.clone(),
            working_dir: self.target.working_dir.clone(),
            options: Options::default(),
        });
        PlanRequest {
            purpose: Purpose::Preview,
            release: id(),
            service: self.service,
            desired: Some(rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems))),
            leaving: None,
            current: current.cloned(),
            strategy: Strategy::Rolling,
            options: Options::default(),
            allow: RuntimeAllowances::default(),
            secret_key: MacKey([7; 32]),
        }
    }

    /// Reads and plans; the plan, and the milliseconds it took.
    pub async fn plan(&self, text: &str, current: &Desired) -> (PlanMade, f64) {
        let begun = Instant::now();
        let made = self
            .runtime
            .plan(&self.target, &self.request(text, Some(current)))
            .await;
        let took = begun.elapsed();
        (made.expect("a plan"), millis(took))
    }

    /// Reads and applies; what is desired, and the milliseconds it took.
    pub async fn apply(&self, text: &str, current: Option<&Desired>) -> (Desired, f64) {
        let begun = Instant::now();
        let request = RunRequest {
            plan: self.request(text, current),
            correlation_id: id(),
            epoch: self.epoch.replace(self.epoch.get() + 1),
        };
        let monitor = Recorder::default();
        let end = self.runtime.apply(&self.target, &request, &monitor).await;
        let took = begun.elapsed();
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{:#?}", monitor.told());
        (request.plan.desired.expect("given above"), millis(took))
    }
}
