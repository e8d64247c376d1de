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
    app.authorize_release(caller, Permission::ReleaseRead, id).await?;
    app.view_of(caller, id).await
}
