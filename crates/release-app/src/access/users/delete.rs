//! Delete a user.

use super::find;
use crate::access::changed::{About, changed, of_user};
use crate::access::last_admin::{self, Leaving};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::UserId;
use release_domain::ports::{Commit, Deletion, Write};

/// Deletes a user with their grants, tokens and sessions; what they did stays told.
///
/// # Errors
/// `NotFound`, `Forbidden`, `LastAdmin`.
pub async fn delete(app: &App, caller: &Caller, id: UserId) -> Result<(), AppError> {
    rounds(move || deleted(app, caller, id)).await
}

async fn deleted(app: &App, caller: &Caller, id: UserId) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let user = find(app, caller, Permission::AccessWrite, id).await?;
    let policy = app.policy_at(&guard).await?;
    last_admin::stays(app, &policy, Leaving::User(id)).await?;
    let event = changed(
        About::user(&user),
        "user_deleted",
        (Some(of_user(&user)), None),
        &caller.origin(),
        app.now(),
    );
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::User(id))],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
