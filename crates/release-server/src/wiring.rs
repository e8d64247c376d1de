//! Which adapter stands behind which port. The only place that names them all.

use crate::adapters::{AllowedEndpoints, Argon2Passwords, JiffZones, SystemClock, UuidIds, keys};
use crate::failpoint;
use crate::keyring::Keyring;
use crate::observed_store::{ObservedStore, Observer};
use crate::settings::{DatabaseUrl, Settings};
use anyhow::{Context, Result};
use release_app::{App, Runtimes};
use release_assistant::model::{Limits, Model, ModelSettings};
use release_authz::CasbinAuthorizer;
use release_domain::ports::Store;
use release_store::{Options, SqlStore};
use runtime_compose::ComposeRuntime;
use runtime_k8s::KubernetesRuntime;
use std::path::Path;
use std::sync::Arc;

/// The store that the settings name; its folder is made where it is a file.
///
/// # Errors
/// It cannot be reached.
pub async fn store(settings: &Settings) -> Result<SqlStore> {
    if let DatabaseUrl::Sqlite(path) = &settings.database_url {
        folder_of(path)?;
    }
    SqlStore::open(&settings.database_url.to_url(), Options::default())
        .await
        .with_context(|| format!("the store {} cannot be opened", settings.database_url))
}

/// Makes the folder that a file will stand in.
///
/// # Errors
/// It cannot be made.
pub fn folder_of(file: &Path) -> Result<()> {
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => keys::private_folder(folder),
        None => Ok(()),
    }
}

/// The runtimes of this build.
#[must_use]
pub fn runtimes(settings: &Settings) -> Runtimes {
    let registries = Arc::new(AllowedEndpoints::new(settings.target_allow.clone()));
    Runtimes::new(vec![
        failpoint::around_runtime(Arc::new(ComposeRuntime)),
        failpoint::around_runtime(Arc::new(KubernetesRuntime::new(registries))),
    ])
}

/// The model of the command center, where one is set.
///
/// # Errors
/// Its client cannot be built.
pub fn model(settings: &Settings) -> Result<Option<Arc<Model>>> {
    let Some(assistant) = &settings.assistant else {
        return Ok(None);
    };
    let model = Model::new(ModelSettings {
        url: assistant.url.clone(),
        model: assistant.model.clone(),
        api_key: assistant.api_key.clone(),
        limits: Limits::default(),
    });
    Ok(Some(Arc::new(
        model.context("the client of the assistant's model cannot be built")?,
    )))
}

/// Everything the use cases work with.
#[must_use]
pub fn app(settings: &Settings, store: Arc<SqlStore>, keyring: Keyring, runtimes: Runtimes) -> App {
    observed_app(settings, store, keyring, runtimes, Vec::new())
}

/// The same, with somebody looking on at what is committed.
#[must_use]
pub fn observed_app(
    settings: &Settings,
    store: Arc<SqlStore>,
    keyring: Keyring,
    runtimes: Runtimes,
    mut observers: Vec<Arc<dyn Observer>>,
) -> App {
    observers.extend(failpoint::observer());
    let store: Arc<dyn Store> = match observers.is_empty() {
        true => store,
        false => Arc::new(ObservedStore::new(store, observers)),
    };
    App {
        authorizer: Arc::new(CasbinAuthorizer::new(store.clone())),
        store,
        runtimes,
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(UuidIds),
        zones: Arc::new(JiffZones::bundled()),
        sealer: Arc::new(keyring.master),
        passwords: Arc::new(Argon2Passwords::new()),
        signer: Arc::new(keyring.signer),
        endpoints: Arc::new(AllowedEndpoints::new(settings.target_allow.clone())),
    }
}
