//! Show roles.

use super::{RoleView, view};
use crate::access::actions::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Role, RoleKey, Scope};
use release_domain::ids::RoleId;
use release_domain::ports::{Found, Page, Visible};

/// By key; empty without `access:read` anywhere.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<RoleKey>) -> Result<Listing<RoleView, RoleKey>, AppError> {
    let event_seq = app.store.head().await?.map_or(0, |head| head.seq);
    let policy = app.store.access_policy().await?;
    let mut roles: Vec<&Role> = Vec::new();
    if app.visible(caller, Permission::AccessRead).await? != Visible::Scopes(Vec::new()) {
        roles.extend(&policy.roles);
    }
    roles.retain(|role| page.after.as_ref().is_none_or(|after| role.key > *after));
    roles.sort_by(|a, b| a.key.cmp(&b.key));
    let limit = page.limit as usize;
    let more = roles.len() > limit;
    let mut items = Vec::new();
    for role in roles.into_iter().take(limit) {
        items.push(view(app, caller, role.clone(), &policy).await?);
    }
    let next = items.last().filter(|_| more).map(|view| view.role.key.clone());
    let create = app
        .action(caller, "create", Permission::AccessWrite, Scope::ALL)
        .await?;
    Ok(Listing {
        found: Found { items, next, event_seq },
        actions: vec![create],
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: RoleId) -> Result<RoleView, AppError> {
    let policy = app.store.access_policy().await?;
    let found = policy.roles.iter().find(|role| role.id == id).cloned();
    // A role belongs to no project: whoever may read access somewhere may read what the words there mean.
    let scope = match app.visible(caller, Permission::AccessRead).await? {
        Visible::All => Scope::ALL,
        Visible::Scopes(scopes) => scopes.first().copied().unwrap_or(Scope::ALL),
    };
    let found = found.map(|role| (role, scope));
    let role = app
        .authorize_found(caller, Permission::AccessRead, found)
        .await?
        .into_inner();
    view(app, caller, role, &policy).await
}
