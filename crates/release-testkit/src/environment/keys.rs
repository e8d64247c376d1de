//! Sealing, passwords and signatures for tests: true to the ports' contracts, worthless as protection.

use async_trait::async_trait;
use release_domain::canonical::Hash;
use release_domain::ports::{MacKey, NotSealed, Passwords, Sealer, Signer};
use release_domain::secret::{Sealed, SecretText};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seals under a key made from a word. Opens for the same key and row alone; the same text sealed twice reads
/// differently. Clones share the key.
#[derive(Clone, Debug)]
pub struct TestSealer {
    key: [u8; 32],
    sealed: Arc<AtomicU64>,
}

impl Default for TestSealer {
    fn default() -> Self {
        Self::with_key("master key")
    }
}

impl TestSealer {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with_key(word: &str) -> Self {
        Self {
            key: *Hash::of(word.as_bytes()).as_bytes(),
            sealed: Arc::default(),
        }
    }

    /// XOR with a stream made of key, row and nonce.
    fn stream(&self, row: &str, nonce: u64, bytes: &[u8]) -> Vec<u8> {
        let block = |n: usize| Hash::keyed(&self.key, format!("stream {nonce} {n} {row}").as_bytes());
        bytes
            .chunks(32)
            .enumerate()
            .flat_map(|(n, chunk)| {
                let block = *block(n).as_bytes();
                chunk.iter().zip(block).map(|(a, b)| a ^ b).collect::<Vec<_>>()
            })
            .collect()
    }

    fn mac(&self, row: &str, nonce: u64, cipher: &str) -> Hash {
        Hash::keyed(&self.key, format!("mac {nonce} {cipher} {row}").as_bytes())
    }
}

impl Sealer for TestSealer {
    fn seal(&self, row: &str, secret: &SecretText) -> Sealed {
        let nonce = self.sealed.fetch_add(1, Ordering::Relaxed);
        let cipher = hex(&self.stream(row, nonce, secret.expose().as_bytes()));
        let mac = self.mac(row, nonce, &cipher);
        Sealed(format!("{nonce}.{cipher}.{mac}"))
    }

    fn open(&self, row: &str, sealed: &Sealed) -> Result<SecretText, NotSealed> {
        let mut parts = sealed.0.split('.');
        let (Some(nonce), Some(cipher), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotSealed);
        };
        let nonce: u64 = nonce.parse().map_err(|_| NotSealed)?;
        if Hash::parse(mac) != Some(self.mac(row, nonce, cipher)) {
            return Err(NotSealed);
        }
        let bytes = self.stream(row, nonce, &unhex(cipher).ok_or(NotSealed)?);
        String::from_utf8(bytes).map(SecretText::new).map_err(|_| NotSealed)
    }

    fn derive(&self, purpose: &str) -> MacKey {
        MacKey(*Hash::keyed(&self.key, format!("derive {purpose}").as_bytes()).as_bytes())
    }
}

/// A hash without salt or cost, in the shape of a PHC string. Counts its checks, so that a test sees whether an unknown
/// user costs the same as a known one.
#[derive(Clone, Debug, Default)]
pub struct TestPasswords {
    checks: Arc<AtomicU64>,
}

impl TestPasswords {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Passwords for TestPasswords {
    async fn hash(&self, password: &SecretText) -> String {
        let hash = Hash::of(format!("password {}", password.expose()).as_bytes());
        format!("$test$v=1$${hash}")
    }

    async fn verify(&self, password: &SecretText, phc: Option<&str>) -> bool {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let hashed = self.hash(password).await;
        phc.is_some_and(|phc| phc == hashed)
    }
}

/// Signed notes in the right shape, with a keyed hash in place of a signature.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestSigner;

impl TestSigner {
    /// The first line of each note.
    pub const ORIGIN: &str = "release-testkit";

    /// Whether this signer wrote that note.
    #[must_use]
    pub fn verifies(&self, note: &str) -> bool {
        note.split_once("\n\n")
            .is_some_and(|(text, signature)| signature == sign(&format!("{text}\n")))
    }
}

impl Signer for TestSigner {
    fn checkpoint(&self, seq: u64, hash: Hash) -> String {
        let text = format!("{}\n{seq}\n{hash}\n", Self::ORIGIN);
        let signature = sign(&text);
        format!("{text}\n{signature}")
    }

    fn public_key(&self) -> String {
        format!("{}+00000000+dGVzdA==", Self::ORIGIN)
    }
}

fn sign(text: &str) -> String {
    let signature = Hash::keyed(&[7; 32], text.as_bytes());
    format!("\u{2014} {} {signature}\n", TestSigner::ORIGIN)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
