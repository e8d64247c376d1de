//! One run of one job, from the claim to its end.

use super::ending::{self, Failure};
use super::{Pace, RunMonitor, pause};
use crate::app::App;
use crate::catalogue::open_target;
use crate::error::AppError;
use crate::releases::planning;
use release_domain::decide::{self, Step};
use release_domain::event::EventData;
use release_domain::execution::{Execution, ExecutionKind};
use release_domain::lifecycle::{FailReason, StageName};
use release_domain::ports::{
    ApplyEnd, Claim, CommitError, Dossier, PlanRequest, RunRequest, Stop, TargetAccess, TargetError,
};
use release_domain::preview::{Preview, PreviewKind};

/// How long to wait before an unreachable target is tried again; the deadline bounds how often.
const RETRY_MILLIS: u64 = 1_000;

/// Runs the job to its end, or until it has to be left to somebody else.
///
/// # Errors
/// The store cannot be worked with: the job is taken over after its lease.
pub(super) async fn run(app: &App, monitor: &RunMonitor<'_>, pace: &dyn Pace, claim: Claim) -> Result<(), AppError> {
    let job = &claim.execution;
    let dossier = app.dossier(monitor.release()).await?;
    if decide::running(&dossier.release) != Some(job.id) {
        // The release has moved on without it: an older store was restored, or its end was saved just before a crash.
        return ending::abandon(app, job).await;
    }
    match monitor.record(&opening(&claim), Vec::new()).await {
        Ok(()) => {}
        Err(CommitError::Fenced) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let end = match to_the_end(app, monitor, pace, &dossier, job).await {
        Ok(end) => end,
        // The store will be back; the job waits for it.
        Err(error @ AppError::Unavailable(_)) => return Err(error),
        // Trying again would end the same way, and no release stays in between for ever.
        Err(error) => {
            tracing::error!(execution = %job.id, %error, "an execution cannot be run");
            End::Failed(Failure::internal(&error))
        }
    };
    monitor.settled().await;
    finish(app, monitor, job, &dossier, end).await
}

async fn to_the_end(
    app: &App,
    monitor: &RunMonitor<'_>,
    pace: &dyn Pace,
    dossier: &Dossier,
    job: &Execution,
) -> Result<End, AppError> {
    let preview =
        shown(dossier, job).ok_or_else(|| AppError::Internal("an execution without the preview it runs".into()))?;
    match ready(app, monitor, pace, dossier, job, &preview).await? {
        Ready::Go(work) => attempt(app, monitor, pace, job, &work).await,
        Ready::End(end) => Ok(end),
    }
}

/// How a run came out.
pub(super) enum End {
    Succeeded,
    Failed(Failure),
    /// Somebody else goes on: nothing is said.
    Left,
}

/// What a run needs of its target.
struct Work {
    target: TargetAccess,
    request: RunRequest,
}

enum Ready {
    Go(Box<Work>),
    End(End),
}

fn opening(claim: &Claim) -> Vec<Step> {
    let id = claim.execution.id;
    let first = match (claim.resumed, claim.execution.kind) {
        (true, _) => EventData::ExecutionResumed {
            execution_id: id,
            epoch: claim.execution.epoch,
        },
        (false, ExecutionKind::Apply) => EventData::ApplyStarted { execution_id: id },
        (false, ExecutionKind::Rollback) => EventData::RollbackStarted { execution_id: id },
    };
    let mut steps = vec![Step::Told(first)];
    if !claim.execution.wrote {
        steps.push(Step::Stage(StageName::Validating));
    }
    steps
}

fn shown(dossier: &Dossier, job: &Execution) -> Option<Preview> {
    let kind = match job.kind {
        ExecutionKind::Apply => PreviewKind::Apply,
        ExecutionKind::Rollback => PreviewKind::Rollback,
    };
    dossier
        .release
        .preview(kind)
        .filter(|p| p.id == job.preview_id)
        .cloned()
}

/// The last look before the first write: the preview still holds, the target is as it was shown. A run that has
/// written before goes on without it, since it is itself what has changed the target.
async fn ready(
    app: &App,
    monitor: &RunMonitor<'_>,
    pace: &dyn Pace,
    dossier: &Dossier,
    job: &Execution,
    preview: &Preview,
) -> Result<Ready, AppError> {
    if !job.wrote && preview.expires_at <= app.now() {
        return Ok(Ready::End(End::Failed(Failure::refused(FailReason::PreviewExpired))));
    }
    loop {
        match look(app, dossier, job, preview).await {
            Ok(Some(work)) => return Ok(Ready::Go(Box::new(work))),
            Ok(None) => return Ok(Ready::End(End::Failed(Failure::refused(FailReason::LiveStateDrifted)))),
            Err(AppError::Target(error)) => {
                if let Some(end) = wait_or_end(monitor, pace, error).await {
                    return Ok(Ready::End(end));
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// `None`: the target is another than the one that was shown.
async fn look(app: &App, dossier: &Dossier, job: &Execution, preview: &Preview) -> Result<Option<Work>, AppError> {
    if !job.wrote && planning::again(app, dossier, preview).await?.plan_hash != preview.plan_hash {
        return Ok(None);
    }
    let plan: PlanRequest = planning::stored_request(app, dossier, preview).await?;
    let target = open_target(app, &dossier.target).await?;
    let request = RunRequest {
        plan,
        correlation_id: dossier.release.correlation_id,
        epoch: job.epoch,
    };
    Ok(Some(Work { target, request }))
}

/// Applies until it ends; a target that cannot be reached is tried again until the deadline.
async fn attempt(
    app: &App,
    monitor: &RunMonitor<'_>,
    pace: &dyn Pace,
    job: &Execution,
    work: &Work,
) -> Result<End, AppError> {
    let runtime = app.runtime(job.runtime_type)?;
    loop {
        let end = match runtime.apply(&work.target, &work.request, monitor).await {
            Ok(ApplyEnd::Succeeded) => End::Succeeded,
            Ok(ApplyEnd::Failed(findings)) => End::Failed(Failure::found(findings)),
            Ok(ApplyEnd::Stopped(stop)) => stopped(app, job, work, stop).await?,
            Err(error) => match wait_or_end(monitor, pace, error).await {
                Some(end) => end,
                None => continue,
            },
        };
        return Ok(end);
    }
}

/// Waits before the next try; or the end, when the run must stop or trying again is of no use.
async fn wait_or_end(monitor: &RunMonitor<'_>, pace: &dyn Pace, error: TargetError) -> Option<End> {
    if error == TargetError::Fenced {
        return Some(End::Left);
    }
    if !error.retryable() {
        return Some(End::Failed(Failure::of_target(&error)));
    }
    match pause(pace, monitor, RETRY_MILLIS).await {
        None => None,
        Some(Stop::DeadlineExceeded) => Some(End::Failed(Failure::of_target(&error))),
        Some(Stop::Cancelled) => Some(End::Failed(Failure::cancelled())),
        Some(Stop::Fenced | Stop::Leaving) => Some(End::Left),
    }
}

async fn stopped(app: &App, job: &Execution, work: &Work, stop: Stop) -> Result<End, AppError> {
    Ok(match stop {
        Stop::Cancelled => End::Failed(Failure::cancelled()),
        Stop::DeadlineExceeded => {
            let runtime = app.runtime(job.runtime_type)?;
            let findings = match &work.request.plan.desired {
                // What cannot be diagnosed any more has still run out of time.
                Some(desired) => runtime.diagnose(&work.target, desired).await.unwrap_or_default(),
                None => Vec::new(),
            };
            End::Failed(Failure::deadline(findings, job.progress_deadline_secs))
        }
        Stop::Fenced | Stop::Leaving => End::Left,
    })
}

async fn finish(
    app: &App,
    monitor: &RunMonitor<'_>,
    job: &Execution,
    dossier: &Dossier,
    end: End,
) -> Result<(), AppError> {
    match end {
        End::Left => Ok(()),
        End::Succeeded => ending::succeeded(app, monitor, job).await,
        End::Failed(failure) => ending::failed(app, monitor, job, dossier, failure).await,
    }
}
