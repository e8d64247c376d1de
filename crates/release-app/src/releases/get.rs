//! Read one release.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;

/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn get(app: &App, caller: &Caller, id: ReleaseId) -> Result<ReleaseView, AppError> {
    let dossier = app.authorize_dossier(caller, Permission::ReleaseRead, id).await?;
    let dossier = app.settle(dossier.into_inner()).await?;
    app.view(caller, &dossier).await
}
