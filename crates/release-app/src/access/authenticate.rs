//! Who is calling: a session's cookie or an API token becomes a [`Caller`].
//!
//! Asked of the store with every request, so that what is ended, disabled or expired is over at once everywhere.
//! Invariant: someone whose password was given to them once reaches nothing but their own password, their own name and
//! the way out; [`Authenticated::caller`] is the only way to a caller that does more.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Session, User};

/// What the server itself knows of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFacts {
    pub method: String,
    pub path: String,
    /// W3C trace id, 32 lower-case hex digits.
    pub trace_id: Option<String>,
}

/// A caller who proved who they are.
#[derive(Clone, Debug)]
pub struct Authenticated {
    caller: Caller,
    user: User,
    session: Option<Session>,
}

impl Authenticated {
    /// The caller, for everything.
    ///
    /// # Errors
    /// `PasswordChangeRequired`: theirs is a one-time password.
    pub fn caller(&self) -> Result<&Caller, AppError> {
        if self.must_change_password() {
            return Err(AppError::PasswordChangeRequired);
        }
        Ok(&self.caller)
    }

    /// The caller, for `me`, for changing the password and for signing out.
    #[must_use]
    pub fn caller_before_password_change(&self) -> &Caller {
        &self.caller
    }

    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The browser session, where there is one: cookie writes are compared with its `csrf_token`.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// A person's alone: service accounts have no password.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.user.must_change_password
    }
}

/// Who comes with this session cookie. Renews the idle time.
///
/// # Errors
/// `Unauthenticated`: no such session, or it is over, or its user is disabled.
pub async fn authenticate_session(app: &App, cookie: &str, request: RequestFacts) -> Result<Authenticated, AppError> {
    let _ = (app, cookie, request);
    todo!()
}

/// Who comes with this `Authorization: Bearer rct_…` token.
///
/// # Errors
/// `Unauthenticated`: no such token, or it is expired, or its owner is disabled.
pub async fn authenticate_token(app: &App, bearer: &str, request: RequestFacts) -> Result<Authenticated, AppError> {
    let _ = (app, bearer, request);
    todo!()
}
