//! Bodies of a JSON object a line (NDJSON): read within their limit, each line checked against its schema, judged only
//! after the permission.

use super::body::{announced_type, read, unencoded};
use super::idempotency::{self, Key};
use super::schema;
use crate::problem::{Problem, ProblemCode};
use crate::routes::timeline::NDJSON;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures::future::LocalBoxFuture;
use release_app::{FieldError, LineError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::convert::Infallible;
use utoipa::ToSchema;

/// The most that is imported at once (api.md).
pub const IMPORT_BYTES: usize = 64 * 1024 * 1024;

/// What the lines of a call are.
pub trait Line: DeserializeOwned + ToSchema + Send + 'static {}

/// The lines that fit, by number from 1, and those that do not.
pub struct Read<T> {
    pub lines: Vec<(u32, T)>,
    pub wrong: Vec<LineError>,
}

/// What came with a call.
pub struct Lines<T> {
    read: Result<Read<T>, Problem>,
    key: Result<Option<Key>, Problem>,
}

impl<T> Lines<T> {
    /// The lines and the idempotency key.
    ///
    /// # Errors
    /// The body is too large, of another media type, or broke off.
    pub fn get(self) -> Result<(Read<T>, Option<Key>), Problem> {
        Ok((self.read?, self.key?))
    }
}

impl<T: Line> FromRequest for Lines<T> {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let bytes = match must_be_lines(&req) {
                Ok(()) => read(&req, payload, IMPORT_BYTES).await,
                Err(problem) => Err(problem),
            };
            let nothing = web::Bytes::new();
            let key = idempotency::key(
                req.headers(),
                req.method(),
                req.path(),
                bytes.as_ref().unwrap_or(&nothing),
            );
            let read = match bytes {
                // Megabytes of lines: not on the thread that answers others.
                Ok(bytes) => match web::block(move || lines(&bytes)).await {
                    Ok(read) => read,
                    Err(error) => Err(Problem::internal(error.to_string())),
                },
                Err(problem) => Err(problem),
            };
            Ok(Self { read, key })
        })
    }
}

fn lines<T: Line>(bytes: &[u8]) -> Result<Read<T>, Problem> {
    let checker = schema::checker::<T>(schema::whole::<T>).map_err(Problem::internal)?;
    let mut read = Read {
        lines: Vec::new(),
        wrong: Vec::new(),
    };
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if read.wrong.len() >= release_app::releases::import::MAX_BAD_LINES {
            break;
        }
        match one(&checker, line) {
            Ok(value) => read.lines.push((number, value)),
            Err(errors) => read
                .wrong
                .extend(errors.into_iter().map(|error| LineError { line: number, error })),
        }
    }
    Ok(read)
}

fn one<T: Line>(checker: &schema::Checker, line: &[u8]) -> Result<T, Vec<FieldError>> {
    let malformed =
        |error: serde_json::Error| vec![FieldError::new("", "malformed", format!("this is not JSON: {error}"))];
    let value: Value = serde_json::from_slice(line).map_err(malformed)?;
    let wrong = checker.check(&value);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    T::deserialize(value).map_err(|error| vec![FieldError::new("", "invalid_value", error.to_string())])
}

fn must_be_lines(req: &HttpRequest) -> Result<(), Problem> {
    unencoded(req)?;
    match announced_type(req) == NDJSON {
        true => Ok(()),
        false => Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "send the body as Content-Type: application/x-ndjson",
        )),
    }
}
