//! The two keys of a store: made at its first start, and from then on the only ones it is opened with.
//!
//! A store remembers the fingerprints. A server with another master key could read no credential, and one with another
//! signing key would sign a history that nobody can verify: neither starts. A key file that is gone is never replaced.

use crate::adapters::{MasterKey, NoteSigner};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use release_store::SqlStore;
use std::path::Path;

pub struct Keyring {
    pub master: MasterKey,
    pub signer: NoteSigner,
}

impl Keyring {
    /// The store's keys, made where it has none yet.
    ///
    /// # Errors
    /// A key is missing, unreadable or not the store's.
    pub async fn open(settings: &Settings, store: &SqlStore) -> Result<Self> {
        Ok(Self {
            master: open::<MasterKey>(&settings.master_key_file, store, true).await?,
            signer: open::<NoteSigner>(&settings.signing_key_file, store, true).await?,
        })
    }

    /// The store's keys, where both are there already: for commands that only look.
    ///
    /// # Errors
    /// As [`Keyring::open`]; a store without keys has none either.
    pub async fn look(settings: &Settings, store: &SqlStore) -> Result<Self> {
        Ok(Self {
            master: open::<MasterKey>(&settings.master_key_file, store, false).await?,
            signer: open::<NoteSigner>(&settings.signing_key_file, store, false).await?,
        })
    }
}

/// A key that lives in a file and whose fingerprint a store remembers.
trait Key: Sized {
    /// For people.
    const NAME: &'static str;
    /// What the store remembers its fingerprint under.
    const META: &'static str;
    const VARIABLE: &'static str;

    fn read(path: &Path) -> Result<Option<Self>>;
    fn create(path: &Path) -> Result<Self>;
    fn fingerprint(&self) -> String;
}

impl Key for MasterKey {
    const NAME: &'static str = "master key";
    const META: &'static str = "master_key";
    const VARIABLE: &'static str = "RELEASE_MASTER_KEY_FILE";

    fn read(path: &Path) -> Result<Option<Self>> {
        Self::read(path)
    }

    fn create(path: &Path) -> Result<Self> {
        Self::create(path)
    }

    fn fingerprint(&self) -> String {
        self.fingerprint()
    }
}

impl Key for NoteSigner {
    const NAME: &'static str = "signing key";
    const META: &'static str = "signing_key";
    const VARIABLE: &'static str = "RELEASE_SIGNING_KEY_FILE";

    fn read(path: &Path) -> Result<Option<Self>> {
        Self::read(path)
    }

    fn create(path: &Path) -> Result<Self> {
        Self::create(path)
    }

    fn fingerprint(&self) -> String {
        self.fingerprint()
    }
}

async fn open<K: Key>(path: &Path, store: &SqlStore, may_make: bool) -> Result<K> {
    let remembered = store.meta_get(K::META).await?;
    let key = match (K::read(path)?, &remembered) {
        (Some(key), _) => key,
        (None, Some(_)) => bail!(
            "the {} {} is gone, and this store was made with it: put it back, or name its file with {}",
            K::NAME,
            path.display(),
            K::VARIABLE
        ),
        (None, None) if may_make => made::<K>(path)?,
        (None, None) => bail!("there is no {} yet: `release-server serve` makes it", K::NAME),
    };
    let kept = match remembered {
        Some(kept) => kept,
        // Of two replicas that start at the same time, one is first; the other compares with it.
        None if may_make => store.meta_init(K::META, &key.fingerprint()).await?,
        None => key.fingerprint(),
    };
    if kept != key.fingerprint() {
        bail!(
            "the {} {} (fingerprint {}) is not the store's ({kept}): put the right file in its place, or name it with {}",
            K::NAME,
            path.display(),
            key.fingerprint(),
            K::VARIABLE
        );
    }
    Ok(key)
}

fn made<K: Key>(path: &Path) -> Result<K> {
    match K::create(path) {
        Ok(key) => Ok(key),
        // Another replica over the same folder was quicker.
        Err(error) => K::read(path)?
            .ok_or(error)
            .with_context(|| format!("there is no {}", K::NAME)),
    }
}
