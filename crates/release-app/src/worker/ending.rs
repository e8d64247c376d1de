//! How a job ends: the release's state, what it was told by, its diagnostics, and the automatic rollback that may
//! follow, all in one transaction.

use super::board::Board;
use super::failure::Failure;
use super::progress::Batch;
use super::{Outcome, Pace, is_passing, race, wait};
use crate::app::App;
use crate::error::AppError;
use crate::facts::Standing;
use crate::releases::diagnostics::{recorded, reference};
use crate::releases::planning;
use crate::releases::preview::Issued;
use crate::saving::commit_of;
use release_domain::actor::Origin;
use release_domain::decide::{self, Command, Decision, Facts, Presented};
use release_domain::diagnostics::Diagnostic;
use release_domain::event::{DiagnosticRef, EventData, EventDraft};
use release_domain::execution::{Execution, ExecutionOutcome};
use release_domain::lifecycle::Lifecycle;
use release_domain::ports::{Commit, CommitError, Dossier, Purpose, Write};
use release_domain::preview::{PreviewKind, RollbackTo};
use release_domain::release::Release;

/// How often an end is written anew when the release changed in between.
const MAX_ATTEMPTS: u32 = 64;
/// How long the plan of an automatic rollback may take; a target that is that slow is not rolled back by itself.
const PLAN_MILLIS: u64 = 60_000;

/// Ends a job whose release no longer runs it.
pub(super) async fn abandon(app: &App, board: &Board<'_>) -> Result<Outcome, AppError> {
    let commit = Commit {
        guards: vec![board.fence()],
        writes: vec![Write::EndExecution {
            id: board.job().0,
            outcome: ExecutionOutcome::Failed,
            at: app.now(),
        }],
        ..Commit::default()
    };
    match app.store.commit(commit).await {
        Ok(_) => Ok(Outcome::Ended),
        Err(CommitError::Fenced) => Ok(Outcome::Left),
        Err(error) => Err(error.into()),
    }
}

/// Ends the job; without a failure, well.
pub(super) async fn end(
    app: &App,
    board: &Board<'_>,
    pace: &dyn Pace,
    job: &Execution,
    mut failure: Option<Failure>,
) -> Result<Outcome, AppError> {
    let ended_well = failure.is_none();
    let mut batch = None;
    let mut rollback = None;
    for _ in 0..MAX_ATTEMPTS {
        let dossier = app.dossier(job.release_id).await?;
        if failure.is_none() && is_cancelled(&dossier.release) {
            // It was healthy before the stop reached it; the cancel was accepted, so it ends as if it had failed.
            failure = Some(Failure::cancelled());
        }
        if batch.is_none() {
            if ended_well {
                board.progress(|progress| progress.complete(app.now()));
            }
            batch = Some(board.unheard().await?);
        }
        if failure.is_some() && rollback.is_none() {
            rollback = Some(automatic_rollback(app, board, pace, &dossier).await?);
        }
        let closing = Closing {
            app,
            board,
            job,
            batch: batch.clone().unwrap_or_default(),
            failure: failure.as_ref(),
            rollback: rollback.as_ref().and_then(Option::as_ref),
        };
        let Some(commit) = closing.commit(&dossier) else {
            return abandon(app, board).await;
        };
        match app.store.commit(commit).await {
            Ok(_) => return Ok(Outcome::Ended),
            Err(CommitError::Fenced) => return Ok(Outcome::Left),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppError::Unavailable("too many changes at once".into()))
}

/// The automatic rollback's own preview, where policy asks for one and there is something to return to. One that
/// cannot be planned, or whose plan has a failed check, is not run: the release stays `failed`, with its diagnostics.
async fn automatic_rollback(
    app: &App,
    board: &Board<'_>,
    pace: &dyn Pace,
    dossier: &Dossier,
) -> Result<Option<Issued>, AppError> {
    let release = &dossier.release;
    if !decide::wants_auto_rollback(release, &dossier.environment.policy, board.has_written()) {
        return Ok(None);
    }
    let Some(to) = release.returns_to.map(RollbackTo::Release) else {
        return Ok(None);
    };
    let planned = race::first(planning::rollback(app, dossier, to, Purpose::Recheck), async {
        wait(app, pace, PLAN_MILLIS).await;
        Err(AppError::Internal("the plan took too long".into()))
    });
    let issued = match planned.await {
        Ok(planned) => {
            let facts = system_facts(app, dossier);
            Issued::of(app, dossier, &facts, PreviewKind::Rollback, Some(to), planned)
        }
        // The store will be back; a rollback that was asked for is not left out for that.
        Err(error) if is_passing(&error) => return Err(error),
        Err(error) => Err(error),
    };
    match issued {
        Ok(issued) if !issued.preview.checks_failed => Ok(Some(issued)),
        Ok(_) => {
            tracing::warn!(release = %release.id, "the automatic rollback's plan has a failed check");
            Ok(None)
        }
        Err(error) => {
            tracing::warn!(release = %release.id, %error, "the automatic rollback could not be planned");
            Ok(None)
        }
    }
}

/// Everything that is written at the end.
struct Closing<'a> {
    app: &'a App,
    board: &'a Board<'a>,
    job: &'a Execution,
    batch: Batch,
    failure: Option<&'a Failure>,
    rollback: Option<&'a Issued>,
}

