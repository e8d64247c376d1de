//! Canonical JSON (RFC 8785) and the hashes over it.
//!
//! Restricted on purpose: whole numbers up to 2^53 only, so that every language writes the same bytes. The order of
//! members in memory never shows (`serde_json` may keep insertion order): members are sorted here, by UTF-16 code
//! units as the RFC asks.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The largest whole number that every JSON reader keeps exactly (2^53).
const MAX_WHOLE: u64 = 1 << 53;

/// Why a value has no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    #[error("a number has a fraction")]
    Fraction,
    #[error("a number is past 2^53")]
    TooLarge,
    #[error("a value cannot be written as JSON")]
    NotJson,
}

/// The RFC 8785 bytes of anything serialisable.
///
/// # Errors
/// It holds a fraction, a number past 2^53, or cannot be written as JSON at all.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    let tree = serde_json::to_value(value).map_err(|_| NotCanonical::NotJson)?;
    let mut out = Vec::with_capacity(256);
    write(&tree, &mut out)?;
    Ok(out)
}

/// BLAKE3 over the canonical bytes.
///
/// # Errors
/// As [`to_bytes`].
pub fn hash<T: Serialize>(value: &T) -> Result<Hash, NotCanonical> {
    to_bytes(value).map(|bytes| Hash::of(&bytes))
}

/// 32 bytes of BLAKE3, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// A keyed hash: what stands for a secret value in plans, so that equality shows and the value does not.
    #[must_use]
    pub fn keyed(key: &[u8; 32], bytes: &[u8]) -> Self {
        Self(*blake3::keyed_hash(key, bytes).as_bytes())
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // One spelling for one hash: a record whose bytes were touched must not read the same.
        let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let hash = blake3::Hash::from_hex(text).ok().filter(|_| lower);
        hash.map(|h| Self(*h.as_bytes()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not 64 hex digits"))
    }
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (i, (name, member)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                write(member, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_number(number: &serde_json::Number, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let Some(magnitude) = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)) else {
        // Read as a float: spelled with a fraction or an exponent, or past 64 bits.
        let past_every_whole = number
            .as_f64()
            .is_some_and(|float| float.abs() > 9_007_199_254_740_992.0);
        return Err(if past_every_whole {
            NotCanonical::TooLarge
        } else {
            NotCanonical::Fraction
        });
    };
    if magnitude > MAX_WHOLE {
        return Err(NotCanonical::TooLarge);
    }
    out.extend_from_slice(number.to_string().as_bytes());
    Ok(())
}

/// Strings as ECMAScript's `JSON.stringify` writes them: the short escapes, `\u00xx` for other controls, all else raw.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\r' => out.extend_from_slice(b"\\r"),
            c if u32::from(c) < 0x20 => out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
