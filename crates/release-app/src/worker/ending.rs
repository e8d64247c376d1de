//! How a job ends: the release's state, what it was told by, its diagnostics, and the automatic rollback that may
//! follow, all in one transaction.

use super::RunMonitor;
use crate::app::App;
use crate::error::AppError;
use crate::facts::Standing;
use crate::releases::planning;
use crate::releases::preview::Issued;
use crate::saving::commit_of;
use release_domain::actor::Origin;
use release_domain::decide::{self, Command, Decision, Facts, Presented};
use release_domain::diagnostics::{
    DiagnosedResource, Diagnostic, DiagnosticCode, DiagnosticSeverity, Evidence, Finding,
};
use release_domain::event::{DiagnosticRef, EventData, EventDraft};
use release_domain::execution::{Execution, ExecutionOutcome, ObjectState};
use release_domain::lifecycle::FailReason;
use release_domain::ports::{Commit, CommitError, Dossier, Guard, TargetError, Write};
use release_domain::preview::{PreviewKind, RollbackTo};

/// How often an end is written anew when the release changed in between.
const MAX_ATTEMPTS: u32 = 64;

/// Why a job failed: the reason that shows, and what a person should read.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    reason: FailReason,
    findings: Vec<Finding>,
}

impl Failure {
    /// Refused before anything was written.
    pub(super) fn refused(reason: FailReason) -> Self {
        Self {
            reason,
            findings: Vec::new(),
        }
    }

    /// The cause comes first and names the failure.
    pub(super) fn found(findings: Vec<Finding>) -> Self {
        let code = findings.first().map_or(DiagnosticCode::Unknown, |f| f.code);
        Self {
            reason: FailReason::Diagnosed(code),
            findings,
        }
    }

    pub(super) fn of_target(error: &TargetError) -> Self {
        let hint = match error {
            TargetError::Unreachable(_) => "look whether the target runs and can be reached from this server",
            TargetError::AuthFailed(_) => "renew the target's credentials",
            TargetError::TooOld(_) => "upgrade the target",
            TargetError::Fenced | TargetError::Refused(_) => "the message is the target's own",
        };
        Self::found(vec![finding(error.diagnostic_code(), error.to_string(), hint)])
    }

    /// Something is wrong with this server; the log has the cause, the release its end.
    pub(super) fn internal(error: &AppError) -> Self {
        Self::found(vec![finding(
            DiagnosticCode::Unknown,
            error.to_string(),
            "the server's log tells the cause; mend it and release again",
        )])
    }

    pub(super) fn cancelled() -> Self {
        let told = finding(
            DiagnosticCode::Cancelled,
            "the apply was cancelled while it ran".into(),
            "",
        );
        Self {
            reason: FailReason::CancelledByUser,
            findings: vec![told],
        }
    }

    /// What the target shows comes first; that time ran out is told last.
    pub(super) fn deadline(mut findings: Vec<Finding>, secs: u32) -> Self {
        findings.push(finding(
            DiagnosticCode::ProgressDeadlineExceeded,
            format!("nothing moved for {secs} s"),
            "look at the objects that are not healthy, or give the policy a longer progress_deadline_secs",
        ));
        Self::found(findings)
    }
}

