//! The outermost layer: what every request and every response has, whatever is inside.
//!
//! In: a request id, the W3C trace, the client's address, a tracing span. Out: the same ids, security headers, and
//! every error as a problem with its instance and trace id. A panic below is a 500 like any other. Invariant: nothing
//! leaves with a 4xx or 5xx status and without a problem document.

mod headers;
mod identity;
pub mod rate;

pub use identity::RequestContext;

use crate::api::ApiState;
use crate::mcp;
use crate::metrics::Metrics;
use crate::problem::{self, MEDIA_TYPE, Refused};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError, web};
use futures::FutureExt;
use release_contract::problem::{Problem, ProblemCode};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::Instrument;

/// The middleware around everything.
///
/// # Errors
/// Only what a panic or an error of a lower layer became: a problem, complete with its headers.
pub async fn middleware<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let started = Instant::now();
    let state = req.app_data::<web::Data<ApiState>>().cloned();
    let context = identity::establish(&req, state.as_ref().map(|s| s.get_ref()));
    let (method, path) = (req.method().clone(), req.path().to_owned());
    if method == Method::HEAD {
        // Every GET answers HEAD too; the body is left out further down.
        req.head_mut().method = Method::GET;
    }
    let span = tracing::info_span!(
        "request",
        request_id = %context.request_id,
        trace_id = %context.trace_id,
        correlation_id = tracing::field::Empty,
        user = tracing::field::Empty,
        %method,
        %path,
    );
    req.extensions_mut().insert(context.clone());
    let outcome = AssertUnwindSafe(next.call(req))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let _entered = span.enter();
    let finish = Finish {
        context: &context,
        path: &path,
        state: state.as_ref().map(|s| s.get_ref()),
        method: &method,
        started,
    };
    match outcome {
        Ok(Ok(response)) => Ok(finish.response(response)),
        Ok(Err(error)) => Err(finish.lost(&problem_of(&error)).into()),
        Err(panic) => Err(finish
            .lost(&Problem::internal(format!("panicked: {}", told(&panic))))
            .into()),
    }
}

struct Finish<'a> {
    context: &'a RequestContext,
    path: &'a str,
    state: Option<&'a ApiState>,
    method: &'a Method,
    started: Instant,
}

impl Finish<'_> {
    fn response<B: MessageBody + 'static>(
        &self,
        response: ServiceResponse<B>,
    ) -> ServiceResponse<EitherBody<B, BoxBody>> {
        let pattern = response.request().match_pattern();
        self.measure(pattern.as_deref(), response.status());
        let mut response = match problem_in(&response) {
            Some(problem) => {
                log(&problem);
                let rendered = problem::response(&problem, Some(self.path), Some(&self.context.trace_id));
                response.into_response(rendered).map_into_right_body()
            }
            None => response.map_into_left_body(),
        };
        self.dress(response.headers_mut());
        response
    }

    /// The response of a request whose own was lost.
    fn lost(&self, problem: &Problem) -> Lost {
        self.measure(None, problem::status(problem));
        log(problem);
        let mut headers = header::HeaderMap::new();
        self.dress(&mut headers);
        Lost {
            problem: problem.clone(),
            instance: self.path.to_owned(),
            trace_id: self.context.trace_id.clone(),
            headers,
        }
    }

    fn dress(&self, to: &mut header::HeaderMap) {
        headers::add(to, self.state.is_some_and(|s| s.settings.secure_cookies));
        identity::echo(self.context, to);
    }

    fn measure(&self, pattern: Option<&str>, status: StatusCode) {
        let elapsed = self.started.elapsed();
        if let Some(state) = self.state {
            Metrics::request(&state.metrics, self.method, pattern, status, elapsed);
        }
        tracing::debug!(status = status.as_u16(), elapsed_us = elapsed.as_micros(), "answered");
    }
}

/// A whole response that travels as an error, because the request it answers is gone.
struct Lost {
    problem: Problem,
    instance: String,
    trace_id: String,
    headers: header::HeaderMap,
}

impl fmt::Debug for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.problem, f)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.problem, f)
    }
}

impl ResponseError for Lost {
    fn status_code(&self) -> StatusCode {
        problem::status(&self.problem)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = problem::response(&self.problem, Some(&self.instance), Some(&self.trace_id));
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    }
}

/// The problem that a response is, or must become.
fn problem_in<B>(response: &ServiceResponse<B>) -> Option<Problem> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    if let Some(error) = response.response().error() {
        return Some(problem_of(error));
    }
    let written = response.headers().get(header::CONTENT_TYPE).map(|v| v.as_bytes());
    // What is wrong with a message of MCP is told in its own document.
    let own = response.request().path() == mcp::PATH && written == Some(b"application/json");
    (written != Some(MEDIA_TYPE.as_bytes()) && !own).then(|| bare(status))
}

fn problem_of(error: &actix_web::Error) -> Problem {
    match error.as_error::<Refused>() {
        Some(Refused(problem)) => problem.clone(),
        None => bare(error.as_response_error().status_code()).caused_by(error.to_string()),
    }
}

/// Of an error that says no more than its status.
fn bare(status: StatusCode) -> Problem {
    let code = ProblemCode::of_status(status.as_u16());
    Problem {
        status: status.as_u16(),
        ..Problem::new(code, status.canonical_reason().unwrap_or("refused").to_lowercase())
    }
}

/// Faults are logged once, here, with their cause; refusals are no news.
fn log(problem: &Problem) {
    let (code, status) = (problem.code.as_str(), problem.status);
    let cause = problem.extras.cause.as_deref().unwrap_or(&problem.detail);
    if status >= 500 {
        tracing::error!(code, status, cause, "the request failed");
    } else {
        tracing::debug!(code, status, cause, "the request was refused");
    }
}

fn told(panic: &Box<dyn std::any::Any + Send>) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}
