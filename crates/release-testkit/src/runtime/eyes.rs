//! Looks at what a runtime applied, one look after the other, as a watcher does.

use crate::fixtures::{at, id};
use release_domain::diagnostics::Finding;
use release_domain::event::EventData;
use release_domain::ids::ReleaseId;
use release_domain::observation::{Glance, Look, Looked, Observation, SeenObject, look};
use release_domain::ports::{PlanRequest, Purpose, Runtime, TargetAccess};

/// A watcher of one applied release.
pub struct Eyes<'a> {
    runtime: &'a dyn Runtime,
    target: TargetAccess,
    /// What was applied, as desired and as current.
    request: PlanRequest,
    release: ReleaseId,
    known: Observation,
    objects: Vec<SeenObject>,
    /// Looks so far.
    pub looks: u32,
    /// What was told so far.
    pub told: Vec<EventData>,
    /// What each diagnosis found.
    pub diagnoses: Vec<Vec<Finding>>,
}

impl<'a> Eyes<'a> {
    /// `request` compares what was applied with what is there.
    #[must_use]
    pub fn new(runtime: &'a dyn Runtime, target: TargetAccess, request: PlanRequest) -> Self {
        Self {
            runtime,
            target,
            request: PlanRequest {
                purpose: Purpose::Recheck,
                ..request
            },
            release: id(),
            known: Observation::default(),
            objects: Vec::new(),
            looks: 0,
            told: Vec::new(),
            diagnoses: Vec::new(),
        }
    }

    /// One look, with a diagnosis where that is due.
    ///
    /// # Panics
    /// The target does not answer.
    pub async fn look(&mut self) -> Looked {
        fn answered<T>(answer: Result<T, release_domain::ports::TargetError>) -> T {
            answer.unwrap_or_else(|error| panic!("{error}"))
        }
        let desired = self
            .request
            .desired
            .as_ref()
            .unwrap_or_else(|| panic!("nothing was applied"));
        let observed = answered(self.runtime.observe(&self.target, desired).await);
        let planned = answered(self.runtime.plan(&self.target, &self.request).await);
        self.looks += 1;
        let one = Look {
            at: at(i64::from(self.looks)),
            health: Glance::Found(observed.objects),
            drift: Glance::Found(planned.plan.changes),
        };
        let looked = look(&self.known, self.release, &self.objects, one);
        if looked.wants_diagnosis {
            self.diagnoses
                .push(answered(self.runtime.diagnose(&self.target, desired).await));
        }
        self.known = Observation {
            version: self.known.version + 1,
            stands: true,
            seen: Some(looked.seen.clone()),
        };
        self.objects.clone_from(&looked.objects);
        self.told.extend(looked.events.iter().cloned());
        looked
    }

    /// Looks until `wanted` is told; yields what was told on the way. What never is ends with the test's own time.
    pub async fn until(&mut self, wanted: impl Fn(&EventData) -> bool) -> Vec<EventData> {
        let before = self.told.len();
        while !self.told[before..].iter().any(&wanted) {
            self.look().await;
        }
        self.told[before..].to_vec()
    }
}
