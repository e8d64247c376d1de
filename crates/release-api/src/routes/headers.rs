//! Headers that calls take, for the document.

use utoipa::IntoParams;

/// Of a POST that makes or changes something.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKey {
    /// The same key and request within 24 h answer what was answered before.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    #[expect(dead_code, reason = "read from the request itself; here it is for the document")]
    idempotency_key: Option<String>,
}

/// Of a change of something that has versions.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// The `ETag` of the version that was read.
    #[param(rename = "If-Match")]
    #[expect(dead_code, reason = "read from the request itself; here it is for the document")]
    if_match: String,
}
