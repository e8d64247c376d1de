//! `POST /auth/password`, and what a password must be.

use super::authenticate::Authenticated;
use super::changed::{About, changed};
use super::fields::Fields;
use super::throttle;
use crate::app::App;
use crate::caller::Via;
use crate::error::AppError;
use release_domain::access::User;
use release_domain::ports::{Commit, Deletion, Write};
use release_domain::secret::SecretText;

/// Characters of a password, both ends included.
pub const MIN_CHARS: usize = 12;
pub const MAX_CHARS: usize = 256;

/// Changes the caller's own password and ends their other sessions.
///
/// # Errors
/// `Invalid` at `/current` (wrong) or `/new` (12 to 256 characters, not the same as before), `RateLimited`.
pub async fn change_password(
    app: &App,
    who: &Authenticated,
    current: &SecretText,
    new: &SecretText,
) -> Result<(), AppError> {
    let caller = who.caller_before_password_change();
    let mut fields = Fields::default();
    check(&mut fields, "/new", new);
    if current == new {
        fields.wrong("/new", "invalid_value", "must differ from the present password");
    }
    fields.done()?;
    let username = who.user().username.as_str();
    let address = who.session().map_or("token", |session| session.address.as_str());
    throttle::attempt(app, username, address).await?;
    let user = app.store.user(caller.user).await?.ok_or(AppError::Unauthenticated)?;
    if !app.passwords.verify(current, user.password_hash.as_deref()).await {
        return Err(AppError::invalid(
            "/current",
            "invalid_value",
            "this is not your present password",
        ));
    }
    throttle::passed(app, username, address).await?;
    let but = match &caller.via {
        Via::Session(id) => Some(*id),
        Via::Token { .. } | Via::System => None,
    };
    let changed_user = User {
        password_hash: Some(app.passwords.hash(new).await),
        must_change_password: false,
        version: user.version + 1,
        ..user.clone()
    };
    let about = About::user(&user);
    let event = changed(about, "password_changed", (None, None), &caller.origin(), app.now());
    app.store
        .commit(Commit {
            writes: vec![
                Write::User(changed_user),
                Write::Delete(Deletion::Sessions { user: user.id, but }),
            ],
            events: vec![event],
            ..Commit::default()
        })
        .await?;
    Ok(())
}

/// Long enough to be hard to guess, short enough to hash; no other rule makes passwords better.
pub(super) fn check(fields: &mut Fields, pointer: &str, password: &SecretText) {
    let chars = password.expose().chars().count();
    if chars < MIN_CHARS {
        fields.wrong(pointer, "too_short", format!("at least {MIN_CHARS} characters"));
    }
    if chars > MAX_CHARS {
        fields.wrong(pointer, "too_long", format!("at most {MAX_CHARS} characters"));
    }
}
