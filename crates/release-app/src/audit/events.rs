//! `GET /audit/events`.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ports::{AuditFilter, Found, Page};
use serde_json::Value;

/// Newest first; events of what the caller has `audit:read` on, maybe none.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn events(
    app: &App,
    caller: &Caller,
    filter: &AuditFilter,
    page: Page<u64>,
) -> Result<Found<Value, u64>, AppError> {
    let visible = app.visible(caller, Permission::AuditRead).await?;
    Ok(app.store.audit(filter, &visible, page).await?)
}
