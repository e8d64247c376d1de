//! Show freezes.

use super::{FreezeView, place, scope_of, view};
use crate::access::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::freeze::FreezeScope;
use release_domain::ids::FreezeId;
use release_domain::ports::{Found, Page, Visible};

/// Those neither lifted nor over that touch what the caller may read; newest first.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<FreezeId>) -> Result<Listing<FreezeView, FreezeId>, AppError> {
    let event_seq = app.store.head().await?.map_or(0, |head| head.seq);
    let visible = app.visible(caller, Permission::CatalogueRead).await?;
    let mut freezes = app.store.freezes(app.now()).await?;
    freezes.retain(|freeze| page.after.is_none_or(|after| freeze.id < after));
    freezes.sort_by_key(|freeze| std::cmp::Reverse(freeze.id));
    let limit = page.limit as usize;
    let mut items: Vec<FreezeView> = Vec::new();
    let mut next = None;
    for freeze in freezes {
        let Some(place) = place(app, freeze.scope).await? else {
            continue;
        };
        if !touches(&visible, freeze.scope, scope_of(&place)) {
            continue;
        }
        if items.len() == limit {
            next = items.last().map(|view| view.freeze.id);
            break;
        }
        items.push(view(app, caller, freeze, &place).await?);
    }
    Ok(Listing {
        found: Found { items, next, event_seq },
        actions: vec![app.create_action(caller, Permission::FreezeWrite).await?],
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: FreezeId) -> Result<FreezeView, AppError> {
    let found = match app.store.freeze(id).await? {
        Some(freeze) => place(app, freeze.scope).await?.map(|place| (freeze, place)),
        None => None,
    };
    let found = match found {
        Some((freeze, place)) => {
            let scope = readable(app, caller, freeze.scope, scope_of(&place)).await?;
            Some(((freeze, place), scope))
        }
        None => None,
    };
    let proof = app.authorize_found(caller, Permission::CatalogueRead, found).await?;
    let (freeze, place) = proof.into_inner();
    view(app, caller, freeze, &place).await
}

/// A freeze stops everything below it, so whoever may read something below may read why it stands still.
async fn readable(app: &App, caller: &Caller, of: FreezeScope, scope: Scope) -> Result<Scope, AppError> {
    let scopes = match app.visible(caller, Permission::CatalogueRead).await? {
        Visible::All => return Ok(scope),
        Visible::Scopes(scopes) => scopes,
    };
    let below = scopes.into_iter().find(|own| overlaps(of, scope, own));
    Ok(below.unwrap_or(scope))
}

fn touches(visible: &Visible, of: FreezeScope, scope: Scope) -> bool {
    match visible {
        Visible::All => true,
        Visible::Scopes(scopes) => scopes.iter().any(|own| overlaps(of, scope, own)),
    }
}

fn overlaps(of: FreezeScope, scope: Scope, own: &Scope) -> bool {
    let project = own.project.is_none() || scope.project.is_none() || own.project == scope.project;
    let environment = own.environment.is_none() || scope.environment.is_none() || own.environment == scope.environment;
    match of {
        FreezeScope::Everything => true,
        FreezeScope::Project(_) => project,
        FreezeScope::Environment(_) | FreezeScope::Target(_) => project && environment,
    }
}
