//! Rename, disable or enable a user.

use super::{UserPatch, UserView, find, view};
use crate::access::changed::{About, changed, of_user};
use crate::access::fields::{Fields, MAX_NAME_CHARS};
use crate::access::last_admin::{self, Leaving};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, User};
use release_domain::ids::UserId;
use release_domain::ports::{Commit, Deletion, Write};

/// Renames, disables or enables. A disabled user's sessions end; their tokens rest.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `LastAdmin`.
pub async fn edit(app: &App, caller: &Caller, id: UserId, patch: UserPatch) -> Result<UserView, AppError> {
    let patch = &patch;
    rounds(move || edited(app, caller, id, patch)).await
}

async fn edited(app: &App, caller: &Caller, id: UserId, patch: &UserPatch) -> Result<UserView, Halt> {
    let guard = app.guard().await?;
    let before = find(app, caller, Permission::AccessWrite, id).await?;
    let mut fields = Fields::default();
    if let Some(name) = &patch.display_name {
        fields.line("/display_name", name, MAX_NAME_CHARS);
    }
    fields.done()?;
    let after = User {
        display_name: patch
            .display_name
            .clone()
            .unwrap_or_else(|| before.display_name.clone()),
        disabled: patch.disabled.unwrap_or(before.disabled),
        ..before.clone()
    };
    let policy = app.policy_at(&guard).await?;
    if after == before {
        return Ok(view(app, caller, before, &policy).await?);
    }
    let mut writes = Vec::new();
    if after.disabled && !before.disabled {
        last_admin::stays(app, &policy, Leaving::User(id)).await?;
        writes.push(Write::Delete(Deletion::Sessions { user: id, but: None }));
    }
    let after = User {
        version: before.version + 1,
        ..after
    };
    writes.push(Write::User(after.clone()));
    let action = match (before.disabled, after.disabled) {
        (false, true) => "user_disabled",
        (true, false) => "user_enabled",
        (true, true) | (false, false) => "user_updated",
    };
    let told = (Some(of_user(&before)), Some(of_user(&after)));
    let event = changed(About::user(&after), action, told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes,
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(view(app, caller, after, &policy).await?)
}
