//! C2SP signed notes: a checkpoint and who signed it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use release_domain::canonical::Hash;
use release_domain::event::chain::Head;
use sha2::{Digest, Sha256};

/// C2SP's number for Ed25519.
const ED25519: u8 = 1;
const DASH: &str = "\u{2014} ";

/// `<name>+<key id>+<base64>`: what an auditor holds, and trusts.
#[derive(Clone, Debug)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl Verifier {
    /// `None`: this is no verifier key, or its id is not that of its name and key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [name, id, key] = text.trim().splitn(3, '+').collect::<Vec<_>>()[..] else {
            return None;
        };
        let bytes = STANDARD.decode(key).ok()?;
        let (&ED25519, key) = bytes.split_first()? else {
            return None;
        };
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n'])
            .chain_update(&bytes)
            .finalize();
        let own: [u8; 4] = digest[..4].try_into().ok()?;
        let written: String = own.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        (!name.is_empty() && written == id).then_some(Self {
            name: name.to_owned(),
            id: own,
            key,
        })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The head that a note tells of; `None`: it is no note, or not signed by this key.
    #[must_use]
    pub fn open(&self, note: &str) -> Option<Head> {
        let (text, signatures) = note.split_once("\n\n")?;
        let text = format!("{text}\n");
        signatures.lines().find(|line| self.signed(&text, line))?;
        let [name, seq, hash] = text.lines().collect::<Vec<_>>()[..] else {
            return None;
        };
        let head = Head {
            seq: seq.parse().ok().filter(|n: &u64| n.to_string() == seq)?,
            hash: Hash::parse(hash)?,
        };
        (name == self.name).then_some(head)
    }

    fn signed(&self, text: &str, line: &str) -> bool {
        let signed = || {
            let (name, stamp) = line.strip_prefix(DASH)?.split_once(' ')?;
            let stamp = STANDARD.decode(stamp).ok()?;
            let (id, signature) = stamp.split_at_checked(self.id.len())?;
            let signature = Signature::from_slice(signature).ok()?;
            let ours = name == self.name && id == self.id;
            Some(ours && self.key.verify_strict(text.as_bytes(), &signature).is_ok())
        };
        signed().unwrap_or(false)
    }
}
