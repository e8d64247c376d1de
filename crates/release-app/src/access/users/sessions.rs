//! Sign a user out everywhere.

use super::find;
use crate::access::changed::{About, changed};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::UserId;
use release_domain::ports::{Commit, Deletion, Write};

/// Ends all sessions of a user.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn end_sessions(app: &App, caller: &Caller, id: UserId) -> Result<(), AppError> {
    rounds(move || ended(app, caller, id)).await
}

async fn ended(app: &App, caller: &Caller, id: UserId) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let user = find(app, caller, Permission::AccessWrite, id).await?;
    let event = changed(
        About::user(&user),
        "sessions_ended",
        (None, None),
        &caller.origin(),
        app.now(),
    );
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::Sessions { user: id, but: None })],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
