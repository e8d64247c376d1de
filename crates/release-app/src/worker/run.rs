//! One run of one job, from its beginning to its end.

use super::attempt::{self, Attempt};
use super::board::Board;
use super::failure::Failure;
use super::opening::{self, Opening};
use super::{Outcome, Pace, ending, is_passing, race};
use crate::app::App;
use crate::error::AppError;
use release_domain::decide;
use release_domain::execution::{Execution, ExecutionKind};
use release_domain::plan::Plan;
use release_domain::ports::{Dossier, PreviewBody};
use release_domain::preview::{Preview, PreviewKind};

/// How a run came out.
pub(super) enum End {
    Succeeded,
    Failed(Failure),
    /// Somebody else goes on: nothing is said.
    Left,
}

/// Runs the job to its end, or until it has to be left to somebody else.
///
/// # Errors
/// The store cannot be worked with: the job is run again, by whoever holds it then.
pub(super) async fn run(app: &App, board: &Board<'_>, pace: &dyn Pace, job: Execution) -> Result<Outcome, AppError> {
    let dossier = app.dossier(job.release_id).await?;
    if decide::running(&dossier.release) != Some(job.id) {
        // The release has moved on without it: an older store was restored.
        return ending::abandon(app, board).await;
    }
    if job.cancel_requested {
        // Nothing more is written, not even until the first look at the lease.
        board.stop(release_domain::ports::Stop::Cancelled);
    }
    let shown = shown(app, &dossier, &job).await?;
    let nothing = Plan::default();
    let plan = shown.as_ref().map_or(&nothing, |(_, body)| &body.plan);
    let end = match opening::open(app, board, &job, &dossier.release, plan).await? {
        Opening::Fenced => End::Left,
        Opening::GivenUp(takeovers) => End::Failed(Failure::given_up(takeovers)),
        Opening::Begun => match shown {
            Some((preview, _)) => {
                let attempt = Attempt {
                    app,
                    board,
                    pace,
                    dossier: &dossier,
                    job: &job,
                    preview: &preview,
                };
                Box::pin(to_the_end(&attempt)).await?
            }
            None => internal(
                &job,
                &AppError::Internal("an execution without the preview it runs".into()),
            ),
        },
    };
    let failure = match end {
        End::Left => return Ok(Outcome::Left),
        End::Succeeded => None,
        End::Failed(failure) => Some(failure),
    };
    board.settled().await;
    Box::pin(ending::end(app, board, pace, &job, failure)).await
}

/// What was previewed, and is now run.
async fn shown(app: &App, dossier: &Dossier, job: &Execution) -> Result<Option<(Preview, PreviewBody)>, AppError> {
    let kind = match job.kind {
        ExecutionKind::Apply => PreviewKind::Apply,
        ExecutionKind::Rollback => PreviewKind::Rollback,
    };
    let preview = dossier.release.preview(kind).filter(|p| p.id == job.preview_id);
    let Some(preview) = preview else { return Ok(None) };
    let body = app.store.preview_body(preview.id).await?;
    Ok(body.map(|body| (preview.clone(), body)))
}

async fn to_the_end(attempt: &Attempt<'_>) -> Result<End, AppError> {
    let panicked = || AppError::Internal("a runtime panicked".into());
    match race::caught(attempt::run(attempt)).await.ok_or_else(panicked).flatten() {
        Ok(end) => Ok(end),
        // The store will be back; the job waits for it.
        Err(error) if is_passing(&error) => Err(error),
        // Trying again would end the same way, and no release stays in between for ever.
        Err(error) => Ok(internal(attempt.job, &error)),
    }
}

fn internal(job: &Execution, error: &AppError) -> End {
    tracing::error!(execution = %job.id, %error, "an execution cannot be run");
    End::Failed(Failure::internal(error))
}
