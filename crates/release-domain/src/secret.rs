//! Values nobody may read by accident.

pub mod masker;
pub mod text;

pub use masker::Masker;

use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret in clear. Not serialisable, not printable: it can only be exposed by name.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The value itself; every call of this is a place to look at in review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A secret under the master key, bound to the row it stands in: what stores keep.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(
    /// Nonce and ciphertext, base64.
    pub String,
);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sealed]")
    }
}

/// What readers see in place of a secret.
pub const MASK: &str = "••••";

/// Whether a name by itself says that its value is a secret (security.md, *Masked everywhere*).
#[must_use]
pub fn name_looks_secret(name: &str) -> bool {
    const PARTS: [&str; 9] = [
        "password",
        "passwd",
        "secret",
        "token",
        "api_key",
        "apikey",
        "private_key",
        "credential",
        "dsn",
    ];
    let lower = name.to_ascii_lowercase().replace('-', "_");
    PARTS.iter().any(|part| lower.contains(part))
}

/// Whether a value is a URL with a password in it: `scheme://user:password@host`.
#[must_use]
pub fn value_has_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, p)| !p.is_empty()))
    })
}
