//! Give a one-time password to somebody who lost theirs.

use super::find;
use crate::access::changed::{About, changed};
use crate::access::rounds::{Halt, rounds};
use crate::access::secrets;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use release_domain::access::{Permission, User};
use release_domain::actor::{ActorKind, Origin};
use release_domain::ids::UserId;
use release_domain::ports::{Commit, Deletion, Write};
use release_domain::secret::SecretText;

/// Gives a one-time password and ends all sessions.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (a service account).
pub async fn reset_password(app: &App, call: &Call<'_, SecretText>, id: UserId) -> Result<Done<SecretText>, AppError> {
    find(app, call.caller, Permission::AccessWrite, id).await?;
    call.run(app, rounds(move || reset(app, call, id))).await
}

/// The same from the server's own command line, by name: for when nobody can sign in.
///
/// # Errors
/// `NotFound`, `Invalid` (a service account), or the store's trouble.
pub async fn reset_password_of(app: &App, username: &str) -> Result<SecretText, AppError> {
    let user = app.store.user_by_name(username).await?.ok_or(AppError::NotFound)?;
    let (password, commit) = one_time(app, &user, &Origin::system()).await?;
    app.store.commit(commit).await?;
    Ok(password)
}

async fn reset(app: &App, call: &Call<'_, SecretText>, id: UserId) -> Result<SecretText, Halt> {
    let guard = app.guard().await?;
    let user = find(app, call.caller, Permission::AccessWrite, id).await?;
    let (password, commit) = one_time(app, &user, &call.caller.origin()).await?;
    app.store
        .commit(Commit {
            guards: vec![guard],
            remember: call.remember(app, &password),
            ..commit
        })
        .await?;
    Ok(password)
}

async fn one_time(app: &App, user: &User, origin: &Origin) -> Result<(SecretText, Commit), AppError> {
    if user.kind != ActorKind::Human {
        return Err(AppError::invalid(
            "",
            "invalid_value",
            "a service account has no password",
        ));
    }
    let password = secrets::one_time_password(app.ids.as_ref());
    let after = User {
        password_hash: Some(app.passwords.hash(&password).await),
        must_change_password: true,
        version: user.version + 1,
        ..user.clone()
    };
    let sessions = Deletion::Sessions {
        user: user.id,
        but: None,
    };
    let event = changed(About::user(user), "password_reset", (None, None), origin, app.now());
    let commit = Commit {
        writes: vec![Write::User(after), Write::Delete(sessions)],
        events: vec![event],
        ..Commit::default()
    };
    Ok((password, commit))
}