/// Ends a job whose release no longer runs it.
pub(super) async fn abandon(app: &App, job: &Execution) -> Result<(), AppError> {
    let commit = Commit {
        guards: vec![Guard::Fence {
            execution: job.id,
            epoch: job.epoch,
        }],
        writes: vec![Write::EndExecution {
            id: job.id,
            outcome: ExecutionOutcome::Failed,
            at: app.now(),
        }],
        ..Commit::default()
    };
    match app.store.commit(commit).await {
        Ok(_) | Err(CommitError::Fenced) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn succeeded(app: &App, monitor: &RunMonitor<'_>, job: &Execution) -> Result<(), AppError> {
    let command = Command::ExecutionSucceeded { execution: job.id };
    end(
        app,
        monitor,
        job,
        ExecutionOutcome::Succeeded,
        command,
        Vec::new(),
        Vec::new(),
    )
    .await
}

pub(super) async fn failed(
    app: &App,
    monitor: &RunMonitor<'_>,
    job: &Execution,
    before: &Dossier,
    failure: Failure,
) -> Result<(), AppError> {
    let now = app.now();
    let diagnostics: Vec<Diagnostic> = failure
        .findings
        .into_iter()
        .map(|finding| Diagnostic {
            id: app.id(),
            collected_at: now,
            runtime_type: job.runtime_type,
            stage: before.release.stage.name,
            finding,
        })
        .collect();
    let refs: Vec<DiagnosticRef> = diagnostics
        .iter()
        .map(|d| DiagnosticRef {
            id: d.id,
            code: d.finding.code,
            summary: d.finding.summary.clone(),
        })
        .collect();
    let rollback = automatic_rollback(app, job).await?;
    let command = Command::ExecutionFailed {
        execution: job.id,
        reason: failure.reason,
        diagnostics: refs.clone(),
        auto_rollback: rollback.as_ref().map(|issued| Box::new(issued.preview.clone())),
    };
    let mut writes = Vec::new();
    if !diagnostics.is_empty() {
        writes.push(Write::Diagnostics {
            release: job.release_id,
            execution: Some(job.id),
            items: diagnostics,
        });
    }
    writes.extend(rollback.map(|issued| Write::PreviewBody(Box::new(issued.body))));
    end(app, monitor, job, ExecutionOutcome::Failed, command, refs, writes).await
}

/// The automatic rollback's own preview, where policy asks for one and there is something to return to. One that
/// cannot be planned is not run: the release stays `failed`, with its diagnostics.
async fn automatic_rollback(app: &App, job: &Execution) -> Result<Option<Issued>, AppError> {
    let wrote = app.store.execution(job.id).await?.is_some_and(|j| j.wrote);
    let dossier = app.dossier(job.release_id).await?;
    if !decide::wants_auto_rollback(&dossier.release, &dossier.environment.policy, wrote) {
        return Ok(None);
    }
    let Some(to) = dossier.release.returns_to.map(RollbackTo::Release) else {
        return Ok(None);
    };
    match planning::rollback(app, &dossier, to).await {
        Ok(planned) => {
            let facts = system_facts(app, &dossier);
            Issued::of(app, &dossier, &facts, PreviewKind::Rollback, Some(to), planned).map(Some)
        }
        Err(error) => {
            tracing::warn!(release = %job.release_id, %error, "the automatic rollback could not be planned");
            Ok(None)
        }
    }
}

async fn end(
    app: &App,
    monitor: &RunMonitor<'_>,
    job: &Execution,
    outcome: ExecutionOutcome,
    command: Command,
    diagnostics: Vec<DiagnosticRef>,
    writes: Vec<Write>,
) -> Result<(), AppError> {
    let (steps, rows) = monitor.take();
    for _ in 0..MAX_ATTEMPTS {
        let dossier = app.dossier(job.release_id).await?;
        let facts = system_facts(app, &dossier);
        // What was told last and not yet written goes into the same transaction, before the end.
        let Some(told) = decide::advance(&dossier.release, job.id, &steps, &facts.origin, facts.now) else {
            return abandon(app, job).await;
        };
        let advanced = release_domain::release::Release {
            version: dossier.release.version,
            ..told.release
        };
        let decision = match decide::decide(&advanced, command.clone(), &facts) {
            Ok(decision) => decision,
            Err(refusal) => {
                tracing::error!(execution = %job.id, %refusal, "an end was refused");
                return abandon(app, job).await;
            }
        };
        let decision = with_earlier(decision, told.events, &diagnostics, job, &facts);
        let commit = closing(app, job, outcome, decision, &rows, &writes);
        match app.store.commit(commit).await {
            Ok(_) | Err(CommitError::Fenced) => return Ok(()),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppError::Unavailable("too many changes at once".into()))
}

/// Puts the last steps and `diagnostics.recorded` before the events of the end, each telling of the release as it then
/// stands.
fn with_earlier(
    mut decision: Decision,
    earlier: Vec<EventDraft>,
    diagnostics: &[DiagnosticRef],
    job: &Execution,
    facts: &Facts,
) -> Decision {
    let after = &decision.release;
    let retold = |data| EventDraft::of_release(after, &facts.origin, facts.now, data);
    let mut events: Vec<EventDraft> = earlier.into_iter().map(|e| retold(e.data)).collect();
    if !diagnostics.is_empty() {
        events.push(retold(EventData::DiagnosticsRecorded {
            execution_id: Some(job.id),
            diagnostics: diagnostics.to_vec(),
        }));
    }
    events.append(&mut decision.events);
    decision.events = events;
    decision
}

fn closing(
    app: &App,
    job: &Execution,
    outcome: ExecutionOutcome,
    decision: Decision,
    rows: &[ObjectState],
    writes: &[Write],
) -> Commit {
    // The job ends before a rollback of the same service on the same target may be queued.
    let mut all = vec![Write::EndExecution {
        id: job.id,
        outcome,
        at: app.now(),
    }];
    if !rows.is_empty() {
        all.push(Write::ObjectStates {
            execution: job.id,
            states: rows.to_vec(),
        });
    }
    all.extend(writes.iter().cloned());
    let mut commit = commit_of(decision, Vec::new(), all, None);
    // What ran ends as it ended, whatever policy says meanwhile: only the fence guards it.
    commit.guards = vec![Guard::Fence {
        execution: job.id,
        epoch: job.epoch,
    }];
    commit
}

fn system_facts(app: &App, dossier: &Dossier) -> Facts {
    app.facts(dossier, Origin::system(), &Standing::default(), Presented::Newest)
}

fn finding(code: DiagnosticCode, summary: String, hint: &str) -> Finding {
    Finding {
        severity: DiagnosticSeverity::Error,
        code,
        resource: DiagnosedResource {
            kind: "target".into(),
            namespace: None,
            name: "target".into(),
            container: None,
        },
        detail: summary.clone(),
        summary,
        hint: hint.to_owned(),
        evidence: Evidence::default(),
    }
}
