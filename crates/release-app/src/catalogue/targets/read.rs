//! Show targets, without credentials.

use super::{TargetView, find, view_with_holds};
use crate::access::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::references::References;
use crate::catalogue::{CatalogueKey, CatalogueQuery};
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::TargetId;
use release_domain::ports::Found;

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<TargetView, CatalogueKey>, AppError> {
    let visible = app.visible(caller, Permission::CatalogueRead).await?;
    let found = app.store.targets(&query.filter, &visible, query.page).await?;
    let mut references = References::default();
    let mut items = Vec::with_capacity(found.items.len());
    for target in found.items {
        items.push(view_with_holds(app, caller, target, &mut references).await?);
    }
    Ok(Listing {
        found: Found {
            items,
            next: found.next,
            event_seq: found.event_seq,
        },
        actions: vec![app.create_action(caller, Permission::TargetWrite).await?],
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: TargetId) -> Result<TargetView, AppError> {
    let target = find(app, caller, Permission::CatalogueRead, id).await?;
    view_with_holds(app, caller, target, &mut References::default()).await
}
