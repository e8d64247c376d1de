//! [`SqlStore`]: opened from a URL, shared by clones.

use crate::backup::create_private;
use crate::committer::Committer;
use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use crate::migrate;
use crate::pool::{Pool, PoolUse};
use crate::remembered::Remembered;
use crate::watch::Watch;
use release_domain::ports::StoreError;
use std::path::Path;
use std::sync::Arc;

/// How large a store's pools are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// SQLite: connections that read (one more writes). PostgreSQL: connections for everything.
    pub connections: usize,
}

impl Default for Options {
    /// Twice the processors, at least 4: a connection works or waits for a disk, and more only queue up below.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            connections: (cores * 2).max(4),
        }
    }
}

/// Why a store does not open or migrate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("not a store's address: it is `sqlite://PATH` or `postgres://…`")]
    Address,
    /// A newer server has been here; this one would misread what it wrote.
    #[error("the store has the schema {found}, newer than the {known} this server knows")]
    Newer { found: String, known: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which database a store is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// Every storage port over SQLite or PostgreSQL. Clones share pools.
#[derive(Clone)]
pub struct SqlStore(Arc<Shared>);

struct Shared {
    address: Address,
    readers: Pool,
    writers: Pool,
    committer: Committer,
    watch: Watch,
    remembered: Remembered,
}

impl SqlStore {
    /// Connects once, so that a wrong address shows at once. Does not migrate. An SQLite file that is not there is
    /// made, readable by its owner alone.
    ///
    /// # Errors
    /// The address is none, or nothing answers there.
    pub async fn open(url: &str, options: Options) -> Result<Self, OpenError> {
        let address = Address::parse(url).ok_or(OpenError::Address)?;
        if let Address::Sqlite(path) = &address {
            create(path).map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
        }
        let size = options.connections.max(1);
        let writers = match &address {
            Address::Sqlite(_) => Pool::new(address.clone(), Role::Writer, 1),
            Address::Postgres(_) => Pool::new(address.clone(), Role::Writer, size),
        };
        // SQLite has one writer, and readers that see what it committed; PostgreSQL needs no such distinction.
        let readers = match &address {
            Address::Sqlite(_) => Pool::new(address.clone(), Role::Reader, size),
            Address::Postgres(_) => writers.clone(),
        };
        writers.run(|_| Ok(())).await.map_err(Failure::into_store)?;
        let watch = Watch::new(&address);
        Ok(Self(Arc::new(Shared {
            remembered: Remembered::new(&address),
            address,
            readers,
            committer: Committer::new(writers.clone(), watch.teller()),
            writers,
            watch,
        })))
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.0.address {
            Address::Sqlite(_) => Kind::Sqlite,
            Address::Postgres(_) => Kind::Postgres,
        }
    }

    /// Brings the schema up to what this build knows: all of it or nothing, one replica at a time.
    ///
    /// # Errors
    /// The schema is newer than this build, or the store cannot be written.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        self.0.writers.run(migrate::run).await.map_err(Failure::into_store)?
    }

    /// Whether the store answers and has exactly the schema this build knows.
    ///
    /// # Errors
    /// It does not answer, or has another schema.
    pub async fn ready(&self) -> Result<(), OpenError> {
        self.0.readers.run(migrate::check).await.map_err(Failure::into_store)?
    }

    /// Ends every connection once what runs on it is done. All later calls, on any clone, find the store unavailable.
    pub async fn close(&self) {
        self.0.writers.close().await;
        self.0.readers.close().await;
        self.0.remembered.close().await;
    }

    /// Pools by name: `read` and `write`; PostgreSQL has one for both, as `write`.
    #[must_use]
    pub fn pools(&self) -> Vec<(&'static str, PoolUse)> {
        match self.kind() {
            Kind::Sqlite => vec![("read", self.0.readers.usage()), ("write", self.0.writers.usage())],
            Kind::Postgres => vec![("write", self.0.writers.usage())],
        }
    }

    /// One read: one closure, one connection.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.readers.run(work).await.map_err(Failure::into_store)
    }

    /// One write: one closure, one transaction, refused by nothing but the store itself.
    pub(crate) async fn keep<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0
            .writers
            .run(|conn| conn.write(work))
            .await
            .map_err(Failure::into_store)
    }

    pub(crate) fn committer(&self) -> &Committer {
        &self.0.committer
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    pub(crate) fn remembered(&self) -> &Remembered {
        &self.0.remembered
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.address
    }
}

/// What SQLite keeps beside the file gets the file's own permissions.
fn create(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match create_private(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(|_| ()),
    }
}
