//! The master key: seals secrets for the row they stand in, and derives keys for single purposes.
//!
//! XChaCha20-Poly1305 under a random nonce, the row's name as associated data: a sealed value that is copied into
//! another row does not open. The key itself encrypts nothing; every use has a key derived for it.

use super::{ids, keys};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use release_domain::ports::{MacKey, NotSealed, Sealer};
use release_domain::secret::{Sealed, SecretText};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// What a master key file starts with; 32 bytes in base64 follow.
const PREFIX: &str = "release-master-key-1:";
/// Domains of the derived keys. Changing one makes every store unreadable.
const SEALING: &str = "release-server 2026-11 sealing";
const FINGERPRINT: &str = "release-server 2026-11 fingerprint of the master key";
const PURPOSE: &str = "release-server 2026-11 purpose";
const NONCE_BYTES: usize = 24;

pub struct MasterKey {
    key: Zeroizing<[u8; 32]>,
    cipher: XChaCha20Poly1305,
}

impl MasterKey {
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        let mut sealing = blake3::derive_key(SEALING, &bytes);
        let cipher = XChaCha20Poly1305::new(&sealing.into());
        sealing.zeroize();
        Self {
            key: Zeroizing::new(bytes),
            cipher,
        }
    }

    /// A fresh one, written to a file that must not exist.
    ///
    /// # Errors
    /// The file is there or cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let bytes = Zeroizing::new(ids::random::<32>());
        let text = Zeroizing::new(format!("{PREFIX}{}\n", STANDARD.encode(*bytes)));
        keys::create(path, &text)?;
        Ok(Self::new(*bytes))
    }

    /// The one in a file; `None` where there is no such file.
    ///
    /// # Errors
    /// The file cannot be read or holds no master key.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        keys::read(path)?
            .map(|text| Self::parse(&text).with_context(|| format!("{} holds no master key", path.display())))
            .transpose()
    }

    /// Tells this key from others without giving anything of it away; the store remembers it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = blake3::derive_key(FINGERPRINT, self.key.as_slice());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn parse(text: &str) -> Result<Self> {
        let Some(encoded) = text.trim().strip_prefix(PREFIX) else {
            bail!("it does not start with `{PREFIX}`");
        };
        let bytes = Zeroizing::new(STANDARD.decode(encoded).context("the rest is not base64")?);
        let bytes: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .context("the rest does not stand for 32 bytes")?;
        Ok(Self::new(bytes))
    }
}

impl Sealer for MasterKey {
    fn seal(&self, row: &str, secret: &SecretText) -> Sealed {
        let nonce = ids::random::<NONCE_BYTES>();
        let payload = Payload {
            msg: secret.expose().as_bytes(),
            aad: row.as_bytes(),
        };
        let ciphertext = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a secret of less than 256 GiB");
        Sealed(STANDARD.encode([nonce.as_slice(), &ciphertext].concat()))
    }

    fn open(&self, row: &str, sealed: &Sealed) -> Result<SecretText, NotSealed> {
        let bytes = STANDARD.decode(&sealed.0).map_err(|_| NotSealed)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(NotSealed)?;
        let payload = Payload {
            msg: ciphertext,
            aad: row.as_bytes(),
        };
        let secret = self
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| NotSealed)?;
        String::from_utf8(secret).map(SecretText::new).map_err(|_| NotSealed)
    }

    fn derive(&self, purpose: &str) -> MacKey {
        let base = Zeroizing::new(blake3::derive_key(PURPOSE, self.key.as_slice()));
        MacKey(*blake3::keyed_hash(&base, purpose.as_bytes()).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "targets/connection/1";

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.into())
    }

    #[test]
    fn a_sealed_value_opens_for_its_row_under_its_key_alone() {
        let (key, other) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let sealed = key.seal(ROW, &secret("hunter2"));
        assert_eq!(key.open(ROW, &sealed), Ok(secret("hunter2")));
        assert_eq!(key.open("targets/connection/2", &sealed), Err(NotSealed));
        assert_eq!(other.open(ROW, &sealed), Err(NotSealed));
    }

    #[test]
    fn no_byte_of_a_sealed_value_can_be_changed() {
        let key = MasterKey::new([1; 32]);
        let sealed = STANDARD.decode(key.seal(ROW, &secret("hunter2")).0).expect("base64");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(key.open(ROW, &Sealed(STANDARD.encode(changed))), Err(NotSealed));
        }
        for cut in 0..sealed.len() {
            assert_eq!(key.open(ROW, &Sealed(STANDARD.encode(&sealed[..cut]))), Err(NotSealed));
        }
        assert_eq!(key.open(ROW, &Sealed("not base64!".into())), Err(NotSealed));
    }

    #[test]
    fn sealing_twice_never_shows_that_the_values_are_equal() {
        let key = MasterKey::new([1; 32]);
        assert_ne!(key.seal(ROW, &secret("same")), key.seal(ROW, &secret("same")));
    }

    #[test]
    fn a_purpose_has_one_key_in_every_replica_and_no_other_purpose_has_it() {
        let (key, replica, other) = (
            MasterKey::new([1; 32]),
            MasterKey::new([1; 32]),
            MasterKey::new([2; 32]),
        );
        assert_eq!(key.derive("preview-token").0, replica.derive("preview-token").0);
        assert_ne!(key.derive("preview-token").0, key.derive("plan-secret").0);
        assert_ne!(key.derive("preview-token").0, other.derive("preview-token").0);
        assert_ne!(key.derive("").0, [1; 32]);
    }

    #[test]
    fn it_is_the_same_key_when_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        assert!(MasterKey::read(&path).expect("no trouble").is_none());
        let made = MasterKey::create(&path).expect("made");
        let read = MasterKey::read(&path).expect("readable").expect("there");
        assert_eq!(made.fingerprint(), read.fingerprint());
        assert_eq!(made.fingerprint().len(), 16);
        let sealed = made.seal(ROW, &secret("hunter2"));
        assert_eq!(read.open(ROW, &sealed), Ok(secret("hunter2")));
        assert!(MasterKey::create(&path).is_err(), "never overwritten");
    }

    #[test]
    fn a_file_that_is_no_master_key_is_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        for (text, why) in [
            ("", "does not start with"),
            ("release-master-key-1:%%", "not base64"),
            ("release-master-key-1:AAAA", "32 bytes"),
        ] {
            std::fs::write(&path, text).expect("written");
            let refused = format!("{:#}", MasterKey::read(&path).err().expect("no key"));
            assert!(refused.contains("master.key") && refused.contains(why), "{refused}");
        }
    }
}
