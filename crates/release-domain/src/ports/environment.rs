//! Time, ids, keys: what a pure function cannot have of itself.

use crate::canonical::Hash;
use crate::secret::{Sealed, SecretText};
use crate::timestamp::Timestamp;
use async_trait::async_trait;
use time::PrimitiveDateTime;
use uuid::Uuid;

/// The server's clock.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Makes version 7 UUIDs.
pub trait Ids: Send + Sync {
    fn next(&self) -> Uuid;
    /// 32 bytes nobody can guess.
    fn secret(&self) -> [u8; 32];
}

/// Knows which local time it is somewhere.
pub trait TimeZones: Send + Sync {
    /// Local time in an IANA zone; `None` for a zone nobody knows.
    fn local(&self, zone: &str, at: Timestamp) -> Option<PrimitiveDateTime>;
}

/// A [`TimeZones`] that knows UTC alone: for tests and for tools without a zone database.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalClock;

impl TimeZones for LocalClock {
    fn local(&self, zone: &str, at: Timestamp) -> Option<PrimitiveDateTime> {
        let utc = at.into_inner();
        (zone == "UTC").then(|| PrimitiveDateTime::new(utc.date(), utc.time()))
    }
}

/// The ciphertext is not of this key, or not of this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value cannot be opened here: it was sealed under another key or for another row")]
pub struct NotSealed;

/// Seals secrets under the master key, each bound to the row it stands in.
pub trait Sealer: Send + Sync {
    /// `row` names table, column and id: `targets/connection/<id>`.
    fn seal(&self, row: &str, secret: &SecretText) -> Sealed;
    /// # Errors
    /// Another key or another row.
    fn open(&self, row: &str, sealed: &Sealed) -> Result<SecretText, NotSealed>;
    /// A key for one purpose, derived from the master key: the same in every replica.
    fn derive(&self, purpose: &str) -> MacKey;
}

/// 32 bytes for keyed hashes.
#[derive(Clone, Copy)]
pub struct MacKey(pub [u8; 32]);

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey([secret])")
    }
}

/// Hashes and checks passwords (Argon2id). Either is much work, meant to be: it is not done on the caller's thread.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// A PHC string.
    async fn hash(&self, password: &SecretText) -> String;
    /// Takes the same time whether `phc` is there or not.
    async fn verify(&self, password: &SecretText, phc: Option<&str>) -> bool;
}

/// Signs checkpoints (Ed25519, C2SP signed note).
pub trait Signer: Send + Sync {
    /// The signed note whose text is `origin`, the seq and the hash of the head, a line each.
    fn checkpoint(&self, seq: u64, hash: Hash) -> String;
    /// The verifier key, as C2SP writes it: `<name>+<key id>+<base64>`.
    fn public_key(&self) -> String;
}
