//! Who is calling: a session's cookie or an API token becomes a [`Caller`].
//!
//! Asked of the store with every request, so that what is ended, disabled or expired is over at once everywhere.
//! Invariant: someone whose password was given to them once reaches nothing but their own password, their own name and
//! the way out; [`Authenticated::caller`] is the only way to a caller that does more.

use super::secrets;
use crate::app::App;
use crate::caller::{Caller, Via};
use crate::error::AppError;
use release_domain::access::{Session, User};
use release_domain::actor::Channel;
use release_domain::timestamp::Timestamp;

/// A session that nobody uses is over after 12 hours.
pub const IDLE_SECS: i64 = 12 * 3_600;
/// A session is over after 7 days, however busy.
pub const ABSOLUTE_SECS: i64 = 7 * 86_400;
/// Last use is written down at most this often: it is for people and for the idle time, not worth a write per request.
const TOUCH_SECS: i64 = 60;

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
    let found = app.store.session_by_hash(&secrets::hash(cookie)).await?;
    let (session, user) = found.ok_or(AppError::Unauthenticated)?;
    let now = app.now();
    if !is_live(&session, now) || user.disabled {
        return Err(AppError::Unauthenticated);
    }
    if now.secs_since(session.last_seen_at) >= TOUCH_SECS {
        app.store.touch_session(session.id, now).await?;
    }
    let caller = caller(&user, Via::Session(session.id), Channel::Ui, request);
    Ok(Authenticated {
        caller,
        user,
        session: Some(session),
    })
}

/// Who comes with this `Authorization: Bearer rct_…` token.
///
/// # Errors
/// `Unauthenticated`: no such token, or it is expired, or its owner is disabled.
pub async fn authenticate_token(app: &App, bearer: &str, request: RequestFacts) -> Result<Authenticated, AppError> {
    if !bearer.starts_with(secrets::TOKEN_PREFIX) {
        return Err(AppError::Unauthenticated);
    }
    let found = app.store.token_by_hash(&secrets::hash(bearer)).await?;
    let (token, user) = found.ok_or(AppError::Unauthenticated)?;
    let now = app.now();
    if token.expires_at.is_some_and(|end| end <= now) || user.disabled {
        return Err(AppError::Unauthenticated);
    }
    if token.last_used_at.is_none_or(|at| now.secs_since(at) >= TOUCH_SECS) {
        app.store.touch_token(token.id, now).await?;
    }
    let via = Via::Token {
        id: token.id,
        scopes: token.scopes,
        made_by: token.made_by,
    };
    let caller = caller(&user, via, token.channel, request);
    Ok(Authenticated {
        caller,
        user,
        session: None,
    })
}

/// Whether the session or token that a caller came with still stands: for what lasts longer than a request. Looking does
/// not renew it.
///
/// # Errors
/// It cannot be found out now.
pub async fn still_stands(app: &App, caller: &Caller) -> Result<bool, AppError> {
    let user = app.store.user(caller.user).await?;
    if user.is_none_or(|user| user.disabled || user.must_change_password) {
        return Ok(false);
    }
    let now = app.now();
    Ok(match &caller.via {
        Via::Session(id) => {
            let session = app.store.session(*id).await?;
            session.is_some_and(|session| is_live(&session, now))
        }
        Via::Token { id, .. } => {
            let token = app.store.token(*id).await?;
            token.is_some_and(|token| token.expires_at.is_none_or(|end| now < end))
        }
        Via::System => true,
    })
}

/// Whether a session is neither idle nor old beyond its time.
pub(super) fn is_live(session: &Session, now: Timestamp) -> bool {
    now.secs_since(session.last_seen_at) < IDLE_SECS && now.secs_since(session.created_at) < ABSOLUTE_SECS
}

fn caller(user: &User, via: Via, channel: Channel, request: RequestFacts) -> Caller {
    Caller {
        user: user.id,
        name: user.username.clone(),
        kind: user.kind,
        groups: user.groups.clone(),
        via,
        channel,
        assistant: None,
        trace_id: request.trace_id,
        method: request.method,
        path: request.path,
    }
}
