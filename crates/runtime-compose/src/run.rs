//! The executor: the one room that awaits the engine and writes to it.
//!
//! What is to be done was decided before ([`crate::plan`], [`crate::converge`]); here it is done, as much at once as
//! the dependencies allow, driven by the engine's events. The whole run is one future: dropping it at any point is what
//! a crash is, and whatever comes after recognises what was left (see [`crate::converge`] on names).
//! Invariants: nothing is written before the monitor agreed; nothing is written where a newer epoch stands; a container
//! that serves is removed only after the one that takes its place is healthy, or where nothing is to take it.

mod ending;
mod findings;
mod images;
mod joining;
mod make;
mod phases;
mod removal;
mod replace;
mod resources;
mod round;
mod wait;

pub(crate) use findings::examined;

use crate::container::Marks;
use crate::converge::Outlook;
use crate::desired::{self, Model};
use crate::diagnose::Doing;
use crate::engine::{Changes, Engine, Fault};
use crate::health::Cause;
use crate::names::ours;
use crate::observed::Observed;
use crate::plan::{self, Steps};
use crate::states::States;
use futures::future::{Either, select};
use images::Ready;
use phases::Phases;
use release_domain::diagnostics::Finding;
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::plan::{Action, Plan};
use release_domain::ports::{ApplyEnd, Monitor, ObjectProgress, RunRequest, Stop, TargetAccess, TargetError};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, watch};

/// How long a look for a newer epoch serves others: less than one write takes.
const FRESH: Duration = Duration::from_millis(100);

/// Brings the target to what is desired.
///
/// # Errors
/// The target cannot be worked with; what a person should read is in [`ApplyEnd::Failed`].
pub async fn apply(
    engine: &Engine,
    target: &TargetAccess,
    request: &RunRequest,
    monitor: &dyn Monitor,
) -> Result<ApplyEnd, TargetError> {
    let states = States::read(target, &request.plan)?;
    let look = pin!(look(engine, states, request));
    let (states, observed, planned) = match select(pin!(monitor.stopped()), look).await {
        Either::Left((stop, _)) => return Ok(ApplyEnd::Stopped(stop)),
        Either::Right((looked, _)) => looked?,
    };
    let mut run = Run::new(engine, request, monitor, states, observed, planned);
    let outcome = run.until_stopped().await;
    run.end(outcome).await
}

async fn look(
    engine: &Engine,
    mut states: States,
    request: &RunRequest,
) -> Result<(States, Observed, plan::Planned), TargetError> {
    let observed = engine.observe(&states.scope()).await?;
    states.pin(&observed);
    if observed.newest_epoch(&request.plan.service.to_string()) > request.epoch {
        return Err(TargetError::Fenced);
    }
    let planned = plan::make(&states, &observed, &request.plan);
    Ok((states, observed, planned))
}

/// Why a run does not go on.
#[derive(Debug)]
pub(crate) enum Broken {
    Stopped(Stop),
    Target(TargetError),
    Failed(Box<Failure>),
}

/// What failed, before it is examined.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The engine refused to do something to an object.
    Call {
        key: String,
        container: Option<String>,
        doing: Doing,
        fault: Fault,
    },
    /// An image cannot be had.
    Image {
        key: String,
        image: String,
        message: String,
    },
    /// A container of the new revision failed.
    Container { key: String, id: String, cause: Cause },
    /// Somebody removed a container while it was waited for.
    Gone { key: String },
    /// Read back, the target is not what it was brought to be.
    NotAsPlanned { changed: Vec<(String, Vec<String>)> },
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Target(fault.into())
    }
}