impl Closing<'_> {
    /// `None` when the release no longer runs the job.
    fn commit(self, dossier: &Dossier) -> Option<Commit> {
        let facts = system_facts(self.app, dossier);
        // What was told last and not yet written goes into the same transaction, before the end.
        let told = decide::advance(
            &dossier.release,
            self.job.id,
            &self.batch.steps,
            &facts.origin,
            facts.now,
        )?;
        let diagnostics = self.diagnostics(&told.release);
        let refs: Vec<_> = diagnostics.iter().map(reference).collect();
        let advanced = Release {
            version: dossier.release.version,
            ..told.release.clone()
        };
        let mut decision = match decide::decide(&advanced, self.command(&refs), &facts) {
            Ok(decision) => decision,
            Err(refusal) => {
                tracing::error!(execution = %self.job.id, %refusal, "an end was refused");
                return None;
            }
        };
        let mut events = told.events;
        if !refs.is_empty() {
            let recorded = EventData::DiagnosticsRecorded {
                execution_id: Some(self.job.id),
                diagnostics: refs,
            };
            events.push(EventDraft::of_release(
                &told.release,
                &facts.origin,
                facts.now,
                recorded,
            ));
        }
        events.append(&mut decision.events);
        decision.events = events;
        let writes = self.writes(&decision, diagnostics, &facts);
        // What ran ends as it ended, whatever policy says meanwhile: only the fence guards it.
        Some(commit_of(decision, vec![self.board.fence()], writes, None))
    }

    fn command(&self, diagnostics: &[DiagnosticRef]) -> Command {
        match self.failure {
            None => Command::ExecutionSucceeded { execution: self.job.id },
            Some(failure) => Command::ExecutionFailed {
                execution: self.job.id,
                reason: failure.reason,
                diagnostics: diagnostics.to_vec(),
                auto_rollback: self.rollback.map(|issued| Box::new(issued.preview.clone())),
            },
        }
    }

    /// The findings, recorded at the stage it failed in.
    fn diagnostics(&self, release: &Release) -> Vec<Diagnostic> {
        let findings = self.failure.map(|failure| failure.findings.as_slice());
        recorded(self.app, release, findings.unwrap_or_default())
    }

    fn writes(&self, decision: &Decision, diagnostics: Vec<Diagnostic>, facts: &Facts) -> Vec<Write> {
        let ended = decision.release.executions.iter().find(|e| e.id == self.job.id);
        // The job ends before a rollback of the same service on the same target may be queued.
        let mut writes = vec![Write::EndExecution {
            id: self.job.id,
            outcome: ended.and_then(|e| e.outcome).unwrap_or(ExecutionOutcome::Failed),
            at: facts.now,
        }];
        if !self.batch.rows.is_empty() {
            writes.push(Write::ObjectStates {
                execution: self.job.id,
                states: self.batch.rows.clone(),
            });
        }
        if !diagnostics.is_empty() {
            writes.push(Write::Diagnostics {
                release: self.job.release_id,
                execution: Some(self.job.id),
                items: diagnostics,
            });
        }
        // Only what is run is kept.
        let previewed = decision.release.rollback_preview.as_ref().map(|p| p.id);
        let kept = self.rollback.filter(|issued| previewed == Some(issued.preview.id));
        writes.extend(kept.map(|issued| Write::PreviewBody(Box::new(issued.body.clone()))));
        writes
    }
}

/// Whether somebody asked the running apply to stop.
fn is_cancelled(release: &Release) -> bool {
    matches!(
        release.lifecycle,
        Lifecycle::Applying {
            cancel_requested: true,
            ..
        }
    )
}

fn system_facts(app: &App, dossier: &Dossier) -> Facts {
    app.facts(dossier, Origin::system(), &Standing::default(), Presented::Newest)
}
