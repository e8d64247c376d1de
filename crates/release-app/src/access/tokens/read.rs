//! Show tokens; never more of one than its first characters.

use super::{TokenView, view};
use crate::access::actions::{Action, Listing};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope, Token, User};
use release_domain::ids::{TokenId, UserId};
use release_domain::ports::{Found, Page, Visible};
use std::collections::HashMap;

/// The caller's own tokens, or everybody's with `access:read`; newest first.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<TokenId>) -> Result<Listing<TokenView, TokenId>, AppError> {
    let owner = match app.visible(caller, Permission::AccessRead).await? {
        Visible::All => None,
        Visible::Scopes(_) => Some(caller.user),
    };
    let found = app.store.tokens(owner, page).await?;
    let mut owners: HashMap<UserId, User> = HashMap::new();
    let mut items = Vec::with_capacity(found.items.len());
    for token in found.items {
        if !owners.contains_key(&token.owner)
            && let Some(user) = app.store.user(token.owner).await?
        {
            owners.insert(user.id, user);
        }
        // A token whose owner was deleted just now went with them.
        if let Some(owner) = owners.get(&token.owner) {
            items.push(view(app, caller, token, owner).await?);
        }
    }
    Ok(Listing {
        found: Found {
            items,
            next: found.next,
            event_seq: found.event_seq,
        },
        actions: vec![Action::allowed("create")],
    })
}

/// # Errors
/// `NotFound` or `Forbidden` (another's without `access:read`).
pub async fn get(app: &App, caller: &Caller, id: TokenId) -> Result<TokenView, AppError> {
    let (token, owner) = find(app, caller, Permission::AccessRead, id).await?;
    view(app, caller, token, &owner).await
}

/// The caller's own token, or another's with the permission.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    permission: Permission,
    id: TokenId,
) -> Result<(Token, User), AppError> {
    let found = match app.store.token(id).await? {
        Some(token) => app.store.user(token.owner).await?.map(|owner| (token, owner)),
        None => None,
    };
    match found {
        Some((token, owner)) if token.owner == caller.user => Ok((token, owner)),
        other => {
            let other = other.map(|thing| (thing, Scope::ALL));
            Ok(app.authorize_found(caller, permission, other).await?.into_inner())
        }
    }
}
