//! The executor: what awaits the cluster and writes to it.
//!
//! What is to be done was decided before ([`crate::plan`]); here it is done, as much at once as the edges and the
//! server allow, driven by watches. The whole run is one future: dropping it at any point is what a crash is, and the
//! next run plans anew from what is there. Invariants: nothing is written before the monitor agreed; nothing is written
//! where a newer epoch stands; what goes, goes by identity and after what stays is healthy.

mod books;
mod ending;
mod hooks;
mod objects;
mod prune;
mod settled;
mod watch;

use crate::cluster::{Cluster, Fault, Kinds};
use crate::desired::Identity;
use crate::look::{self, Depth, Look};
use crate::object;
use crate::plan::{self, Planned};
use crate::settle::Life;
use crate::states::States;
use crate::surroundings::Surroundings;
use futures::future::{Either, select};
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::plan::{Action, Change};
use release_domain::ports::{ApplyEnd, Monitor, ObjectProgress, RunRequest, Stop, TargetError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OnceCell, mpsc, watch as channel};
use tokio::time::Instant;
use watch::Watched;

/// Brings the cluster to what is desired.
///
/// # Errors
/// The cluster cannot be worked with; what a person should read is in [`ApplyEnd::Failed`].
pub async fn apply(cluster: &Cluster, request: &RunRequest, monitor: &dyn Monitor) -> Result<ApplyEnd, TargetError> {
    let mut states = States::read(cluster, &request.plan)?;
    let looking = async {
        let look = look::look(cluster, &mut states, &request.plan, Depth::Run).await?;
        let around = Surroundings::of(cluster, &look.kinds, states.wanted()).await?;
        Ok::<_, TargetError>((look, around))
    };
    let (look, around) = match select(pin!(monitor.stopped()), pin!(looking)).await {
        Either::Left((stop, _)) => return Ok(ApplyEnd::Stopped(stop)),
        Either::Right((looked, _)) => looked?,
    };
    if look.books.epoch() > request.epoch {
        return Err(TargetError::Fenced);
    }
    let planned = plan::make(&states, &look, &request.plan, Depth::Run);
    let (changes, waiting) = mpsc::unbounded_channel();
    let run = Run::new(cluster, request, monitor, states, look, around, planned, changes);
    let outcome = {
        let stopped = pin!(monitor.stopped());
        let work = pin!(run.work(waiting));
        match select(stopped, work).await {
            Either::Left((stop, _)) => Err(Broken::Stopped(stop)),
            Either::Right((done, _)) => done,
        }
    };
    run.end(outcome).await
}

/// Why a run does not go on.
#[derive(Debug)]
enum Broken {
    Stopped(Stop),
    Target(TargetError),
    Failed(Failure),
}

/// What failed, before it is examined.
#[derive(Debug)]
enum Failure {
    /// The server refused to do something to an object.
    Refused { key: String, fault: Fault },
    /// It cannot get healthy.
    Unhealthy { key: String, live: Arc<Value>, why: String },
    /// Read back, the cluster is not what it was brought to be.
    NotAsPlanned { changed: Vec<(String, Vec<String>)> },
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Target(fault.into())
    }
}

impl Broken {
    /// A refusal is about the object; all else is about the cluster.
    fn at(key: &str) -> impl FnOnce(Fault) -> Self {
        move |fault| match fault {
            fault @ Fault::Answer { .. } => Self::Failed(Failure::Refused {
                key: key.to_owned(),
                fault,
            }),
            fault => fault.into(),
        }
    }
}

/// How far an object is; it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Waiting,
    Applied,
    Healthy,
}

/// One run.
struct Run<'a> {
    cluster: &'a Cluster,
    request: &'a RunRequest,
    monitor: &'a dyn Monitor,
    states: States,
    look: Look,
    planned: Planned,
    phases: Vec<channel::Sender<Phase>>,
    writing: OnceCell<()>,
    /// Objects to watch, as they are applied.
    watched: mpsc::UnboundedSender<Watched>,
    board: Mutex<Board>,
    around: Mutex<Surroundings>,
}

/// What the parts of one run tell each other.
#[derive(Default)]
struct Board {
    kinds: Kinds,
    /// Newest look at each object.
    live: BTreeMap<Identity, Arc<Value>>,
    /// What was told last of each.
    told: BTreeMap<String, Progress>,
    /// When each life of a pod was first seen.
    lives: BTreeMap<Life, Instant>,
    wrote: bool,
    /// Keys of hooks that are to go because they succeeded.
    ended: BTreeSet<String>,
}

/// What is told of an object beside what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Progress {
    status: ObjectStatus,
    ready: Option<u32>,
    total: Option<u32>,
    message: Option<String>,
}

impl Progress {
    fn of(status: ObjectStatus) -> Self {
        Self {
            status,
            ready: None,
            total: None,
            message: None,
        }
    }

