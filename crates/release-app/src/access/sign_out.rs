//! `POST /auth/logout`.

use super::authenticate::Authenticated;
use super::changed::{About, changed, of_session};
use crate::app::App;
use crate::error::AppError;
use release_domain::ports::{Commit, Deletion, Write};

/// Ends the session the request came with; a token's request ends nothing.
///
/// # Errors
/// The store's trouble.
pub async fn sign_out(app: &App, who: &Authenticated) -> Result<(), AppError> {
    let Some(session) = who.session() else { return Ok(()) };
    let origin = who.caller_before_password_change().origin();
    let about = About::session(session, &who.user().username);
    let event = changed(
        about,
        "signed_out",
        (Some(of_session(session)), None),
        &origin,
        app.now(),
    );
    app.store
        .commit(Commit {
            writes: vec![Write::Delete(Deletion::Session(session.id))],
            events: vec![event],
            ..Commit::default()
        })
        .await?;
    Ok(())
}
