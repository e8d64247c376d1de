//! `/targets`, their probes and holds.

use crate::api::{Api, done, no_content, ok, ok_versioned, versioned};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::{IdempotencyKey, IfMatch};
use actix_web::{delete, get, patch, post};
use release_app::Answer;
use release_app::catalogue::holds;
use release_app::catalogue::targets::{self, TargetView};
use release_contract::body::Nothing;
use release_contract::catalogue::{Hold, Holds};
use release_contract::list::listed;
use release_contract::query::Asked;
use release_contract::query::{TARGETS, TargetsQuery};
use release_contract::target::{CreateTarget, EditTarget, Probe, Target, TargetList};
use release_domain::access::Permission;
use release_domain::ids::{ServiceId, TargetId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_targets)
        .service(create_target)
        .service(get_target)
        .service(edit_target)
        .service(delete_target)
        .service(probe_target)
        .service(list_holds)
        .service(lift_hold);
}

/// Targets that the caller may read, by key.
#[utoipa::path(tag = "targets", params(TargetsQuery), responses((status = 200, body = TargetList)))]
#[get("/targets")]
async fn list_targets(api: Api, query: Query<TargetsQuery>) -> Answered {
    let list = targets::list(api.app(), api.caller(), query.get()?.read()?).await?;
    ok(&TargetList::from(listed(TARGETS, list.found, list.actions, |view| {
        Target::from(&view)
    })))
}

fn made(view: &TargetView) -> Answer {
    versioned(201, view.version, &Target::from(view))
}

/// Makes a target; its credentials go in and never come out.
#[utoipa::path(
    tag = "targets",
    params(IdempotencyKey),
    request_body = CreateTarget,
    responses((status = 201, body = Target, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/targets")]
async fn create_target(api: Api, body: Body<CreateTarget>) -> Answered {
    let (body, key) = body.admit(&api, Permission::TargetWrite, Place::Anywhere).await?;
    let call = api.call(key, &made);
    done(targets::create(api.app(), &call, body.into()).await?, &made)
}

/// One target.
#[utoipa::path(
    tag = "targets",
    responses((status = 200, body = Target, headers(("ETag" = String, description = "Its version")))),
)]
#[get("/targets/{id}")]
async fn get_target(api: Api, id: Id<TargetId>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let view = targets::get(api.app(), api.caller(), id).await?;
    ok_versioned(view.version, &Target::from(&view))
}

/// Changes a target.
#[utoipa::path(
    tag = "targets",
    params(IfMatch),
    request_body = EditTarget,
    responses((status = 200, body = Target, headers(("ETag" = String, description = "Its version")))),
)]
#[patch("/targets/{id}")]
async fn edit_target(api: Api, id: Id<TargetId>, body: Body<EditTarget>) -> Answered {
    let id = id.known(&api, Permission::TargetWrite).await?;
    let (body, version) = body
        .admit_change(&api, Permission::TargetWrite, Place::Target(id))
        .await?;
    let view = targets::edit(api.app(), api.caller(), id, version, body.into()).await?;
    ok_versioned(view.version, &Target::from(&view))
}

/// Deletes a target that nothing refers to.
#[utoipa::path(tag = "targets", params(IfMatch), responses((status = 204)))]
#[delete("/targets/{id}")]
async fn delete_target(api: Api, id: Id<TargetId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::TargetWrite).await?;
    let (_, version) = body
        .admit_change(&api, Permission::TargetWrite, Place::Target(id))
        .await?;
    targets::delete(api.app(), api.caller(), id, version).await?;
    no_content()
}

/// Asks the target how it is.
#[utoipa::path(
    tag = "targets",
    request_body(content = Nothing, description = "None, or {}"),
    responses((status = 200, body = Probe)),
)]
#[post("/targets/{id}/probe")]
async fn probe_target(api: Api, id: Id<TargetId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::TargetProbe).await?;
    body.admit(&api, Permission::TargetProbe, Place::Target(id)).await?;
    let view = targets::probe(api.app(), api.caller(), id).await?;
    ok(&Probe::from(view))
}

/// Services whose automation stands still here.
#[utoipa::path(tag = "targets", responses((status = 200, body = Holds)))]
#[get("/targets/{id}/holds")]
async fn list_holds(api: Api, id: Id<TargetId>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let holds = holds::list(api.app(), api.caller(), id).await?;
    ok(&Holds {
        items: holds.iter().map(Hold::from).collect(),
    })
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldQuery {
    /// Whose hold.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
}

impl Asked for HoldQuery {}

/// Lifts a service's hold, by a person's own hand.
#[utoipa::path(tag = "targets", params(HoldQuery), responses((status = 204)))]
#[delete("/targets/{id}/holds")]
async fn lift_hold(api: Api, id: Id<TargetId>, query: Query<HoldQuery>) -> Answered {
    let id = id.known(&api, Permission::TargetHold).await?;
    let asked = query.admit(&api, Permission::TargetHold, Place::Target(id)).await?;
    holds::lift(api.app(), api.caller(), id, asked.service_id).await?;
    no_content()
}
