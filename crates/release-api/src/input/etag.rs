//! `ETag` and `If-Match`: a change says which version it changes.

use actix_web::http::header::{self, HeaderMap};
use release_contract::problem::{Problem, ProblemCode};

/// The tag of a version.
#[must_use]
pub fn of(version: u64) -> String {
    format!("\"{version}\"")
}

/// The version that `If-Match` names.
///
/// # Errors
/// 428 without the header; 412 where it can be no version of ours (weak tags and `*` name none).
pub fn if_match(headers: &HeaderMap) -> Result<u64, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            ProblemCode::PreconditionRequired,
            "send If-Match with the ETag of the version you have read",
        ));
    };
    let tag = value.to_str().unwrap_or_default().trim();
    tag.strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .and_then(|version| version.parse().ok())
        .ok_or_else(|| Problem::new(ProblemCode::Stale, "If-Match names no version of this"))
}
