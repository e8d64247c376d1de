//! Show services.

use super::{ServiceView, find_to_read, newest, view};
use crate::access::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::references::References;
use crate::catalogue::{CatalogueKey, CatalogueQuery};
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::ServiceId;
use release_domain::ports::Found;

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<ServiceView, CatalogueKey>, AppError> {
    let visible = app.visible_above(caller, Permission::CatalogueRead).await?;
    let found = app.store.services(&query.filter, &visible, query.page).await?;
    let mut references = References::default();
    let mut items = Vec::with_capacity(found.items.len());
    for service in found.items {
        items.push(view(app, caller, service, None, &mut references).await?);
    }
    Ok(Listing {
        found: Found {
            items,
            next: found.next,
            event_seq: found.event_seq,
        },
        actions: vec![app.create_action(caller, Permission::ServiceWrite).await?],
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: ServiceId) -> Result<ServiceView, AppError> {
    let service = find_to_read(app, caller, id).await?;
    let revision = newest(app, &service).await?;
    view(app, caller, service, Some(revision), &mut References::default()).await
}
