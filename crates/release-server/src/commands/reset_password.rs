//! `reset-password`: for when nobody can sign in any more. Whoever runs it has the key file, which is proof enough.

use crate::keyring::Keyring;
use crate::settings::Settings;
use crate::wiring;
use anyhow::{Result, bail};
use release_app::AppError;
use release_app::access::users::reset_password_of;
use std::sync::Arc;

/// # Errors
/// There is no such person, or the store cannot be worked with.
pub(super) async fn reset(settings: &Settings, user: &str) -> Result<()> {
    let store = Arc::new(wiring::store(settings).await?);
    store.ready().await?;
    let keyring = Keyring::look(settings, &store).await?;
    let app = wiring::app(settings, store, keyring, wiring::runtimes(settings));
    match reset_password_of(&app, user).await {
        Ok(password) => {
            println!("One-time password of {user}: {}", password.expose());
            println!("All sessions of {user} have ended; the password has to be changed at the next sign-in.");
            Ok(())
        }
        Err(AppError::NotFound) => bail!("there is no user `{user}`"),
        Err(AppError::Invalid(_)) => bail!("`{user}` is a service account and has no password"),
        Err(error) => Err(error.into()),
    }
}
