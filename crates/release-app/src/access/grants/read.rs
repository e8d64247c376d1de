//! Show grants.

use super::{GrantView, view};
use crate::access::actions::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Grant, Permission, Scope};
use release_domain::ids::GrantId;
use release_domain::ports::{Found, Page, Visible};

/// Newest first; those in scopes where the caller has `access:read`.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<GrantId>) -> Result<Listing<GrantView, GrantId>, AppError> {
    let event_seq = app.store.head().await?.map_or(0, |head| head.seq);
    let policy = app.store.access_policy().await?;
    let visible = app.visible(caller, Permission::AccessRead).await?;
    let mut grants: Vec<&Grant> = policy
        .grants
        .iter()
        .filter(|grant| page.after.is_none_or(|after| grant.id < after) && shows(&visible, grant.scope))
        .collect();
    grants.sort_by_key(|grant| std::cmp::Reverse(grant.id));
    let limit = page.limit as usize;
    let more = grants.len() > limit;
    let mut items = Vec::new();
    for grant in grants.into_iter().take(limit) {
        items.push(view(app, caller, grant.clone(), &policy).await?);
    }
    let next = items.last().filter(|_| more).map(|view| view.grant.id);
    Ok(Listing {
        found: Found { items, next, event_seq },
        actions: vec![app.create_action(caller, Permission::AccessWrite).await?],
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: GrantId) -> Result<GrantView, AppError> {
    let policy = app.store.access_policy().await?;
    let found = policy.grants.iter().find(|grant| grant.id == id).cloned();
    let found = found.map(|grant| (grant.clone(), grant.scope));
    let grant = app
        .authorize_found(caller, Permission::AccessRead, found)
        .await?
        .into_inner();
    view(app, caller, grant, &policy).await
}

fn shows(visible: &Visible, scope: Scope) -> bool {
    let within = |wide: &Scope| {
        (wide.project.is_none() || wide.project == scope.project)
            && (wide.environment.is_none() || wide.environment == scope.environment)
    };
    match visible {
        Visible::All => true,
        Visible::Scopes(scopes) => scopes.iter().any(within),
    }
}
