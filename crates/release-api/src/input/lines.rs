//! Bodies of a JSON object a line (NDJSON): read within their limit, each line checked against its schema, judged only
//! after the permission.

use super::body::{announced_type, read, unencoded};
use super::idempotency::{self, Key};
use crate::routes::timeline::NDJSON;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures::future::LocalBoxFuture;
use release_contract::lines::{self, Line, Read};
use release_contract::problem::{Problem, ProblemCode};
use std::convert::Infallible;

/// The most that is imported at once (api.md).
pub const IMPORT_BYTES: usize = 64 * 1024 * 1024;

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
                Ok(bytes) => match web::block(move || lines::read(&bytes)).await {
                    Ok(read) => read,
                    Err(error) => Err(Problem::internal(error.to_string())),
                },
                Err(problem) => Err(problem),
            };
            Ok(Self { read, key })
        })
    }
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
