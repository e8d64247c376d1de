//! `/grants`.

use crate::api::{Api, answer, done, no_content, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::{delete, get, post};
use release_app::Answer;
use release_app::access::grants::{self, GrantView};
use release_contract::asked;
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::people::{CreateGrant, Grant, GrantList};
use release_contract::problem::Problem;
use release_domain::access::Permission;
use release_domain::ids::GrantId;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "grants";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_grants)
        .service(create_grant)
        .service(get_grant)
        .service(delete_grant);
}

asked! {
    GrantsQuery {}
}

/// Grants in scopes where the caller has `access:read`, newest first.
#[utoipa::path(tag = "access", params(GrantsQuery), responses((status = 200, body = GrantList)))]
#[get("/grants")]
async fn list_grants(api: Api, query: Query<GrantsQuery>) -> Answered {
    let page = cursor::page(LIST, &query.get()?.limits())?;
    let list = grants::list(api.app(), api.caller(), page).await?;
    ok(&GrantList::from(listed(LIST, list.found, list.actions, |view| {
        Grant::from(&view)
    })))
}

fn made(view: &GrantView) -> Answer {
    answer(201, &Grant::from(view))
}

/// Gives a role to a subject in a scope.
#[utoipa::path(
    tag = "access",
    params(IdempotencyKey),
    request_body = CreateGrant,
    responses((status = 201, body = Grant)),
)]
#[post("/grants")]
async fn create_grant(api: Api, body: Body<CreateGrant>) -> Answered {
    let (body, key) = body.admit(&api, Permission::AccessWrite, Place::Anywhere).await?;
    let new = body.grant().map_err(Problem::invalid_body);
    let new = api.admit(new, Permission::AccessWrite, Place::Anywhere).await?;
    let call = api.call(key, &made);
    done(grants::create(api.app(), &call, new).await?, &made)
}

/// One grant.
#[utoipa::path(tag = "access", responses((status = 200, body = Grant)))]
#[get("/grants/{id}")]
async fn get_grant(api: Api, id: Id<GrantId>) -> Answered {
    let id = id.known(&api, Permission::AccessRead).await?;
    let view = grants::get(api.app(), api.caller(), id).await?;
    ok(&Grant::from(&view))
}

/// Takes a role away.
#[utoipa::path(tag = "access", responses((status = 204)))]
#[delete("/grants/{id}")]
async fn delete_grant(api: Api, id: Id<GrantId>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    grants::delete(api.app(), api.caller(), id).await?;
    no_content()
}