    fn saying(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }
}

impl<'a> Run<'a> {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is made by a step of its own, and all once"
    )]
    fn new(
        cluster: &'a Cluster,
        request: &'a RunRequest,
        monitor: &'a dyn Monitor,
        states: States,
        look: Look,
        around: Surroundings,
        planned: Planned,
        watched: mpsc::UnboundedSender<Watched>,
    ) -> Self {
        Self {
            cluster,
            request,
            monitor,
            phases: planned
                .steps
                .iter()
                .map(|_| channel::Sender::new(Phase::Waiting))
                .collect(),
            writing: OnceCell::new(),
            watched,
            board: Mutex::new(Board {
                kinds: look.kinds.clone(),
                live: look.live.clone(),
                ..Board::default()
            }),
            around: Mutex::new(around),
            states,
            look,
            planned,
        }
    }

    async fn work(&self, waiting: mpsc::UnboundedReceiver<Watched>) -> Result<(), Broken> {
        if self.planned.made.plan.is_unchanged() {
            return self.steps(waiting).await;
        }
        match select(pin!(self.steps(waiting)), pin!(self.overtaken())).await {
            Either::Left((done, _)) => done,
            Either::Right((broken, _)) => Err(broken),
        }
    }

    async fn steps(&self, waiting: mpsc::UnboundedReceiver<Watched>) -> Result<(), Broken> {
        let stage = match self.request.plan.leaving {
            None => StageName::Applying,
            Some(_) => StageName::RollingBack,
        };
        self.monitor.stage(stage).await;
        if !self.planned.made.plan.is_unchanged() {
            self.may_write().await?;
            self.fence().await?;
            self.remember_superset().await?;
        }
        {
            let watching = pin!(self.watch(waiting));
            let applying = pin!(self.all_objects());
            match select(applying, watching).await {
                Either::Left((done, _)) => done?,
                Either::Right((broken, _)) => return Err(broken),
            }
        }
        self.prune().await?;
        self.end_hooks().await?;
        self.monitor.stage(StageName::WaitingHealthy).await;
        self.read_back().await
    }

    /// Asked once, before the first write.
    async fn may_write(&self) -> Result<(), Broken> {
        let ask = async { self.monitor.writing().await.map_err(Broken::Stopped) };
        self.writing.get_or_try_init(|| ask).await?;
        self.board().wrote = true;
        Ok(())
    }

    /// Every apply ends with a look at what it has done.
    async fn read_back(&self) -> Result<(), Broken> {
        if !self.board().wrote {
            return Ok(());
        }
        let mut states = self.states.clone();
        let look = look::look(self.cluster, &mut states, &self.request.plan, Depth::Run).await;
        let look = look.map_err(Broken::Target)?;
        if look.books.epoch() > self.request.epoch {
            return Err(Broken::Target(TargetError::Fenced));
        }
        let changes = plan::make(&states, &look, &self.request.plan, Depth::Run)
            .made
            .plan
            .changes
            .into_iter();
        let differs = changes.filter(|change| change.action != Action::Unchanged);
        let changed: Vec<_> = differs
            .map(|change| (change.key, change.fields.into_iter().map(|field| field.path).collect()))
            .collect();
        if !changed.is_empty() {
            return Err(Broken::Failed(Failure::NotAsPlanned { changed }));
        }
        self.remember_set(&look).await
    }

    /// A plan's changes are in the order of their keys.
    fn change(&self, key: &str) -> Option<&Change> {
        let changes = &self.planned.made.plan.changes;
        let found = changes.binary_search_by(|change| change.key.as_str().cmp(key));
        found.ok().map(|at| &changes[at])
    }

    fn action(&self, key: &str) -> Action {
        self.change(key).map_or(Action::Unchanged, |change| change.action)
    }

    /// Tells of an object what was not told already.
    async fn tell(&self, key: &str, progress: Progress) {
        let is_news = {
            let mut board = self.board();
            let news = board.told.get(key) != Some(&progress);
            board.told.insert(key.to_owned(), progress.clone());
            news
        };
        let Some(change) = self.change(key).filter(|_| is_news) else {
            return;
        };
        let told = ObjectProgress {
            key: key.into(),
            resource: change.resource.clone(),
            action: change.action,
            status: progress.status,
            ready: progress.ready,
            total: progress.total,
            message: progress
                .message
                .map(|message| self.states.log_masker.text(&message).into_owned()),
        };
        self.monitor.object(told).await;
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // Plain values: what they say holds whoever panicked.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn around(&self) -> MutexGuard<'_, Surroundings> {
        self.around.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path_of(&self, body: &Value) -> Option<String> {
        let board = self.board();
        let kind = board.kinds.of_object(body)?;
        Some(kind.path(object::namespace(body), object::name(body)))
    }
}
