//! `GET /audit/events`.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::ports::{AuditFilter, Found, Page};
use serde_json::Value;

/// Newest first; events of what the caller has `audit:read` on.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn events(
    app: &App,
    caller: &Caller,
    filter: &AuditFilter,
    page: Page<u64>,
) -> Result<Found<Value, u64>, AppError> {
    let _ = (app, caller, filter, page);
    todo!()
}
