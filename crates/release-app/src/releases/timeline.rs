//! Read a release's timeline, oldest first.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use release_domain::ports::{Found, Page};
use serde_json::Value;

/// Events exactly as they were sealed.
///
/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn timeline(
    app: &App,
    caller: &Caller,
    id: ReleaseId,
    page: Page<u64>,
) -> Result<Found<Value, u64>, AppError> {
    app.authorize_release(caller, Permission::TimelineRead, id).await?;
    Ok(app.store.timeline(id, page).await?)
}
