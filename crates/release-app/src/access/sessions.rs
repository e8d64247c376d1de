//! `/auth/sessions`: the caller's own.

use super::authenticate::is_live;
use super::changed::{About, changed, of_session};
use crate::app::App;
use crate::caller::{Caller, Via};
use crate::error::AppError;
use release_domain::access::Session;
use release_domain::ids::SessionId;
use release_domain::ports::{Commit, Deletion, Write};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    pub session: Session,
    /// Whether the request came with this one.
    pub current: bool,
}

/// The caller's live sessions, newest first.
///
/// # Errors
/// The store's trouble.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<SessionView>, AppError> {
    let now = app.now();
    let sessions = app.store.sessions(caller.user).await?;
    Ok(sessions
        .into_iter()
        .filter(|session| is_live(session, now))
        .map(|session| SessionView {
            current: caller.via == Via::Session(session.id),
            session,
        })
        .collect())
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// `NotFound`: not one of the caller's.
pub async fn end(app: &App, caller: &Caller, id: SessionId) -> Result<(), AppError> {
    let found = app.store.session(id).await?;
    let session = found.filter(|s| s.user == caller.user).ok_or(AppError::NotFound)?;
    let about = About::session(&session, &caller.name);
    let before = Some(of_session(&session));
    let event = changed(about, "session_ended", (before, None), &caller.origin(), app.now());
    app.store
        .commit(Commit {
            writes: vec![Write::Delete(Deletion::Session(id))],
            events: vec![event],
            ..Commit::default()
        })
        .await?;
    Ok(())
}
