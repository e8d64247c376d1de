//! Read why a release failed, or is not healthy.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::diagnostics::{Diagnostic, Finding};
use release_domain::event::DiagnosticRef;
use release_domain::ids::ReleaseId;
use release_domain::release::Release;

/// What was collected last comes first; empty where nothing was.
///
/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn diagnostics(app: &App, caller: &Caller, id: ReleaseId) -> Result<Vec<Diagnostic>, AppError> {
    app.authorize_release(caller, Permission::DiagnosticsRead, id).await?;
    Ok(app.store.diagnostics(id).await?)
}

/// Findings about a release as they are kept: collected now, at the stage it is in.
pub(crate) fn recorded(app: &App, release: &Release, findings: &[Finding]) -> Vec<Diagnostic> {
    let collected_at = app.now();
    let recorded = |finding: &Finding| Diagnostic {
        id: app.id(),
        collected_at,
        runtime_type: release.runtime_type,
        stage: release.stage.name,
        finding: finding.clone(),
    };
    findings.iter().map(recorded).collect()
}

/// How an event names it.
pub(crate) fn reference(diagnostic: &Diagnostic) -> DiagnosticRef {
    DiagnosticRef {
        id: diagnostic.id,
        code: diagnostic.finding.code,
        summary: diagnostic.finding.summary.clone(),
    }
}
