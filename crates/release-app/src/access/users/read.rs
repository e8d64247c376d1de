//! Show users; never their password's hash.

use super::{UserView, find, view};
use crate::access::actions::Listing;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::ids::UserId;
use release_domain::ports::{Found, Page, Visible};
use uuid::Uuid;

/// By username; empty without `access:read` on everything.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    page: Page<(String, Uuid)>,
) -> Result<Listing<UserView, (String, Uuid)>, AppError> {
    let found = app.store.users(page).await?;
    let actions = vec![
        app.action(caller, "create", Permission::AccessWrite, Scope::ALL)
            .await?,
    ];
    let (mut items, mut next) = (Vec::new(), None);
    if app.visible(caller, Permission::AccessRead).await? == Visible::All {
        let policy = app.store.access_policy().await?;
        for user in found.items {
            items.push(view(app, caller, user, &policy).await?);
        }
        next = found.next;
    }
    Ok(Listing {
        found: Found {
            items,
            next,
            event_seq: found.event_seq,
        },
        actions,
    })
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
    let user = find(app, caller, Permission::AccessRead, id).await?;
    let policy = app.store.access_policy().await?;
    view(app, caller, user, &policy).await
}
