//! Show what a service was.

use super::{find_to_read, shown};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::catalogue::ServiceRevision;
use release_domain::ids::ServiceId;
use release_domain::ports::{Found, Page};

/// Newest first; masked for readers without `service:write`.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn revisions(
    app: &App,
    caller: &Caller,
    id: ServiceId,
    page: Page<u32>,
) -> Result<Found<ServiceRevision, u32>, AppError> {
    let service = find_to_read(app, caller, id).await?;
    let found = app.store.service_revisions(id, page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for revision in found.items {
        items.push(shown(app, caller, service.project_id, revision).await?);
    }
    Ok(Found {
        items,
        next: found.next,
        event_seq: found.event_seq,
    })
}

/// # Errors
/// `NotFound` (also where the service has no such revision), `Forbidden`.
pub async fn revision(app: &App, caller: &Caller, id: ServiceId, number: u32) -> Result<ServiceRevision, AppError> {
    let service = find_to_read(app, caller, id).await?;
    let found = app.store.service_revision(id, number).await?;
    shown(app, caller, service.project_id, found.ok_or(AppError::NotFound)?).await
}
