//! Random values that let somebody in, and the hashes that are kept of them.

use release_domain::canonical::Hash;
use release_domain::ports::Ids;
use release_domain::secret::SecretText;

/// What every API token begins with, so that scanners find one in a log or a repository.
pub const TOKEN_PREFIX: &str = "rct_";
/// How much of a token is shown to tell it by: the prefix and 32 of its 256 bits.
pub const SHOWN_CHARS: usize = 12;
/// 32 letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Characters of a one-time password, 5 bits each: 120 bits.
const ONE_TIME_CHARS: usize = 24;
const GROUP_CHARS: usize = 6;

/// 256 random bits in hex: a session cookie, a CSRF token.
pub fn random(ids: &dyn Ids) -> SecretText {
    SecretText::new(Hash::from_bytes(ids.secret()).to_string())
}

/// An API token.
pub fn token(ids: &dyn Ids) -> SecretText {
    SecretText::new(format!("{TOKEN_PREFIX}{}", random(ids).expose()))
}

/// A password to be typed once: `xxxxxx-xxxxxx-xxxxxx-xxxxxx`.
pub fn one_time_password(ids: &dyn Ids) -> SecretText {
    let bytes = ids.secret();
    let letters: Vec<char> = bytes
        .iter()
        .take(ONE_TIME_CHARS)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect();
    let groups: Vec<String> = letters
        .chunks(GROUP_CHARS)
        .map(|group| group.iter().collect())
        .collect();
    SecretText::new(groups.join("-"))
}

/// What is kept of a cookie or token. Both are 256 random bits, so a plain hash is enough, and looking it up tells
/// nothing by its time.
pub fn hash(secret: &str) -> String {
    Hash::of(secret.as_bytes()).to_string()
}
