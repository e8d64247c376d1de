//! The execution worker: takes a queued job, runs it, and tells what happens.
//!
//! A job is durable and leased. When the process dies, another takes it over after the lease; the epoch it was claimed
//! under fences the dead one's late writes off, in the store and on the target. Every step is idempotent, so that
//! running a job again from the start ends in the same place. This file sequences; time is given by [`Pace`].

mod attempt;
mod board;
mod ending;
mod failure;
mod heartbeat;
mod monitor;
mod opening;
mod progress;
mod run;

use crate::app::App;
use crate::error::AppError;
use crate::race;
use async_trait::async_trait;
use board::Board;
use release_domain::ports::{Claim, StoreError};

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

/// How a job was let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ended,
    /// It has not ended, and somebody else goes on.
    Left,
}

/// How long to wait before the store is asked again for something that has to be written.
const RETRY_MILLIS: u64 = 1_000;
/// How long a run may take to let go of a job that somebody else is to have; then it is dropped, as by a crash. Longer
/// than a runtime is given to stop, and short enough for a process that leaves: its workers have 3 s.
const LEAVE_MILLIS: u64 = 2_000;

/// Takes the oldest job that nobody holds and runs it.
///
/// # Errors
/// The store cannot be asked. A job that was taken keeps its lease, so that it is not taken again at once: it is taken
/// over when that ends.
pub async fn tick(app: &App, worker: &Worker, pace: &dyn Pace) -> Result<Tick, AppError> {
    if pace.is_leaving() {
        return Ok(Tick::Idle);
    }
    let claimed_at = app.now();
    let Some(claim) = app.store.claim(&worker.holder, claimed_at, worker.lease_secs).await? else {
        return Ok(Tick::Idle);
    };
    let (id, epoch) = (claim.execution.id, claim.execution.epoch);
    // Boxed, here and below: a worker that waits is small, and a deep call stays off the stack.
    match Box::pin(execute(app, worker, pace, claim)).await {
        Ok(Outcome::Ended) => {}
        Ok(Outcome::Left) => {
            // What somebody else holds by now is nobody's to give back: the store knows by the epoch.
            let given_back = race::first(app.store.give_back(id, epoch), async {
                pace.pause(RETRY_MILLIS).await;
                Err(StoreError::Unavailable("it does not answer".into()))
            });
            if let Err(error) = given_back.await {
                tracing::warn!(execution = %id, %error, "a lease could not be given back: it runs out");
            }
        }
        Err(error) => {
            tracing::warn!(execution = %id, %error, "an execution is left to whoever takes it over");
            return Err(error);
        }
    }
    Ok(Tick::Ran)
}

/// Runs a job beside its heartbeat and the writer of its progress.
async fn execute(app: &App, worker: &Worker, pace: &dyn Pace, claim: Claim) -> Result<Outcome, AppError> {
    let board = Board::new(app, &claim.execution, worker.lease_secs);
    let work = race::first(work(app, &board, pace, claim), async {
        board.must_leave().await;
        wait(app, pace, LEAVE_MILLIS).await;
        Ok(Outcome::Left)
    });
    let beat = heartbeat::keep(app, worker, pace, &board);
    let tell = board.keep_telling(pace);
    race::first(work, async { match race::first(beat, tell).await {} }).await
}

/// Runs the job, again where the store was away for a moment, for as long as the lease holds.
async fn work(app: &App, board: &Board<'_>, pace: &dyn Pace, claim: Claim) -> Result<Outcome, AppError> {
    let (id, epoch) = board.job();
    let mut job = Some(claim.execution);
    loop {
        let outcome = match job.take() {
            Some(job) => Box::pin(run::run(app, board, pace, job)).await,
            None => match app.store.execution(id).await {
                Ok(Some(job)) if job.epoch == epoch && job.outcome.is_none() => {
                    Box::pin(run::run(app, board, pace, job)).await
                }
                // It has ended, by a commit whose answer was lost; or somebody else has it.
                Ok(Some(_) | None) => Ok(Outcome::Left),
                Err(error) => Err(error.into()),
            },
        };
        match outcome {
            Err(error) if is_passing(&error) => {
                tracing::warn!(execution = %id, %error, "the store is away: once more");
                let waited = async {
                    board.settled().await;
                    pace.pause(RETRY_MILLIS).await;
                    true
                };
                let left = async {
                    board.must_leave().await;
                    false
                };
                if !race::first(left, waited).await {
                    return Ok(Outcome::Left);
                }
            }
            other => return other,
        }
    }
}

/// Waits so long by the clock, also where a process that leaves cuts every pause short.
pub(crate) async fn wait(app: &App, pace: &dyn Pace, millis: u64) {
    let micros = i64::try_from(millis).unwrap_or(i64::MAX / 1_000) * 1_000;
    let end = app.now().unix_micros() + micros;
    loop {
        let left = end - app.now().unix_micros();
        match u64::try_from(left) {
            // A clock that has jumped back does not make it longer than it was.
            Ok(left) if left > 0 => pace.pause((left / 1_000).clamp(1, millis)).await,
            Ok(_) | Err(_) => return,
        }
    }
}

/// Whether the same call may go through in a moment.
const fn is_passing(error: &AppError) -> bool {
    matches!(error, AppError::Unavailable(_) | AppError::Stale)
}
