//! `POST /auth/logout`.

use super::authenticate::Authenticated;
use crate::app::App;
use crate::error::AppError;

/// Ends the session the request came with; a token's request ends nothing.
///
/// # Errors
/// The store's trouble.
pub async fn sign_out(app: &App, who: &Authenticated) -> Result<(), AppError> {
    let _ = (app, who);
    todo!()
}
