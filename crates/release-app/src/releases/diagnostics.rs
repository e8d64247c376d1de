//! Read why a release failed.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::diagnostics::Diagnostic;
use release_domain::ids::ReleaseId;

/// Newest execution first; empty where nothing was collected.
///
/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn diagnostics(app: &App, caller: &Caller, id: ReleaseId) -> Result<Vec<Diagnostic>, AppError> {
    app.authorize_release(caller, Permission::DiagnosticsRead, id).await?;
    Ok(app.store.diagnostics(id).await?)
}
