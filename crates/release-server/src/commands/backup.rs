//! `backup` and `restore`: one file, without the keys; on PostgreSQL what its own tools leave to do.

use crate::adapters::SystemClock;
use crate::settings::{DatabaseUrl, Settings};
use crate::wiring;
use anyhow::{Context, Result, bail};
use release_domain::event::chain::Head;
use release_domain::ports::Clock;
use release_store::BackupError;
use std::path::{Path, PathBuf};

/// # Errors
/// The store is on PostgreSQL, or the file cannot be written.
pub(super) async fn backup(settings: &Settings, file: &Path) -> Result<()> {
    there_is_a_store(settings)?;
    let store = wiring::store(settings).await?;
    let made = match store.backup(file).await {
        Err(BackupError::Postgres) => bail!(
            "{} is on PostgreSQL, which has its own tool: pg_dump --format=custom --file={}",
            settings.database_url,
            file.display()
        ),
        made => made.with_context(|| format!("no backup was made of {}", settings.database_url))?,
    };
    println!("{} holds {} in {} bytes.", file.display(), up_to(made.head), made.bytes);
    println!(
        "The keys are not in it; keep them apart: {}, {}",
        settings.master_key_file.display(),
        settings.signing_key_file.display()
    );
    Ok(())
}

/// # Errors
/// A server runs on the store, or the backup does not do; then nothing has changed.
pub(super) async fn restore(settings: &Settings, file: Option<PathBuf>) -> Result<()> {
    let (url, now) = (settings.database_url.to_url(), SystemClock::new().now());
    let restored = match (&settings.database_url, file) {
        (DatabaseUrl::Sqlite(path), Some(file)) => {
            wiring::folder_of(path)?;
            let told = format!("{} was not restored", file.display());
            let restoring = move || release_store::restore(&file, &url, now);
            tokio::task::spawn_blocking(restoring).await?.context(told)?
        }
        (DatabaseUrl::Postgres(_), None) => {
            let restoring = move || release_store::restored_by_pg_restore(&url, now);
            let told = format!("{} cannot be gone on from", settings.database_url);
            tokio::task::spawn_blocking(restoring).await?.context(told)?
        }
        (DatabaseUrl::Sqlite(_), None) => bail!("which backup? `release-server restore FILE`"),
        (DatabaseUrl::Postgres(_), Some(file)) => bail!(
            "{} is on PostgreSQL, which has its own tool: pg_restore --clean --if-exists --dbname=… {}, and then \
             `release-server restore` without a file",
            settings.database_url,
            file.display()
        ),
    };
    println!(
        "{} holds {} again; `store.restored` is event {}, the fencing epoch goes on from {}.",
        settings.database_url,
        up_to(restored.backup_head),
        restored.head.seq,
        restored.epoch
    );
    if let Some(replaced) = restored.replaced {
        println!("What was there before is kept as {}.", replaced.display());
    }
    println!(
        "It needs the keys it was made with: {}",
        settings.master_key_file.display()
    );
    Ok(())
}

/// Looking for a store must not make one.
fn there_is_a_store(settings: &Settings) -> Result<()> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) if !path.exists() => bail!("there is no store at {}", settings.database_url),
        DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_) => Ok(()),
    }
}

fn up_to(head: Option<Head>) -> String {
    head.map_or_else(|| "no event".into(), |head| format!("all up to event {}", head.seq))
}