impl Broken {
    fn failed(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

/// One run.
pub(crate) struct Run<'a> {
    engine: &'a Engine,
    request: &'a RunRequest,
    monitor: &'a dyn Monitor,
    states: States,
    observed: Observed,
    plan: Plan,
    steps: Steps,
    /// The release service, as labels name it.
    owner: String,
    marks: Marks,
    changes: Changes,
    writing: OnceCell<()>,
    /// Held by who looks for a newer epoch: when the last look ended that found none.
    looked: tokio::sync::Mutex<Option<Instant>>,
    /// Held by whose container is entering its networks.
    joining: tokio::sync::Mutex<()>,
    phases: Phases,
    images: BTreeMap<String, Ready>,
    /// Calls that make something and are on their way.
    making: watch::Sender<usize>,
    shared: Mutex<Shared>,
}

/// What the services of one run tell each other.
#[derive(Default)]
struct Shared {
    outlook: Outlook,
    /// Containers that this run made or started → the object they belong to.
    touched: BTreeMap<String, String>,
    /// New containers that were found healthy: there is no way back from them.
    committed: BTreeSet<String>,
    /// Containers that were asked to end.
    stopping: BTreeSet<String>,
    /// Objects that the engine would not let go of, and that nobody uses.
    left: BTreeSet<String>,
    wrote: bool,
}

impl<'a> Run<'a> {
    fn new(
        engine: &'a Engine,
        request: &'a RunRequest,
        monitor: &'a dyn Monitor,
        states: States,
        observed: Observed,
        planned: plan::Planned,
    ) -> Self {
        let services = states.desired.iter().flat_map(|model| model.project.services.keys());
        Self {
            engine,
            request,
            monitor,
            phases: Phases::of(services),
            plan: planned.made.plan,
            steps: planned.steps,
            owner: request.plan.service.to_string(),
            marks: Marks {
                release: request.plan.release,
                service: request.plan.service,
                correlation: request.correlation_id,
                epoch: request.epoch,
            },
            changes: Changes::default(),
            writing: OnceCell::new(),
            looked: tokio::sync::Mutex::default(),
            joining: tokio::sync::Mutex::default(),
            images: BTreeMap::new(),
            making: watch::Sender::new(0),
            shared: Mutex::new(Shared {
                outlook: planned.outlook,
                ..Shared::default()
            }),
            states,
            observed,
        }
    }

    /// The run itself, until it is through or must stop.
    async fn until_stopped(&mut self) -> Result<(), Broken> {
        let (engine, monitor) = (self.engine, self.monitor);
        let project = self.states.project.clone();
        let stopped = pin!(monitor.stopped());
        let this: &mut Self = self;
        let work = pin!(async move {
            this.prepare().await?;
            let this: &Self = this;
            let follow = pin!(this.changes.follow(engine, &project));
            match select(pin!(this.bring()), follow).await {
                Either::Left((done, _)) => done,
                Either::Right((fault, _)) => Err(fault.into()),
            }
        });
        match select(stopped, work).await {
            Either::Left((stop, _)) => Err(Broken::Stopped(stop)),
            Either::Right((done, _)) => done,
        }
    }

    /// What comes before anything changes on the target but its images.
    async fn prepare(&mut self) -> Result<(), Broken> {
        let stage = match self.request.plan.leaving {
            None => StageName::Applying,
            Some(_) => StageName::RollingBack,
        };
        self.monitor.stage(stage).await;
        if !self.plan.is_unchanged() {
            self.may_write().await?;
            for change in self
                .plan
                .changes
                .iter()
                .filter(|change| change.action != Action::Unchanged)
            {
                self.tell(&change.key, ObjectStatus::Pending, None, None).await;
            }
        }
        self.ready_images().await
    }

    async fn bring(&self) -> Result<(), Broken> {
        if self.states.desired.is_some() {
            self.networks_and_volumes().await?;
            self.services().await?;
        }
        self.prune().await?;
        self.monitor.stage(StageName::WaitingHealthy).await;
        self.read_back().await
    }

    /// All services at once; each waits for what it depends on. Once all are started, what is left is waiting.
    async fn services(&self) -> Result<(), Broken> {
        let model = self.model()?;
        let services = model.project.services.keys().map(|key| self.service(key));
        let started = async {
            self.phases.all_started().await;
            // With something to prune the waiting is part of the applying: nothing goes before all are healthy.
            if self.steps.removals.is_empty() && self.steps.dropped_networks.is_empty() {
                self.monitor.stage(StageName::WaitingHealthy).await;
            }
            Ok(())
        };
        futures::try_join!(futures::future::try_join_all(services), started)?;
        Ok(())
    }

