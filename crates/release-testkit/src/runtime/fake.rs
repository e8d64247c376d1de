//! A runtime in memory: instantaneous, with failures to order and counters of what it was asked.
//!
//! # Manifest
//! One line an object or an order, `#` for comments; files are read one after the other (`compose_files`, where given,
//! says which):
//! ```text
//! # kind/name: field=value field=value
//! service/web: image=web:${VERSION:-1} replicas=2 DB_PASSWORD=${DB_PASSWORD}
//! network/front:
//! volume/data: driver=local
//! fail: crash_loop        # every apply that changes something fails with this diagnostic code
//! fail: hang              # … or never gets healthy and waits to be stopped
//! check: image_not_found  # every plan has this check, failed
//! ```
//! `${NAME}` and `${NAME:-default}` are variables. A field whose name looks secret, or whose value holds that of a
//! secret variable, is masked. `replicas=0` is the risk `replicas_zero`, `privileged=true` the risk `privileged` and
//! refused unless the policy allows it; a changed `image` of another registry (`registry/name`) is `image_registry`.
//! A changed service is an `update` (with the strategy `recreate` a `replace`), a changed network or volume a `replace`,
//! and a volume's needs the consent `volume_recreate`.
//!
//! # Targets
//! One per connection and Compose project (or namespace), empty until something is applied. Clones share everything.

mod apply;
mod manifest;
mod plan;
mod world;

pub use world::{LiveObject, World};

use super::race::Latch;
use async_trait::async_trait;
use release_domain::catalogue::RuntimeType;
use release_domain::diagnostics::Finding;
use release_domain::execution::ObjectStatus;
use release_domain::plan::Action;
use release_domain::ports::{
    ApplyEnd, Desired, Monitor, ObjectProgress, Observation, PlanMade, PlanRequest, Probe, Purpose, RenderRequest,
    Rendered, RunRequest, Runtime, TargetAccess, TargetConnection, TargetError,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often each call was made, and how often something was written on a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub probes: u64,
    pub plans: u64,
    /// Of the plans, those that were made to be decided on.
    pub previews: u64,
    pub applies: u64,
    pub observes: u64,
    pub diagnoses: u64,
    /// Objects created, changed or deleted.
    pub writes: u64,
}

/// The [`Runtime`] in memory.
#[derive(Clone)]
pub struct FakeRuntime {
    runtime_type: RuntimeType,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    targets: BTreeMap<String, World>,
    trouble: BTreeMap<String, TargetError>,
    calls: Calls,
    held: Option<Arc<Latch<()>>>,
}

/// Applies wait at their first write until this is dropped or released.
pub struct Hold {
    runtime: FakeRuntime,
    latch: Arc<Latch<()>>,
}

impl Hold {
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.runtime.lock().held = None;
        self.latch.open(());
    }
}

impl FakeRuntime {
    #[must_use]
    pub fn new(runtime_type: RuntimeType) -> Self {
        Self {
            runtime_type,
            state: Arc::default(),
        }
    }

    #[must_use]
    pub fn compose() -> Self {
        Self::new(RuntimeType::Compose)
    }

    /// A runtime of its own with the same targets, counters and troubles.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.lock();
        Self {
            runtime_type: self.runtime_type,
            state: Arc::new(Mutex::new(State {
                targets: state.targets.clone(),
                trouble: state.trouble.clone(),
                calls: state.calls,
                held: None,
            })),
        }
    }

    #[must_use]
    pub fn calls(&self) -> Calls {
        self.lock().calls
    }

    /// What is on a target.
    #[must_use]
    pub fn world(&self, target: &TargetAccess) -> World {
        self.lock().targets.get(&place(target)).cloned().unwrap_or_default()
    }

    /// Somebody else changes a target.
    pub fn change_world(&self, target: &TargetAccess, change: impl FnOnce(&mut World)) {
        change(self.lock().targets.entry(place(target)).or_default());
    }

    /// Every call for this target's connection answers with this error, until it is healed with `None`.
    pub fn set_trouble(&self, target: &TargetAccess, trouble: Option<TargetError>) {
        let mut state = self.lock();
        match trouble {
            Some(error) => state.trouble.insert(host(target), error),
            None => state.trouble.remove(&host(target)),
        };
    }

    /// Sets the health of a live object, `message` being what a diagnosis says of it.
    pub fn set_health(&self, target: &TargetAccess, key: &str, status: ObjectStatus, message: &str) {
        self.change_world(target, |world| {
            if let Some(object) = world.objects.get_mut(key) {
                object.status = status;
                object.message = message.into();
            }
        });
    }

    /// Every apply from here on waits before its first write, until the hold is released.
    #[must_use]
    pub fn hold_applies(&self) -> Hold {
        let latch = Arc::new(Latch::default());
        self.lock().held = Some(Arc::clone(&latch));
        Hold {
            runtime: self.clone(),
            latch,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and looks whether the target answers.
    fn enter(&self, target: &TargetAccess, count: impl FnOnce(&mut Calls) -> &mut u64) -> Result<(), TargetError> {
        let mut state = self.lock();
        *count(&mut state.calls) += 1;
        match state.trouble.get(&host(target)) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

fn host(target: &TargetAccess) -> String {
    match &target.connection {
        TargetConnection::Docker { host, .. } => host.clone(),
        TargetConnection::Kubeconfig { context, .. } => format!("kubeconfig:{}", context.as_deref().unwrap_or("")),
        TargetConnection::InCluster => "in-cluster".into(),
    }
}

fn place(target: &TargetAccess) -> String {
    let within = target.compose_project.as_deref().or(target.namespace.as_deref());
    format!("{} {}", host(target), within.unwrap_or("default"))
}

#[async_trait]
impl Runtime for FakeRuntime {
    fn runtime_type(&self) -> RuntimeType {
        self.runtime_type
    }

    fn render(&self, request: &RenderRequest) -> Rendered {
        manifest::render(self.runtime_type, request)
    }

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        self.enter(target, |calls| &mut calls.probes)?;
        Ok(Probe {
            version: "fake 1".into(),
            latency_ms: 0,
            capabilities: Vec::new(),
        })
    }

    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        self.lock().calls.previews += u64::from(request.purpose == Purpose::Preview);
        self.enter(target, |calls| &mut calls.plans)?;
        plan::make(&self.world(target), request).map(|(made, _)| made)
    }

    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        self.enter(target, |calls| &mut calls.applies)?;
        apply::run(self, target, request, monitor).await
    }

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError> {
        self.enter(target, |calls| &mut calls.observes)?;
        let world = self.world(target);
        let objects = desired.objects.iter().map(|object| {
            let live = world.objects.get(&object.key);
            let status = live.map_or(ObjectStatus::Missing, |live| live.status);
            let ready = u32::from(status == ObjectStatus::Healthy);
            ObjectProgress {
                key: object.key.clone(),
                resource: object.resource.clone(),
                action: Action::Unchanged,
                status,
                ready: Some(ready),
                total: Some(1),
                message: live.map(|live| live.message.clone()).filter(|text| !text.is_empty()),
            }
        });
        Ok(Observation {
            objects: objects.collect(),
        })
    }

    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        self.enter(target, |calls| &mut calls.diagnoses)?;
        Ok(apply::diagnose(&self.world(target), desired))
    }
}
