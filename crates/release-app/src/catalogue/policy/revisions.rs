//! How an environment's policy came to be what it is.

use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::environments::find;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::catalogue::PolicyRevision;
use release_domain::ids::EnvironmentId;
use release_domain::ports::{Found, Page};

/// Newest first.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn revisions(
    app: &App,
    caller: &Caller,
    id: EnvironmentId,
    page: Page<u32>,
) -> Result<Found<PolicyRevision, u32>, AppError> {
    find(app, caller, Permission::CatalogueRead, id).await?;
    Ok(app.store.policy_revisions(id, page).await?)
}
