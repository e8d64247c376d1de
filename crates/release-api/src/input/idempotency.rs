//! `Idempotency-Key`: which request a retry is of, and how its answer is kept.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use release_app::{Answer, Call, Caller, Done, Idempotent};
use release_contract::problem::Problem;
use release_domain::canonical::Hash;

pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that the answer is the stored one of an earlier request.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_CHARS: usize = 255;

/// A key with what its request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub key: String,
    pub fingerprint: Hash,
}

/// The key of a request, if it carries one.
///
/// # Errors
/// It is empty, too long, or not printable ASCII.
pub fn key(headers: &HeaderMap, method: &Method, path: &str, body: &[u8]) -> Result<Option<Key>, Problem> {
    let Some(value) = headers.get(&HEADER) else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|k| !k.is_empty() && k.len() <= MAX_CHARS && k.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or_else(|| Problem::invalid_header("Idempotency-Key", "1 to 255 printable ASCII characters, no spaces"))?;
    Ok(Some(Key {
        key: key.to_owned(),
        fingerprint: fingerprint(method, path, body),
    }))
}

/// Each part by its length first, so that no two requests have the same bytes.
fn fingerprint(method: &Method, path: &str, body: &[u8]) -> Hash {
    let mut bytes = Vec::with_capacity(body.len() + path.len() + 32);
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    Hash::of(&bytes)
}

/// How an outcome is answered.
pub type Encode<'a, T> = &'a (dyn Fn(&T) -> Answer + Send + Sync);

/// The call of a use case by this caller, its answer kept where a key came with it.
#[must_use]
pub fn call<'a, T>(caller: &'a Caller, key: Option<Key>, encode: Encode<'a, T>) -> Call<'a, T> {
    Call {
        caller,
        idempotent: key.map(|key| Idempotent {
            key: key.key,
            fingerprint: key.fingerprint,
            encode,
        }),
    }
}

/// The response to a call's outcome.
#[must_use]
pub fn respond<T>(done: Done<T>, encode: Encode<'_, T>) -> HttpResponse {
    match done {
        Done::Fresh(outcome) => response(encode(&outcome)),
        Done::Replayed(answer) => {
            let mut response = response(answer);
            response
                .headers_mut()
                .insert(REPLAYED, header::HeaderValue::from_static("true"));
            response
        }
    }
}

/// An answer as a response.
#[must_use]
pub fn response(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(etag) = answer.etag {
        response.insert_header((header::ETAG, etag));
    }
    if answer.body.is_empty() {
        return response.finish();
    }
    response.content_type("application/json").body(answer.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_method_path_or_body_is_another_request() {
        let of = |method, path, body: &str| fingerprint(&method, path, body.as_bytes());
        let first = of(Method::POST, "/a", "b");
        assert_eq!(first, of(Method::POST, "/a", "b"));
        assert_ne!(first, of(Method::PUT, "/a", "b"));
        assert_ne!(first, of(Method::POST, "/ab", ""));
        assert_ne!(first, of(Method::POST, "/a", "c"));
    }
}
