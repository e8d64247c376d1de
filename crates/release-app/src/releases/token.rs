//! Preview tokens: opaque to clients, authenticated with a keyed BLAKE3 MAC, stored as a hash only.
//!
//! `rpt_` and 64 random hex digits, a dot, and 64 hex digits of MAC. What a token is for stands in its stored
//! metadata, found by its hash; the MAC tells a foreign or forged one without a look at the store.

use release_domain::canonical::Hash;
use release_domain::ports::Sealer;

const PREFIX: &str = "rpt_";
const PURPOSE: &str = "preview-token";

/// A fresh token and its hash.
#[must_use]
pub fn issue(sealer: &dyn Sealer, secret: [u8; 32]) -> (String, String) {
    let body = Hash::from_bytes(secret).to_string();
    let mac = Hash::keyed(&sealer.derive(PURPOSE).0, body.as_bytes());
    let token = format!("{PREFIX}{body}.{mac}");
    let hash = Hash::of(token.as_bytes()).to_string();
    (token, hash)
}

/// The hash of a token whose MAC verifies; `None` for anything else.
#[must_use]
pub fn verify(sealer: &dyn Sealer, token: &str) -> Option<String> {
    let (body, mac) = token.strip_prefix(PREFIX)?.split_once('.')?;
    let expected = Hash::keyed(&sealer.derive(PURPOSE).0, body.as_bytes());
    let given = Hash::parse(mac)?;
    same(expected.as_bytes(), given.as_bytes()).then(|| Hash::of(token.as_bytes()).to_string())
}

/// Compares in constant time.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}
