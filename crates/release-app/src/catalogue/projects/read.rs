//! Show projects.

use super::{ProjectView, view};
use crate::access::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::{CatalogueKey, CatalogueQuery};
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::ids::ProjectId;
use release_domain::ports::Found;

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<ProjectView, CatalogueKey>, AppError> {
    let visible = app.visible_above(caller, Permission::CatalogueRead).await?;
    let found = app.store.projects(&query.filter, &visible, query.page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for project in found.items {
        items.push(view(app, caller, project).await?);
    }
    let create = app
        .action(caller, "create", Permission::ProjectWrite, Scope::ALL)
        .await?;
    Ok(Listing {
        found: Found {
            items,
            next: found.next,
            event_seq: found.event_seq,
        },
        actions: vec![create],
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: ProjectId) -> Result<ProjectView, AppError> {
    let scope = app.scope_above(caller, Permission::CatalogueRead, id).await?;
    let found = app.store.project(id).await?.map(|project| (project, scope));
    let proof = app.authorize_found(caller, Permission::CatalogueRead, found).await?;
    view(app, caller, proof.into_inner()).await
}
