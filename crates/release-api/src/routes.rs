//! The addresses of the contract, one file a resource.
//!
//! A handler reads its input, calls one use case and maps the outcome; whatever branches on more than that belongs in
//! `release-app`.

mod approvals;
mod assistant;
mod audit;
mod auth;
mod environments;
mod events;
mod freezes;
mod grants;
mod headers;
mod overview;
mod projects;
mod releases;
mod render;
mod roles;
mod services;
mod targets;
pub(crate) mod timeline;
mod tokens;
mod users;

use crate::auth as identity;
use crate::openapi::BASE;
use crate::problem::Answered;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, web};
use release_contract::problem::{Problem, ProblemCode};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds every route of the contract, authenticated.
pub fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(BASE)
            .wrap(from_fn(identity::middleware))
            .configure(|config| documented(&mut ServiceConfig::new(config)))
            .default_service(web::to(nowhere)),
    );
}

/// Every route that the document tells of. Those asked for most come first: the router looks from the top.
pub fn documented(config: &mut ServiceConfig<'_>) {
    releases::configure(config);
    timeline::configure(config);
    events::configure(config);
    approvals::configure(config);
    overview::configure(config);
    assistant::configure(config);
    projects::configure(config);
    environments::configure(config);
    services::configure(config);
    targets::configure(config);
    freezes::configure(config);
    render::configure(config);
    audit::configure(config);
    auth::configure(config);
    tokens::configure(config);
    users::configure(config);
    roles::configure(config);
    grants::configure(config);
}

/// What nobody answers: a method that the address does not take, or no address at all.
///
/// # Errors
/// Always.
pub async fn nowhere(req: HttpRequest) -> Answered {
    let state = crate::api::state_of(&req)?;
    let methods = state.document.methods(req.path());
    // An address of the contract that is served by another listener is not there, whatever the method.
    let elsewhere = req.path() == crate::operations::METRICS && !state.settings.serve_metrics;
    if elsewhere || methods.is_empty() || methods.contains(&req.method().as_str()) {
        return Err(Problem::new(ProblemCode::NotFound, "there is nothing at this address").into());
    }
    let allow = methods.join(", ");
    let detail = format!("this address takes {allow}");
    Err(Problem::new(ProblemCode::MethodNotAllowed, detail)
        .allowing(allow)
        .into())
}
