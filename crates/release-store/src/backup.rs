//! A consistent copy of a running SQLite store in one file.

use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use crate::ledger::head;
use crate::store::SqlStore;
use diesel::prelude::*;
use release_domain::event::chain::Head;
use release_domain::ports::StoreError;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("this store is on PostgreSQL: back it up with pg_dump (or by base backups and WAL archiving)")]
    Postgres,
    #[error("{0} is there already: a backup overwrites nothing")]
    Exists(PathBuf),
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The newest event in it.
    pub head: Option<Head>,
    pub bytes: u64,
}

impl SqlStore {
    /// Writes one consistent file while the store goes on working. The keys are not in it.
    ///
    /// Written beside its place, synced and only then put there: a file of that name is a whole backup.
    ///
    /// # Errors
    /// The store is on PostgreSQL, the file exists or cannot be written, or the store cannot be read.
    pub async fn backup(&self, file: &Path) -> Result<Backup, BackupError> {
        let Address::Sqlite(_) = self.address() else {
            return Err(BackupError::Postgres);
        };
        let (address, file) = (self.address().clone(), file.to_owned());
        let made = tokio::task::spawn_blocking(move || write(&address, &file)).await;
        made.map_err(|panic| BackupError::File(std::io::Error::other(panic)))?
    }
}

fn write(address: &Address, file: &Path) -> Result<Backup, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let partial = beside(file, "partial");
    let _ = std::fs::remove_file(&partial);
    drop(create_private(&partial)?);
    let copied = copy(address, &partial)
        .map_err(Failure::into_store)
        .map_err(BackupError::from);
    let finished = copied.and_then(|head| {
        let copy = File::open(&partial)?;
        copy.sync_all()?;
        let bytes = copy.metadata()?.len();
        // Not `rename`: that would replace a file that came into being meanwhile.
        std::fs::hard_link(&partial, file)?;
        sync_folder(file)?;
        Ok(Backup { head, bytes })
    });
    let _ = std::fs::remove_file(&partial);
    finished
}

/// `VACUUM INTO` reads one snapshot and holds up nobody; the connection is its own, outside the pools.
fn copy(address: &Address, into: &Path) -> Result<Option<Head>, Failure> {
    let mut conn = address.connect(Role::Writer)?;
    let AnyConnection::Sqlite(sqlite) = &mut conn else {
        return Err(Failure::unavailable("not an SQLite store"));
    };
    diesel::sql_query("VACUUM INTO $1")
        .bind::<diesel::sql_types::Text, _>(into.to_string_lossy())
        .execute(sqlite)?;
    // What the copy holds, not what the store holds by now. Opened without WAL, so that the copy stays one file.
    let mut copy = SqliteConnection::establish(&into.to_string_lossy()).map(AnyConnection::Sqlite)?;
    head(&mut copy)
}

/// `file` with another ending beside it.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    file.with_file_name(name)
}

/// An empty file that only its owner may read: it will hold hashes of passwords and sealed credentials.
pub(crate) fn create_private(file: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Makes a new name in a folder last.
pub(crate) fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
