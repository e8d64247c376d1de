//! What a running plan tells and asks.
//!
//! What is told goes into a queue and is written by [`RunMonitor::keep_telling`] beside the run, many at a time: a run
//! does not wait for the store, and a watcher still sees each change within a second. What must be there before the
//! next write on the target ([`Monitor::writing`]) is waited for.

use crate::app::App;
use crate::error::AppError;
use crate::releases::objects::{is_done, state};
use crate::saving::commit_of;
use async_trait::async_trait;
use release_domain::actor::Origin;
use release_domain::decide::{self, Step};
use release_domain::event::{EventData, ResourceChanged};
use release_domain::execution::{Execution, ObjectState};
use release_domain::ids::{ExecutionId, ReleaseId};
use release_domain::lifecycle::StageName;
use release_domain::plan::Action;
use release_domain::ports::{Commit, CommitError, Guard, Monitor, ObjectProgress, Stop, Write};
use release_domain::timestamp::Timestamp;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// How often a step is written anew when the release changed in between.
const MAX_ATTEMPTS: u32 = 64;

/// The monitor of one run.
pub(super) struct RunMonitor<'a> {
    app: &'a App,
    job: Execution,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    told: Vec<Told>,
    /// The newest state of each object, by key.
    objects: BTreeMap<String, ObjectState>,
    stop: Option<Stop>,
    /// What was taken to be written is not written yet.
    writing: bool,
    progress_at: Option<Timestamp>,
    wakers: Vec<Waker>,
}

#[derive(Clone)]
enum Told {
    Stage(StageName),
    Object(Box<ObjectProgress>),
}

impl<'a> RunMonitor<'a> {
    pub(super) fn new(app: &'a App, job: Execution) -> Self {
        Self {
            app,
            job,
            shared: Mutex::default(),
        }
    }

    pub(super) fn job(&self) -> (ExecutionId, u64) {
        (self.job.id, self.job.epoch)
    }

    pub(super) fn release(&self) -> ReleaseId {
        self.job.release_id
    }

    /// The newest progress, written or not.
    pub(super) fn progress_at(&self) -> Timestamp {
        self.shared().progress_at.unwrap_or(self.job.progress_at)
    }

    /// Tells the run to stop; the first reason stays.
    pub(super) fn stop(&self, stop: Stop) {
        let mut shared = self.shared();
        if shared.stop.is_none() || stop == Stop::Fenced {
            shared.stop = Some(stop);
        }
        shared.wake();
    }

    pub(super) fn stopping(&self) -> Option<Stop> {
        self.shared().stop
    }

    /// Everything told so far that was not yet written, as steps and rows.
    pub(super) fn take(&self) -> (Vec<Step>, Vec<ObjectState>) {
        let now = self.app.now();
        let mut shared = self.shared();
        let told = std::mem::take(&mut shared.told);
        let mut steps = Vec::with_capacity(told.len() + 1);
        let mut touched = BTreeMap::new();
        for item in told {
            match item {
                Told::Stage(stage) => steps.push(Step::Stage(stage)),
                Told::Object(progress) => {
                    // What stays as it is has a row, and no event: a no-op apply tells no story.
                    if progress.action != Action::Unchanged {
                        steps.push(Step::Told(EventData::ResourceChanged(changed(self.job.id, &progress))));
                    }
                    let row = state(*progress, now);
                    shared.objects.insert(row.key.clone(), row.clone());
                    touched.insert(row.key.clone(), row);
                }
            }
        }
        if !touched.is_empty() {
            let done = shared.objects.values().filter(|o| is_done(o.status)).count();
            let of = shared.objects.len();
            steps.push(Step::Done {
                objects: clamp(done),
                of: clamp(of),
            });
        }
        (steps, touched.into_values().collect())
    }

