//! Guessing passwords is slow: 5 failures of one account from one address, or 50 from one address, within 15 minutes.

use super::secrets;
use crate::app::App;
use crate::error::AppError;
use release_domain::ports::SignInFailures;

/// The window in which failures count, in seconds.
pub const WINDOW_SECS: i64 = 15 * 60;
/// Failures of one account from one address.
pub const MAX_OF_ACCOUNT: u32 = 5;
/// Failures from one address, whatever the account.
pub const MAX_OF_ADDRESS: u32 = 50;

/// Counts an attempt before it is judged, so that many at once are not judged beyond the limit; [`passed`] takes it
/// back. An attempt that is refused here is not counted: waiting always helps.
///
/// # Errors
/// `RateLimited`.
pub async fn attempt(app: &App, username: &str, address: &str) -> Result<(), AppError> {
    let username = account(username);
    let username = username.as_str();
    let now = app.now();
    let since = now.plus_secs(-WINDOW_SECS);
    let before = app.store.sign_in_failures(username, address, since).await?;
    if before.of_account >= MAX_OF_ACCOUNT || before.of_address >= MAX_OF_ADDRESS {
        return Err(limited(app, &before));
    }
    app.store.record_sign_in_failure(username, address, now, since).await?;
    let after = app.store.sign_in_failures(username, address, since).await?;
    if after.of_account > MAX_OF_ACCOUNT || after.of_address > MAX_OF_ADDRESS {
        return Err(limited(app, &after));
    }
    Ok(())
}

/// The attempt went well: the account's failures from there are forgotten, other accounts' are not.
///
/// # Errors
/// The store's trouble.
pub async fn passed(app: &App, username: &str, address: &str) -> Result<(), AppError> {
    Ok(app.store.clear_sign_in_failures(&account(username), address).await?)
}

/// Names are counted by their hash: it is of one length, and a password typed into the wrong field is not kept.
fn account(username: &str) -> String {
    secrets::hash(username)
}

/// Until the oldest failure leaves the window.
fn limited(app: &App, failures: &SignInFailures) -> AppError {
    let oldest = failures.oldest.unwrap_or_else(|| app.now());
    let wait = oldest.plus_secs(WINDOW_SECS).secs_since(app.now());
    AppError::RateLimited {
        retry_after_secs: u64::try_from(wait).unwrap_or(0).max(1),
    }
}
