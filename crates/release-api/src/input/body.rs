//! JSON bodies: read within their limit, checked against their schema, judged only after the permission.

use super::etag;
use super::idempotency::{self, Key};
use crate::api::Api;
use crate::input::gate::Place;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use release_contract::body::{self, Input};
use release_contract::problem::{Problem, ProblemCode};
use release_domain::access::Permission;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;

/// A body's next part arrives within this, or its connection is only held.
const CHUNK_WITHIN: Duration = Duration::from_secs(10);

/// What came with a call: its body, its idempotency key, the version it changes.
pub struct Body<T> {
    value: Result<T, Problem>,
    key: Result<Option<Key>, Problem>,
    if_match: Result<u64, Problem>,
}

impl<T> Body<T> {
    /// The body and the key of a call that makes something.
    ///
    /// # Errors
    /// The missing permission or unknown id first, then what does not fit.
    pub async fn admit(self, api: &Api, permission: Permission, place: Place) -> Result<(T, Option<Key>), Problem> {
        let input = match (self.value, self.key) {
            (Ok(value), Ok(key)) => Ok((value, key)),
            (Err(problem), _) | (_, Err(problem)) => Err(problem),
        };
        api.admit(input, permission, place).await
    }

    /// The body of a change and the version it changes.
    ///
    /// # Errors
    /// As [`Body::admit`]; 428 and 412 before what is wrong with the body.
    pub async fn admit_change(self, api: &Api, permission: Permission, place: Place) -> Result<(T, u64), Problem> {
        let input = match (self.if_match, self.value) {
            (Ok(version), Ok(value)) => Ok((value, version)),
            (Err(problem), _) | (_, Err(problem)) => Err(problem),
        };
        api.admit(input, permission, place).await
    }

    /// The body of a call that asks for no permission.
    ///
    /// # Errors
    /// What does not fit.
    pub fn open(self) -> Result<T, Problem> {
        self.value
    }

    /// The body as far as it could be read, for whoever must know where a permission is asked.
    pub fn peek(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }
}

impl<T: Input> FromRequest for Body<T> {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&req, payload, T::LIMIT).await;
            let nothing = web::Bytes::new();
            let body = bytes.as_ref().unwrap_or(&nothing);
            let key = idempotency::key(req.headers(), req.method(), req.path(), body);
            let if_match = etag::if_match(req.headers());
            let value = bytes.and_then(|bytes| value(&req, &bytes));
            Ok(Self { value, key, if_match })
        })
    }
}

pub(super) async fn read(req: &HttpRequest, mut payload: Payload, limit: usize) -> Result<web::Bytes, Problem> {
    let too_large = || Problem::new(ProblemCode::TooLarge, format!("at most {limit} bytes"));
    let announced = req
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(too_large());
    }
    let mut bytes = web::BytesMut::with_capacity(announced.unwrap_or(0));
    loop {
        let next = tokio::time::timeout(CHUNK_WITHIN, payload.next()).await;
        let Some(chunk) = next.map_err(|_| Problem::malformed_body("the body stopped arriving before its end"))? else {
            break;
        };
        let chunk = chunk.map_err(|e| Problem::malformed_body(format!("the body did not arrive whole: {e}")))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn value<T: Input>(req: &HttpRequest, bytes: &[u8]) -> Result<T, Problem> {
    let value = if bytes.is_empty() && T::OPTIONAL {
        Value::Object(serde_json::Map::new())
    } else {
        must_be_json(req)?;
        if bytes.is_empty() {
            return Err(Problem::malformed_body("a JSON body is needed"));
        }
        serde_json::from_slice(bytes).map_err(|e| Problem::malformed_body(format!("this is not JSON: {e}")))?
    };
    body::read(value)
}

/// # Errors
/// The body comes in an encoding.
pub(super) fn unencoded(req: &HttpRequest) -> Result<(), Problem> {
    let encoding = req
        .headers()
        .get(header::CONTENT_ENCODING)
        .and_then(|v| v.to_str().ok());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "send the body without a Content-Encoding",
        ));
    }
    Ok(())
}

/// The media type that a body says it is, without its parameters, in lower case; empty where it says none.
pub(super) fn announced_type(req: &HttpRequest) -> String {
    let announced = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    announced
        .map(|t| t.split(';').next().unwrap_or(t).trim().to_ascii_lowercase())
        .unwrap_or_default()
}

fn must_be_json(req: &HttpRequest) -> Result<(), Problem> {
    unencoded(req)?;
    let essence = announced_type(req);
    let json = essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if json {
        return Ok(());
    }
    Err(Problem::new(
        ProblemCode::UnsupportedMediaType,
        "send the body as Content-Type: application/json",
    ))
}
