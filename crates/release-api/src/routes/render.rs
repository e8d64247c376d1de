//! `/render`: what a manifest becomes. Touches no target, stores nothing.

use crate::api::{Api, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::problem::Answered;
use actix_web::post;
use release_app::rendering;
use release_contract::problem::Problem;
use release_contract::render::{Render, Rendered};
use release_domain::access::Permission;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(render);
}

/// Renders a body, a service's revision or a release's draft. What is wrong with it is in the answer.
#[utoipa::path(tag = "catalogue", request_body = Render, responses((status = 200, body = Rendered)))]
#[post("/render")]
async fn render(api: Api, body: Body<Render>) -> Answered {
    let input = body.open().and_then(|body| body.input().map_err(Problem::invalid_body));
    let input = api.admit(input, Permission::CatalogueRead, Place::Anywhere).await?;
    let view = rendering::render(api.app(), api.caller(), input).await?;
    ok(&Rendered::from(view))
}
