//! Keeps the lease, and passes on what must stop the run: a cancel, the deadline, another holder, the process's end.

use super::board::Board;
use super::{Pace, Worker};
use crate::app::App;
use release_domain::execution::Execution;
use release_domain::ports::Stop;
use release_domain::timestamp::Timestamp;
use std::convert::Infallible;

/// Cancel and deadline are honoured within 2 s; a quarter of that is spent on noticing.
const LOOK_MILLIS: u64 = 500;

pub(super) async fn keep(app: &App, worker: &Worker, pace: &dyn Pace, board: &Board<'_>) -> Infallible {
    let (id, epoch) = board.job();
    let lease_secs = i64::from(worker.lease_secs);
    loop {
        pace.pause(LOOK_MILLIS).await;
        if pace.is_leaving() {
            board.stop(Stop::Leaving);
        }
        let now = app.now();
        // Renewed when a third of it is gone, and at each look from then on until that goes through; and at once where
        // the clock has jumped back.
        let left = board.lease_until().secs_since(now);
        let is_due = left <= lease_secs - lease_secs.max(3) / 3 || left > lease_secs;
        let job = if is_due {
            app.store.renew(id, epoch, now, worker.lease_secs).await
        } else {
            let job = app.store.execution(id).await;
            job.map(|job| job.filter(|j| j.epoch == epoch && j.outcome.is_none()))
        };
        match job {
            Ok(Some(job)) => {
                if is_due {
                    board.set_lease_until(now.plus_secs(lease_secs));
                }
                look(&job, board, now);
            }
            Ok(None) => board.stop(Stop::Fenced),
            // The store is away for a moment: until the lease is over, nobody else can have the job.
            Err(error) => {
                tracing::warn!(execution = %id, %error, "the lease could not be looked at");
                board.stopping();
            }
        }
    }
}

fn look(job: &Execution, board: &Board<'_>, now: Timestamp) {
    if job.cancel_requested {
        board.stop(Stop::Cancelled);
    }
    let silent_since = board.progress(|progress| progress.silent_since());
    if now.secs_since(silent_since) >= i64::from(job.progress_deadline_secs) {
        board.stop(Stop::DeadlineExceeded);
    }
}
