//! The OpenAPI 3.1 document, made from the code, and its reference page.
//!
//! Handlers say what is theirs; what every operation has (credentials, problems, path ids) is added here by rule, so
//! that no handler can leave it out.

mod complete;
mod reference;

use crate::problem::Answered;
use crate::routes;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde_json::Value;
use utoipa::OpenApi;
use utoipa_actix_web::{AppExt, scope};

/// Everything below this is the contract.
pub const BASE: &str = "/api/v1";
/// Where the document is.
pub const DOCUMENT: &str = "/api/v1/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Release control plane",
        description = "Governed releases: draft, preview, submit, approve, apply, watch, roll back.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/")),
    tags(
        (name = "releases"), (name = "approvals"), (name = "overview"), (name = "assistant"), (name = "catalogue"), (name = "targets"), (name = "freezes"),
        (name = "audit"), (name = "events"), (name = "auth"), (name = "access"),
    ),
)]
struct Base;

/// The document, and which methods which addresses take.
#[derive(Clone)]
pub struct Document {
    json: web::Bytes,
    routes: Vec<(Vec<String>, Vec<&'static str>)>,
}

impl Document {
    #[must_use]
    pub fn build(version: &str) -> Self {
        let (_, mut api) = actix_web::App::new()
            .into_utoipa_app()
            .openapi(Base::openapi())
            .service(scope::scope(BASE).configure(routes::documented))
            .split_for_parts();
        version.clone_into(&mut api.info.version);
        complete::complete(&mut api);
        let mut routes: Vec<_> = api
            .paths
            .paths
            .iter()
            .map(|(path, item)| (segments(path), complete::methods(item)))
            .collect();
        let beside = crate::operations::ROUTES
            .iter()
            .chain(reference::ROUTES)
            .chain(&[DOCUMENT]);
        routes.extend(beside.map(|path| (segments(path), vec!["GET"])));
        Self {
            json: web::Bytes::from(api.to_json().unwrap_or_default()),
            routes,
        }
    }

    #[must_use]
    pub fn json(&self) -> &web::Bytes {
        &self.json
    }

    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }

    /// The methods that an address takes; empty where nothing is there.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<&'static str> {
        let path = segments(path);
        let fits = |pattern: &[String]| {
            let same =
                |(part, given): (&String, &String)| part == given || (part.starts_with('{') && !given.is_empty());
            pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
        };
        self.routes
            .iter()
            .filter(|(pattern, _)| fits(pattern))
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect()
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

async fn document(state: web::Data<crate::ApiState>) -> Answered {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(state.document.json().clone()))
}

/// Adds the document and its page; both are for anybody.
pub fn configure(config: &mut web::ServiceConfig) {
    config.route(DOCUMENT, web::get().to(document));
    reference::configure(config);
}