    /// Writes what is told, as it is told; ends only with the store's refusal.
    pub(super) async fn keep_telling(&self) -> Result<(), AppError> {
        loop {
            poll_fn(|context| {
                let mut shared = self.shared();
                if shared.told.is_empty() {
                    shared.wakers.push(context.waker().clone());
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })
            .await;
            self.shared().writing = true;
            let (steps, rows) = self.take();
            let outcome = self.record(&steps, rows).await;
            {
                let mut shared = self.shared();
                shared.writing = false;
                shared.wake();
            }
            match outcome {
                Ok(()) => {}
                Err(CommitError::Fenced) => self.stop(Stop::Fenced),
                Err(error) => {
                    // Progress that cannot be told is no reason to stop what runs; its end will be told, or retried.
                    tracing::warn!(execution = %self.job.id, %error, "progress could not be recorded");
                }
            }
        }
    }

    /// Resolves once everything told is written: what comes next must not overtake it.
    pub(super) async fn settled(&self) {
        poll_fn(|context| {
            let mut shared = self.shared();
            if shared.told.is_empty() && !shared.writing {
                return Poll::Ready(());
            }
            shared.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Writes steps at once.
    pub(super) async fn record(&self, steps: &[Step], rows: Vec<ObjectState>) -> Result<(), CommitError> {
        let (id, epoch) = self.job();
        let origin = Origin::system();
        for _ in 0..MAX_ATTEMPTS {
            let now = self.app.now();
            let Some(release) = self.app.store.release(self.job.release_id).await? else {
                return Err(CommitError::Fenced);
            };
            let Some(decision) = decide::advance(&release, id, steps, &origin, now) else {
                return Err(CommitError::Fenced);
            };
            let mut writes = vec![Write::ExecutionProgress {
                id,
                at: now,
                started: true,
                wrote: false,
            }];
            if !rows.is_empty() {
                writes.push(Write::ObjectStates {
                    execution: id,
                    states: rows.clone(),
                });
            }
            let fence = Guard::Fence { execution: id, epoch };
            let mut commit = commit_of(decision, Vec::new(), writes, None);
            // Progress is no decision about policy: only the fence guards it.
            commit.guards = vec![fence];
            match self.app.store.commit(commit).await {
                Err(CommitError::Conflict) => {}
                Ok(_) => {
                    self.shared().progress_at = Some(now);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Err(CommitError::Conflict)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A panic elsewhere leaves plain values: what they say still holds.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, told: Told) {
        let mut shared = self.shared();
        shared.progress_at = Some(self.app.now());
        shared.told.push(told);
        shared.wake();
    }
}

impl Shared {
    fn wake(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}

#[async_trait]
impl Monitor for RunMonitor<'_> {
    async fn stage(&self, stage: StageName) {
        self.tell(Told::Stage(stage));
    }

    async fn object(&self, progress: ObjectProgress) {
        self.tell(Told::Object(Box::new(progress)));
    }

    async fn writing(&self) -> Result<(), Stop> {
        if let Some(stop) = self.stopping() {
            return Err(stop);
        }
        let (id, epoch) = self.job();
        let commit = Commit {
            guards: vec![Guard::Fence { execution: id, epoch }],
            writes: vec![Write::ExecutionProgress {
                id,
                at: self.app.now(),
                started: true,
                wrote: true,
            }],
            ..Commit::default()
        };
        match self.app.store.commit(commit).await {
            Ok(_) => Ok(()),
            Err(CommitError::Fenced) => Err(Stop::Fenced),
            // Nothing may be written on the target that the store does not know of: somebody goes on later.
            Err(error) => {
                tracing::warn!(execution = %id, %error, "the first write could not be announced");
                Err(Stop::Leaving)
            }
        }
    }

    async fn stopped(&self) -> Stop {
        poll_fn(|context| {
            let mut shared = self.shared();
            match shared.stop {
                Some(stop) => Poll::Ready(stop),
                None => {
                    shared.wakers.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

fn changed(execution: ExecutionId, progress: &ObjectProgress) -> ResourceChanged {
    ResourceChanged {
        execution_id: execution,
        key: progress.key.clone(),
        resource: progress.resource.clone(),
        action: progress.action,
        status: progress.status,
        ready: progress.ready,
        total: progress.total,
        message: progress.message.clone(),
    }
}

fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
