//! `POST /auth/login`.

use super::authenticate::RequestFacts;
use crate::app::App;
use crate::error::AppError;
use release_domain::access::{Session, User};
use release_domain::secret::SecretText;

/// A name and a password, and where they come from.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub username: String,
    pub password: SecretText,
    /// The client's address, as the server sees it (trusted proxies resolved).
    pub address: String,
    pub user_agent: String,
    /// The cookie the request came with: that session ends.
    pub old_cookie: Option<SecretText>,
    pub request: RequestFacts,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
    /// The value of the session cookie, shown this once.
    pub cookie: SecretText,
}

/// Begins a session.
///
/// # Errors
/// `Unauthenticated` (the same whether the name or the password is wrong), `RateLimited`.
pub async fn sign_in(app: &App, attempt: SignIn) -> Result<SignedIn, AppError> {
    let _ = (app, attempt);
    todo!()
}