    /// Every apply ends with a look at what it has done.
    async fn read_back(&self) -> Result<(), Broken> {
        if !self.shared().wrote {
            return Ok(());
        }
        let mut states = self.states.clone();
        let observed = self.engine.observe(&states.scope()).await?;
        states.pin(&observed);
        let planned = plan::make(&states, &observed, &self.request.plan).made.plan;
        let left = self.shared().left.clone();
        let differs = planned
            .changes
            .into_iter()
            .filter(|change| change.action != Action::Unchanged && !left.contains(&change.key));
        let changed: Vec<_> = differs
            .map(|change| (change.key, change.fields.into_iter().map(|field| field.path).collect()))
            .collect();
        if !changed.is_empty() {
            return Err(Broken::failed(Failure::NotAsPlanned { changed }));
        }
        for (key, service) in states.desired.iter().flat_map(|model| &model.project.services) {
            for container in observed.of_service(key) {
                if let crate::health::Verdict::Failed(cause) = crate::health::of_running(service, container) {
                    return Err(Broken::failed(Failure::Container {
                        key: desired::service_key(key),
                        id: container.id.clone(),
                        cause,
                    }));
                }
            }
        }
        Ok(())
    }

    /// Asked once, before the first write.
    async fn may_write(&self) -> Result<(), Broken> {
        let ask = async { self.monitor.writing().await.map_err(Broken::Stopped) };
        self.writing.get_or_try_init(|| ask).await?;
        self.shared().wrote = true;
        Ok(())
    }

    /// What makes something is not broken off halfway when the run must stop: nobody would know what came of it.
    async fn to_the_end<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        let making = self.making.clone();
        making.send_modify(|count| *count += 1);
        let done = tokio::spawn(async move {
            let made = call.await;
            making.send_modify(|count| *count -= 1);
            made
        });
        let broken = |error: tokio::task::JoinError| Fault::Unreachable(error.to_string());
        done.await.map_err(broken)?
    }

    /// A newer epoch on the target stops this run, however late it comes. Those who ask in the same instant share one
    /// look.
    async fn not_fenced(&self) -> Result<(), Broken> {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        let labels = self.engine.labels(&self.states.project).await?;
        let newer = labels.iter().any(|(_, labels)| {
            let ours = labels.get(ours::SERVICE) == Some(&self.owner);
            ours && labels
                .get(ours::EPOCH)
                .and_then(|epoch| epoch.parse().ok())
                .unwrap_or(0)
                > self.request.epoch
        });
        if newer {
            return Err(Broken::Target(TargetError::Fenced));
        }
        *looked = Some(Instant::now());
        Ok(())
    }

    fn model(&self) -> Result<&Model, Broken> {
        let missing = || Broken::Target(TargetError::Refused("nothing is desired".into()));
        self.states.desired.as_ref().ok_or_else(missing)
    }

    fn action(&self, key: &str) -> Action {
        let change = self.plan.changes.iter().find(|change| change.key == key);
        change.map_or(Action::Unchanged, |change| change.action)
    }

    async fn tell(&self, key: &str, status: ObjectStatus, ready: Option<(u32, u32)>, message: Option<String>) {
        let progress = ObjectProgress {
            key: key.into(),
            resource: desired::resource(key),
            action: self.action(key),
            status,
            ready: ready.map(|(ready, _)| ready),
            total: ready.map(|(_, total)| total),
            message,
        };
        self.monitor.object(progress).await;
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Plain values: what they say holds whoever panicked.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a call to the engine failed with, at the object it was for.
    fn call(key: &str, container: Option<&str>, doing: Doing) -> impl FnOnce(Fault) -> Broken {
        let (key, container) = (key.to_owned(), container.map(ToOwned::to_owned));
        move |fault| match fault {
            fault @ Fault::Answer { .. } => Broken::failed(Failure::Call {
                key,
                container,
                doing,
                fault,
            }),
            fault => fault.into(),
        }
    }
}

/// What is told of a run that failed.
pub(crate) type Findings = Vec<Finding>;
