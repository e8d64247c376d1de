//! What a run, its heartbeat and the writer of its progress share.
//!
//! What is told goes onto the board and is written by [`Board::keep_telling`] beside the run, many at a time: a run
//! does not wait for the store, and a watcher still sees each change within a second.

use super::progress::{Batch, Progress};
use super::{Pace, RETRY_MILLIS};
use crate::app::App;
use crate::error::AppError;
use crate::saving::commit_of;
use release_domain::actor::Origin;
use release_domain::decide;
use release_domain::execution::Execution;
use release_domain::ids::{ExecutionId, ReleaseId};
use release_domain::ports::{Commit, CommitError, Guard, Stop, Write};
use release_domain::timestamp::Timestamp;
use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How often a step is written anew when the release changed in between.
const MAX_ATTEMPTS: u32 = 64;

pub(super) struct Board<'a> {
    app: &'a App,
    id: ExecutionId,
    epoch: u64,
    release: ReleaseId,
    shared: Mutex<Shared>,
}

struct Shared {
    progress: Progress,
    stop: Option<Stop>,
    /// Somebody else goes on, whatever else was asked.
    leave: bool,
    /// By this worker's own clock: past it, somebody else may hold the job.
    lease_until: Timestamp,
    /// What was taken to be written is not written yet.
    writing: bool,
    /// The outcome of a write is not known: the store is asked before the next.
    unsure: bool,
    /// The beginning or the end is being written: nothing is told beside it.
    closed: bool,
    /// This holder's beginning is on the timeline.
    opened: bool,
    /// It may have written on the target.
    wrote: bool,
    wakers: Vec<Waker>,
}

impl<'a> Board<'a> {
    pub(super) fn new(app: &'a App, job: &Execution, lease_secs: u32) -> Self {
        let now = app.now();
        let lease_until = now.plus_secs(i64::from(lease_secs));
        let shared = Shared {
            progress: Progress::new(job.id, job.progress_at, now),
            stop: None,
            leave: false,
            lease_until: job.lease.as_ref().map_or(lease_until, |lease| lease.until),
            writing: false,
            unsure: false,
            closed: true,
            opened: false,
            wrote: job.wrote,
            wakers: Vec::new(),
        };
        Self {
            app,
            id: job.id,
            epoch: job.epoch,
            release: job.release_id,
            shared: Mutex::new(shared),
        }
    }

    pub(super) fn job(&self) -> (ExecutionId, u64) {
        (self.id, self.epoch)
    }

    pub(super) fn fence(&self) -> Guard {
        Guard::Fence {
            execution: self.id,
            epoch: self.epoch,
        }
    }

    /// Tells the run to stop; the first reason stays, but for the loss of the job.
    pub(super) fn stop(&self, stop: Stop) {
        let mut shared = self.shared();
        if shared.stop.is_none() || stop == Stop::Fenced {
            shared.stop = Some(stop);
        }
        shared.leave |= matches!(stop, Stop::Fenced | Stop::Leaving);
        shared.wake();
    }

    /// Why the run must stop. A lease that has run out by this clock is one: a process that was stopped itself notices
    /// before its next step.
    pub(super) fn stopping(&self) -> Option<Stop> {
        let now = self.app.now();
        let mut shared = self.shared();
        if now >= shared.lease_until {
            shared.stop = Some(Stop::Fenced);
            shared.leave = true;
        }
        shared.stop
    }

    pub(super) async fn stopped(&self) -> Stop {
        poll_fn(|context| {
            self.stopping();
            self.once(context, |shared| shared.stop)
        })
        .await
    }

    /// Resolves once somebody else is to go on.
    pub(super) async fn must_leave(&self) {
        poll_fn(|context| {
            self.stopping();
            self.once(context, |shared| shared.leave.then_some(()))
        })
        .await;
    }

    pub(super) fn lease_until(&self) -> Timestamp {
        self.shared().lease_until
    }

    pub(super) fn set_lease_until(&self, until: Timestamp) {
        self.shared().lease_until = until;
    }

    pub(super) fn has_opened(&self) -> bool {
        self.shared().opened
    }

    /// Its beginning is on the timeline: progress may follow.
    pub(super) fn set_opened(&self) {
        let mut shared = self.shared();
        (shared.opened, shared.closed) = (true, false);
        shared.wake();
    }

    pub(super) fn has_written(&self) -> bool {
        self.shared().wrote
    }

    pub(super) fn set_written(&self) {
        self.shared().wrote = true;
    }

    /// Looks at or changes the progress; whoever waits for something to write looks too.
    pub(super) fn progress<T>(&self, look: impl FnOnce(&mut Progress) -> T) -> T {
        let mut shared = self.shared();
        let seen = look(&mut shared.progress);
        shared.wake();
        seen
    }

