//! Times and hashes, each one component of the document.

use release_domain::canonical::Hash;
use release_domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// An instant: UTC, RFC 3339, microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub Timestamp);

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("UTC, RFC 3339"))
            .examples([serde_json::json!("2026-03-01T08:00:00.000000Z")])
            .into()
    }
}

impl ToSchema for Time {}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// What a plan may do only where its draft says so.
pub struct Consent;

impl PartialSchema for Consent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^(recreate|volume_recreate|delete:[A-Za-z][A-Za-z0-9.]*)$"))
            .description(Some("`recreate`, `volume_recreate`, `delete:<Kind>`"))
            .into()
    }
}

impl ToSchema for Consent {}

/// BLAKE3, 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashHex(pub Hash);

impl PartialSchema for HashHex {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9a-f]{64}$"))
            .description(Some("BLAKE3, hex"))
            .into()
    }
}

impl ToSchema for HashHex {
    fn name() -> std::borrow::Cow<'static, str> {
        "Hash".into()
    }
}

impl From<Hash> for HashHex {
    fn from(hash: Hash) -> Self {
        Self(hash)
    }
}
