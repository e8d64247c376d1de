//! Problems as responses.
//!
//! What a problem is, and which one an error becomes, is the contract's table (`release_contract::problem`). Here it gets
//! its status line and headers.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use release_contract::problem::{Problem, ProblemCode, ProblemDocument};
use std::fmt;

pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem on its way out of a handler. `instance` and `trace_id` are added at the edge, which knows the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Problem);

/// What every handler answers.
pub type Answered = Result<HttpResponse, Refused>;

impl<E> From<E> for Refused
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        status(&self.0)
    }

    fn error_response(&self) -> HttpResponse {
        response(&self.0, None, None)
    }
}

/// A problem's status.
#[must_use]
pub fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The response for one request.
#[must_use]
pub fn response(problem: &Problem, instance: Option<&str>, trace_id: Option<&str>) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(status(problem));
    response.content_type(MEDIA_TYPE);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(secs) = problem.extras.retry_after_secs {
        response.insert_header((header::RETRY_AFTER, secs.to_string()));
    }
    if let Some(allow) = &problem.extras.allow {
        response.insert_header((header::ALLOW, allow.as_str()));
    }
    if problem.code == ProblemCode::Unauthenticated {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    let document = ProblemDocument::of(problem, instance, trace_id);
    response.body(serde_json::to_vec(&document).unwrap_or_default())
}
