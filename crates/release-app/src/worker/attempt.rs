//! Look, then apply; both again while the target is away, until the deadline.

use super::board::Board;
use super::failure::Failure;
use super::monitor::{Refused, Watch};
use super::run::End;
use super::{Pace, RETRY_MILLIS, race, wait};
use crate::app::App;
use crate::catalogue::open_target;
use crate::error::AppError;
use crate::releases::planning;
use release_domain::execution::Execution;
use release_domain::lifecycle::FailReason;
use release_domain::ports::{ApplyEnd, Desired, Dossier, PlanRequest, RunRequest, Stop, TargetAccess, TargetError};
use release_domain::preview::Preview;

/// How long a runtime that was told to stop is waited for; then it is cut off, as by a crash.
const STOP_MILLIS: u64 = 5_000;
/// The same where somebody else is to go on: it is to stop at once then.
const LEAVE_MILLIS: u64 = 1_000;

/// One run's surroundings.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub app: &'a App,
    pub board: &'a Board<'a>,
    pub pace: &'a dyn Pace,
    pub dossier: &'a Dossier,
    pub job: &'a Execution,
    pub preview: &'a Preview,
}

/// What a run needs of its target.
struct Work {
    target: TargetAccess,
    request: RunRequest,
}

enum Looked {
    /// The target is as it was shown.
    Go(Box<Work>),
    /// The preview is over, or the target is another than the one that was shown.
    Refused(FailReason),
}

/// Applies until it ends; a target that cannot be reached is tried again until the deadline.
pub(super) async fn run(attempt: &Attempt<'_>) -> Result<End, AppError> {
    loop {
        let error = match once(attempt).await {
            Ok(end) => return Ok(end),
            Err(AppError::Target(error)) if error.retryable() => error,
            Err(AppError::Target(error)) => return Ok(End::Failed(Failure::of_target(&error))),
            Err(error) => return Err(error),
        };
        let stop = race::first(async { Some(attempt.board.stopped().await) }, async {
            attempt.pace.pause(RETRY_MILLIS).await;
            None
        });
        match stop.await {
            None => {}
            Some(Stop::DeadlineExceeded) => return Ok(End::Failed(Failure::of_target(&error))),
            Some(Stop::Cancelled) => return Ok(End::Failed(Failure::cancelled())),
            Some(Stop::Fenced | Stop::Leaving) => return Ok(End::Left),
        }
    }
}

async fn once(attempt: &Attempt<'_>) -> Result<End, AppError> {
    if let Some(stop) = attempt.board.stopping() {
        return Ok(stopped(attempt, None, stop).await);
    }
    let work = match in_time(attempt, look(attempt)).await {
        Ok(looked) => match looked? {
            Looked::Go(work) => work,
            Looked::Refused(reason) => return Ok(End::Failed(Failure::refused(reason))),
        },
        Err(stop) => return Ok(stopped(attempt, None, stop).await),
    };
    let runtime = attempt.app.runtime(attempt.job.runtime_type)?;
    let watch = Watch::new(attempt);
    let ran = in_time(attempt, runtime.apply(&work.target, &work.request, &watch)).await;
    let stop = match ran {
        Ok(Ok(ApplyEnd::Succeeded)) => return Ok(End::Succeeded),
        Ok(Ok(ApplyEnd::Failed(findings))) => return Ok(End::Failed(Failure::found(findings))),
        Ok(Ok(ApplyEnd::Stopped(stop))) | Err(stop) => stop,
        Ok(Err(error)) => return Err(AppError::Target(error)),
    };
    match watch.refused() {
        Some(Refused::Because(reason)) => Ok(End::Failed(Failure::refused(reason))),
        Some(Refused::Unable(error)) => Err(error),
        None => Ok(stopped(attempt, Some(&work), stop).await),
    }
}

/// The last look before the first write: the preview still holds, the target is as it was shown. A run that has
/// written before goes on without it, since it is itself what has changed the target.
async fn look(attempt: &Attempt<'_>) -> Result<Looked, AppError> {
    let Attempt {
        app,
        dossier,
        job,
        preview,
        ..
    } = *attempt;
    if !attempt.board.has_written()
        && let Some(reason) = refusal(attempt).await?
    {
        return Ok(Looked::Refused(reason));
    }
    let plan: PlanRequest = planning::stored_request(app, dossier, preview).await?;
    let target = open_target(app, &dossier.target).await?;
    let request = RunRequest {
        plan,
        correlation_id: dossier.release.correlation_id,
        epoch: job.epoch,
    };
    Ok(Looked::Go(Box::new(Work { target, request })))
}

/// Why nothing may be written: the preview is over, or the target has drifted from it.
pub(super) async fn refusal(attempt: &Attempt<'_>) -> Result<Option<FailReason>, AppError> {
    let preview = attempt.preview;
    if preview.expires_at <= attempt.app.now() {
        return Ok(Some(FailReason::PreviewExpired));
    }
    let planned = planning::again(attempt.app, attempt.dossier, preview).await?;
    Ok((planned.plan_hash != preview.plan_hash).then_some(FailReason::LiveStateDrifted))
}

/// What a call to the target comes to, or why it was cut off: it was told to stop and went on.
async fn in_time<T>(attempt: &Attempt<'_>, call: impl Future<Output = T>) -> Result<T, Stop> {
    race::first(async { Ok(call.await) }, async {
        let stop = attempt.board.stopped().await;
        let millis = match stop {
            Stop::Cancelled | Stop::DeadlineExceeded => STOP_MILLIS,
            Stop::Fenced | Stop::Leaving => LEAVE_MILLIS,
        };
        wait(attempt.app, attempt.pace, millis).await;
        Err(stop)
    })
    .await
}

async fn stopped(attempt: &Attempt<'_>, work: Option<&Work>, stop: Stop) -> End {
    match stop {
        Stop::Cancelled => End::Failed(Failure::cancelled()),
        Stop::DeadlineExceeded => {
            let desired = work.and_then(|work| Some((work, work.request.plan.desired.as_ref()?)));
            let findings = match desired {
                Some((work, desired)) => diagnosed(attempt, work, desired).await.unwrap_or_default(),
                None => Vec::new(),
            };
            End::Failed(Failure::deadline(findings, attempt.job.progress_deadline_secs))
        }
        Stop::Fenced | Stop::Leaving => End::Left,
    }
}

/// What cannot be diagnosed any more has still run out of time.
async fn diagnosed(
    attempt: &Attempt<'_>,
    work: &Work,
    desired: &Desired,
) -> Result<Vec<release_domain::diagnostics::Finding>, TargetError> {
    let Ok(runtime) = attempt.app.runtime(attempt.job.runtime_type) else {
        return Ok(Vec::new());
    };
    race::first(runtime.diagnose(&work.target, desired), async {
        wait(attempt.app, attempt.pace, STOP_MILLIS).await;
        Ok(Vec::new())
    })
    .await
}
