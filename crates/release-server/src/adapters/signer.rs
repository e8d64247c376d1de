//! Signs checkpoints of the chain: Ed25519 in the C2SP signed-note form, the key file in the same form as other
//! tools for notes write it (`PRIVATE+KEY+<name>+<key id>+<base64>`).

use super::{ids, keys};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use release_domain::canonical::Hash;
use release_domain::ports::Signer;
use sha2::{Digest, Sha256};
use std::path::Path;
use zeroize::Zeroizing;

const PREFIX: &str = "PRIVATE+KEY+";
/// C2SP's number for Ed25519.
const ED25519: u8 = 1;
/// Names of keys made here start so; a part of the key id follows, since each store has a log of its own.
const ORIGIN: &str = "release-control-plane";

pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl NoteSigner {
    /// A fresh key, written to a file that must not exist.
    ///
    /// # Errors
    /// The file is there or cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let key = SigningKey::from_bytes(&Zeroizing::new(ids::random::<32>()));
        let id = key_id(ORIGIN, &key);
        let signer = Self {
            name: format!("{ORIGIN}/{:08x}", u32::from_be_bytes(id)),
            key,
        };
        keys::create(path, &signer.to_text())?;
        Ok(signer)
    }

    /// The key in a file; `None` where there is no such file.
    ///
    /// # Errors
    /// The file cannot be read or holds no signing key.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        keys::read(path)?
            .map(|text| Self::parse(&text).with_context(|| format!("{} holds no signing key", path.display())))
            .transpose()
    }

    /// Tells this key from others; the store remembers it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(key_id(&self.name, &self.key)))
    }

    fn to_text(&self) -> Zeroizing<String> {
        let mut seed = Zeroizing::new(vec![ED25519]);
        seed.extend_from_slice(self.key.as_bytes());
        Zeroizing::new(format!(
            "{PREFIX}{}+{}+{}\n",
            self.name,
            self.fingerprint(),
            STANDARD.encode(&*seed)
        ))
    }

    fn parse(text: &str) -> Result<Self> {
        let Some(rest) = text.trim().strip_prefix(PREFIX) else {
            bail!("it does not start with `{PREFIX}`");
        };
        let [name, id, seed] = rest.splitn(3, '+').collect::<Vec<_>>()[..] else {
            bail!("it is not `{PREFIX}<name>+<key id>+<base64>`");
        };
        let bytes = Zeroizing::new(STANDARD.decode(seed).context("its last part is not base64")?);
        let Some((&ED25519, seed)) = bytes.split_first() else {
            bail!("it is of another algorithm than Ed25519");
        };
        let seed: &[u8; 32] = seed.try_into().context("its last part does not stand for 32 bytes")?;
        let signer = Self {
            name: name.to_owned(),
            key: SigningKey::from_bytes(seed),
        };
        if name.is_empty() || signer.fingerprint() != id {
            bail!("its key id is not that of its name and key");
        }
        Ok(signer)
    }
}

impl Signer for NoteSigner {
    fn checkpoint(&self, seq: u64, hash: Hash) -> String {
        let text = format!("{}\n{seq}\n{hash}\n", self.name);
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let stamp = [key_id(&self.name, &self.key).as_slice(), &signature].concat();
        format!("{text}\n\u{2014} {} {}\n", self.name, STANDARD.encode(stamp))
    }

    fn public_key(&self) -> String {
        let key = [&[ED25519], self.key.verifying_key().as_bytes().as_slice()].concat();
        format!("{}+{}+{}", self.name, self.fingerprint(), STANDARD.encode(key))
    }
}

/// The first four bytes of SHA-256 over name, newline, algorithm and public key.
fn key_id(name: &str, key: &SigningKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.verifying_key().as_bytes())
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};

    fn signer() -> (tempfile::TempDir, NoteSigner) {
        let folder = tempfile::tempdir().expect("a folder");
        let signer = NoteSigner::create(&folder.path().join("signing.key")).expect("made");
        (folder, signer)
    }

    /// What an auditor does with nothing but the note and the verifier key.
    fn verifies(note: &str, verifier: &str) -> bool {
        let [name, id, key] = verifier.splitn(3, '+').collect::<Vec<_>>()[..] else {
            return false;
        };
        let key = STANDARD.decode(key).expect("base64");
        let key = VerifyingKey::from_bytes(key[1..].try_into().expect("32 bytes")).expect("a point");
        let (text, signed) = note.split_once("\n\n").expect("an empty line");
        let (signed_by, stamp) = signed
            .trim_start_matches("\u{2014} ")
            .trim_end()
            .split_once(' ')
            .expect("name and signature");
        let stamp = STANDARD.decode(stamp).expect("base64");
        let stamped: String = stamp[..4].iter().map(|b| format!("{b:02x}")).collect();
        let signature = Signature::from_slice(&stamp[4..]).expect("64 bytes");
        signed_by == name && stamped == id && key.verify(format!("{text}\n").as_bytes(), &signature).is_ok()
    }

    #[test]
    fn a_checkpoint_verifies_with_the_public_key_alone() {
        let (_folder, signer) = signer();
        let note = signer.checkpoint(42, Hash::of(b"head"));
        assert!(verifies(&note, &signer.public_key()), "{note}");
        assert_eq!(
            note.lines().take(3).collect::<Vec<_>>(),
            [signer.name.as_str(), "42", &Hash::of(b"head").to_string()]
        );
        assert!(!verifies(&note.replacen("42", "43", 1), &signer.public_key()));
        assert!(!verifies(&note, &self::signer().1.public_key()));
    }

    #[test]
    fn it_is_the_same_key_when_read_again() {
        let (folder, made) = signer();
        let path = folder.path().join("signing.key");
        let read = NoteSigner::read(&path).expect("readable").expect("there");
        assert_eq!(read.public_key(), made.public_key());
        assert_eq!(read.checkpoint(1, Hash::of(b"a")), made.checkpoint(1, Hash::of(b"a")));
        assert!(NoteSigner::create(&path).is_err(), "never overwritten");
        assert!(!keys::readable_by_others(&path).expect("there"));
    }

    #[test]
    fn a_file_that_is_no_signing_key_is_named_with_the_reason() {
        let (folder, made) = signer();
        let path = folder.path().join("other.key");
        let good = made.to_text();
        for (text, why) in [
            ("nothing", "does not start with"),
            ("PRIVATE+KEY+a+b", "it is not"),
            (&good.replacen("release-control", "another-control", 1), "key id"),
            ("PRIVATE+KEY+a+b+AAAA", "another algorithm"),
        ] {
            std::fs::write(&path, text).expect("written");
            let refused = format!("{:#}", NoteSigner::read(&path).err().expect("no key"));
            assert!(refused.contains("other.key") && refused.contains(why), "{refused}");
        }
    }
}
