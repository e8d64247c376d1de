//! `POST /auth/password`, and what a password must be.

use super::authenticate::Authenticated;
use crate::app::App;
use crate::error::AppError;
use release_domain::secret::SecretText;

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
    let _ = (app, who, current, new);
    todo!()
}
