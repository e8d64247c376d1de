//! The HTTP contract under `/api/v1`.
//!
//! Purpose: turn requests into calls of `release-app` and their outcomes into JSON. Limits: no SQL, no runtime, no
//! decision; nothing here asks which state a release is in, it maps values. Invariant: every answer that is not a
//! success is an RFC 9457 problem, and every success is what the OpenAPI document says.
//!
//! A server builds one [`ApiState`], and per worker an [`app`].

pub mod api;
pub mod auth;
pub mod edge;
mod evidence;
pub mod input;
pub mod mcp;
pub mod metrics;
pub mod openapi;
pub mod operations;
pub mod problem;
pub mod routes;
pub mod settings;
pub mod sse;

pub use api::ApiState;
pub use metrics::Metrics;
pub use openapi::Document;
pub use operations::{Check, Readiness};
pub use settings::{ApiSettings, STREAM_COMMENT_EVERY, STREAM_SESSION_CHECK_EVERY, TrustedProxy};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, web};

/// Everything this crate answers, with its layers around it: for one worker.
///
/// More may be added to it (web pages); what nobody answers is a problem.
pub fn app(
    state: &web::Data<ApiState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .configure(configure(state))
        .default_service(web::to(routes::nowhere))
        .wrap(from_fn(edge::middleware))
        .wrap(Compress::default())
}

/// The routes alone, without the layers of [`app`].
pub fn configure(state: &web::Data<ApiState>) -> impl Fn(&mut web::ServiceConfig) + use<> {
    let state = state.clone();
    move |config| {
        config.app_data(state.clone());
        mcp::configure(config, &state);
        operations::configure(config, state.settings.serve_metrics);
        openapi::configure(config);
        routes::configure(config);
    }
}
