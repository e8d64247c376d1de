//! A store on each database, for tests that show the same on both.

use crate::databases::Database;
use release_store::{Options, SqlStore};
use std::path::PathBuf;
use tempfile::TempDir;

/// What a store lives in, gone with the test.
pub enum Home {
    Folder(TempDir),
    Database(Database),
}

impl Home {
    pub fn sqlite() -> Self {
        Self::Folder(tempfile::tempdir().expect("a folder"))
    }

    pub fn postgres() -> Self {
        Self::Database(Database::new(None))
    }

    pub fn url(&self) -> String {
        match self {
            Self::Folder(_) => format!("sqlite://{}", self.file().display()),
            Self::Database(database) => database.url.clone(),
        }
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.path().join("release.db"),
            Self::Database(_) => panic!("a database has no file"),
        }
    }

    /// Opened, not migrated.
    pub async fn open(&self) -> SqlStore {
        SqlStore::open(&self.url(), Options { connections: 4 })
            .await
            .expect("a store")
    }

    pub async fn store(&self) -> SqlStore {
        let store = self.open().await;
        store.migrate().await.expect("migrated");
        store
    }
}
