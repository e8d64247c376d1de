//! `/auth/sessions`: the caller's own.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Session;
use release_domain::ids::SessionId;

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
    let _ = (app, caller);
    todo!()
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// `NotFound`: not one of the caller's.
pub async fn end(app: &App, caller: &Caller, id: SessionId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}