    /// A run begins, anew where the store was away: from what the store has.
    pub(super) fn begins(&self, begin: impl FnOnce(&mut Progress)) {
        let mut shared = self.shared();
        begin(&mut shared.progress);
        shared.unsure = false;
    }

    /// Writes what is told, as it is told.
    pub(super) async fn keep_telling(&self, pace: &dyn Pace) -> Infallible {
        loop {
            poll_fn(|context| {
                self.once(context, |shared| {
                    let has = !shared.closed && (shared.unsure || shared.progress.has_told());
                    shared.writing |= has;
                    has.then_some(())
                })
            })
            .await;
            let outcome = self.write_told().await;
            {
                let mut shared = self.shared();
                shared.writing = false;
                shared.wake();
            }
            match outcome {
                Ok(()) => {}
                Err(CommitError::Fenced) => {
                    self.stop(Stop::Fenced);
                    pace.pause(RETRY_MILLIS).await;
                }
                Err(error) => {
                    // Progress that cannot be told is no reason to stop what runs: it is told later.
                    tracing::warn!(execution = %self.id, %error, "progress could not be recorded");
                    pace.pause(RETRY_MILLIS).await;
                }
            }
        }
    }

    /// Resolves once nothing is being written; from here on nothing is, but by the caller: the end must not be
    /// overtaken.
    pub(super) async fn settled(&self) {
        poll_fn(|context| {
            self.once(context, |shared| {
                shared.closed |= !shared.writing;
                shared.closed.then_some(())
            })
        })
        .await;
    }

    /// What the store has not heard yet.
    ///
    /// # Errors
    /// It has to be asked what it has, and cannot be.
    pub(super) async fn unheard(&self) -> Result<Batch, AppError> {
        if self.shared().unsure {
            let stored = self.app.store.object_states(self.id).await?;
            let release = self.app.store.release(self.release).await?.ok_or(AppError::NotFound)?;
            let mut shared = self.shared();
            shared.progress.differ_from(release.stage.name, stored);
            shared.unsure = false;
        }
        Ok(self.shared().progress.take())
    }

    /// Writes steps at once. Where the answer is lost, the store is asked before anything else is written.
    pub(super) async fn record(&self, batch: &Batch) -> Result<(), CommitError> {
        for _ in 0..MAX_ATTEMPTS {
            let outcome = self.try_record(batch).await;
            match outcome {
                Err(CommitError::Conflict) => {}
                Err(CommitError::Store(_)) => {
                    self.shared().unsure = true;
                    return outcome;
                }
                Ok(()) | Err(_) => return outcome,
            }
        }
        Err(CommitError::Conflict)
    }

    async fn write_told(&self) -> Result<(), CommitError> {
        let batch = match self.unheard().await {
            Ok(batch) => batch,
            Err(AppError::NotFound) => return Err(CommitError::Fenced),
            Err(error) => {
                return Err(release_domain::ports::StoreError::Unavailable(error.to_string()).into());
            }
        };
        if batch.steps.is_empty() && batch.rows.is_empty() {
            return Ok(());
        }
        let outcome = self.record(&batch).await;
        if outcome.is_err() {
            self.shared().unsure = true;
        }
        outcome
    }

    async fn try_record(&self, batch: &Batch) -> Result<(), CommitError> {
        let now = self.app.now();
        let release = self.app.store.release(self.release).await?.ok_or(CommitError::Fenced)?;
        let decision =
            decide::advance(&release, self.id, &batch.steps, &Origin::system(), now).ok_or(CommitError::Fenced)?;
        let mut writes = vec![Write::ExecutionProgress {
            id: self.id,
            at: self.shared().progress.moved_at(),
            started: true,
            wrote: false,
        }];
        if !batch.rows.is_empty() {
            writes.push(Write::ObjectStates {
                execution: self.id,
                states: batch.rows.clone(),
            });
        }
        // Progress is no decision about policy: only the fence guards it. A step that says nothing new of the release
        // makes no new version of it.
        let guards = vec![self.fence()];
        let commit = if decision.events.is_empty() && decision.release.stage == release.stage {
            Commit {
                guards,
                writes,
                ..Commit::default()
            }
        } else {
            commit_of(decision, guards, writes, None)
        };
        self.app.store.commit(commit).await.map(|_| ())
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A panic elsewhere leaves plain values: what they say still holds.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready once `look` has an answer; looked at again whenever something changes here.
    fn once<T>(&self, context: &Context<'_>, look: impl FnOnce(&mut Shared) -> Option<T>) -> Poll<T> {
        let mut shared = self.shared();
        if let Some(answer) = look(&mut shared) {
            return Poll::Ready(answer);
        }
        if !shared.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            shared.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Shared {
    fn wake(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}
