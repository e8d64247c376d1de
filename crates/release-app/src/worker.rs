//! The execution worker: takes a queued job, runs it, and tells what happens.
//!
//! A job is durable and leased. When the process dies, another takes it over after the lease; the epoch it was claimed
//! under fences the dead one's late writes off, in the store and on the target. Every step is idempotent, so that
//! running a job again from the start ends in the same place. This file sequences; time is given by [`Pace`].

mod ending;
mod monitor;
mod race;
mod run;

use crate::app::App;
use crate::error::AppError;
use async_trait::async_trait;
use monitor::RunMonitor;
use release_domain::execution::Execution;
use release_domain::ports::{Claim, Monitor, Stop};

/// Waits, for a worker that has no timer of its own.
#[async_trait]
pub trait Pace: Send + Sync {
    async fn pause(&self, millis: u64);
    /// Whether the process is leaving: jobs are given back.
    fn is_leaving(&self) -> bool;
}

/// Who works, and how.
#[derive(Clone)]
pub struct Worker {
    /// Names this worker in leases; unique per process and task.
    pub holder: String,
    pub lease_secs: u32,
}

/// What a look at the queue came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Nothing waits.
    Idle,
    /// One job was run, to its end or until it had to be left to somebody else.
    Ran,
}

/// Takes the oldest job that nobody holds and runs it.
///
/// # Errors
/// The store cannot be asked; the job, if one was taken, is taken over after its lease.
pub async fn tick(app: &App, worker: &Worker, pace: &dyn Pace) -> Result<Tick, AppError> {
    let Some(claim) = app.store.claim(&worker.holder, app.now(), worker.lease_secs).await? else {
        return Ok(Tick::Idle);
    };
    let (id, epoch) = (claim.execution.id, claim.execution.epoch);
    let outcome = execute(app, worker, pace, claim).await;
    if let Err(error) = &outcome {
        tracing::warn!(execution = %id, %error, "an execution was left to the next worker");
    }
    // A lease that ended with the job, or that somebody else holds, is nobody's to give back.
    app.store.give_back(id, epoch).await?;
    outcome.map(|()| Tick::Ran)
}

/// Runs a job beside its heartbeat and the writer of its progress.
async fn execute(app: &App, worker: &Worker, pace: &dyn Pace, claim: Claim) -> Result<(), AppError> {
    let monitor = RunMonitor::new(app, claim.execution.clone());
    let work = run::run(app, &monitor, pace, claim);
    let beat = heartbeat(app, worker, pace, &monitor);
    let tell = monitor.keep_telling();
    race::first(work, race::first(beat, tell)).await
}

/// Renews the lease, and passes on what must stop the run: a cancel, the deadline, another holder, the process's end.
async fn heartbeat(app: &App, worker: &Worker, pace: &dyn Pace, monitor: &RunMonitor<'_>) -> Result<(), AppError> {
    /// Cancel and deadline are honoured within 2 s; a quarter of that is spent on noticing.
    const LOOK_MILLIS: u64 = 500;
    let (id, epoch) = monitor.job();
    let mut renewed = app.now();
    let renew_after = i64::from(worker.lease_secs).max(3) / 3;
    loop {
        pace.pause(LOOK_MILLIS).await;
        if pace.is_leaving() {
            monitor.stop(Stop::Leaving);
        }
        let now = app.now();
        let due = now.secs_since(renewed) >= renew_after;
        let job = if due {
            renewed = now;
            app.store.renew(id, epoch, now, worker.lease_secs).await
        } else {
            app.store
                .execution(id)
                .await
                .map(|job| job.filter(|j| j.epoch == epoch))
        };
        match job {
            Ok(Some(job)) => look(&job, monitor, now),
            Ok(None) => monitor.stop(Stop::Fenced),
            // The store is away for a moment: the lease may still hold. Past it, the fence decides.
            Err(error) => tracing::warn!(execution = %id, %error, "the lease could not be looked at"),
        }
    }
}

fn look(job: &Execution, monitor: &RunMonitor<'_>, now: release_domain::timestamp::Timestamp) {
    if job.cancel_requested {
        monitor.stop(Stop::Cancelled);
    }
    let silent_secs = now.secs_since(job.progress_at.max(monitor.progress_at()));
    if silent_secs >= i64::from(job.progress_deadline_secs) {
        monitor.stop(Stop::DeadlineExceeded);
    }
}

/// Waits until the run must stop or `millis` are over; answers with why it must stop.
async fn pause(pace: &dyn Pace, monitor: &RunMonitor<'_>, millis: u64) -> Option<Stop> {
    race::first(async { Some(monitor.stopped().await) }, async {
        pace.pause(millis).await;
        None
    })
    .await
}
