//! JSON bodies: read within their limit, checked against their schema, judged only after the permission.

use super::idempotency::{self, Key};
use super::{etag, schema};
use crate::api::Api;
use crate::input::gate::Place;
use crate::problem::{Problem, ProblemCode};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use release_app::FieldError;
use release_domain::access::Permission;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use utoipa::ToSchema;

/// Most bodies are a few lines (security.md, *Limits*).
pub const BODY_BYTES: usize = 1024 * 1024;
/// Manifests are several files.
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// A body's next part arrives within this, or its connection is only held.
const CHUNK_WITHIN: Duration = Duration::from_secs(10);

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
