//! JSON bodies: checked against the schema that is published for them, then read.

use crate::problem::Problem;
use crate::schema;
use release_app::FieldError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// Most bodies are a few lines (security.md, *Limits*).
pub const BODY_BYTES: usize = 1024 * 1024;
/// Manifests are several files.
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// What a call takes.
pub trait Input: DeserializeOwned + ToSchema + 'static {
    const LIMIT: usize = BODY_BYTES;
    /// No body stands for `{}`.
    const OPTIONAL: bool = false;

    /// The request without a preview token, where this one carries none: that is for the preview gate to answer, never
    /// a 422, whatever else the body lacks.
    #[must_use]
    fn without_token(value: &Value) -> Option<Self> {
        let _ = value;
        None
    }
}

/// Reads a body.
///
/// # Errors
/// `invalid_body`, with every place that does not fit.
pub fn read<T: Input>(value: Value) -> Result<T, Problem> {
    if let Some(bare) = T::without_token(&value) {
        return Ok(bare);
    }
    let checker = schema::checker::<T>(schema::whole::<T>).map_err(Problem::internal)?;
    let wrong = checker.check(&value);
    if !wrong.is_empty() {
        return Err(Problem::invalid_body(wrong));
    }
    // What the schema lets through and the type does not: told without a place, since serde knows none.
    T::deserialize(value).map_err(|e| Problem::invalid_body(vec![FieldError::new("", "invalid_value", e.to_string())]))
}

/// Whether a body that should carry a preview token does not: absent, null or empty.
#[must_use]
pub fn lacks_token(value: &Value) -> bool {
    match value.get("preview_token") {
        None | Some(Value::Null) => value.is_object(),
        Some(token) => token.as_str() == Some(""),
    }
}

/// A call that needs no body: none, or `{}`.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Input for Nothing {
    const OPTIONAL: bool = true;
}
