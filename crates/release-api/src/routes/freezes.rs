//! `/freezes`: stop the line.

use crate::api::{Api, answer, done, no_content, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::{delete, get, post};
use release_app::catalogue::freezes::{self, FreezeView, NewFreeze};
use release_app::{Answer, FieldError};
use release_contract::asked;
use release_contract::catalogue::{CreateFreeze, Freeze, FreezeList};
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::problem::Problem;
use release_domain::access::Permission;
use release_domain::freeze::FreezeScope;
use release_domain::ids::FreezeId;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "freezes";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_freezes)
        .service(create_freeze)
        .service(get_freeze)
        .service(end_freeze);
}

asked! {
    FreezesQuery {}
}

/// Freezes that are neither over nor ended, newest first.
#[utoipa::path(tag = "freezes", params(FreezesQuery), responses((status = 200, body = FreezeList)))]
#[get("/freezes")]
async fn list_freezes(api: Api, query: Query<FreezesQuery>) -> Answered {
    let page = cursor::page(LIST, &query.get()?.limits())?;
    let list = freezes::list(api.app(), api.caller(), page).await?;
    ok(&FreezeList::from(listed(LIST, list.found, list.actions, |view| {
        Freeze::from(&view)
    })))
}

fn made(view: &FreezeView) -> Answer {
    answer(201, &Freeze::from(view))
}

/// Sets a freeze: of a project, an environment or a target, or of everything.
#[utoipa::path(
    tag = "freezes",
    params(IdempotencyKey),
    request_body = CreateFreeze,
    responses((status = 201, body = Freeze)),
)]
#[post("/freezes")]
async fn create_freeze(api: Api, body: Body<CreateFreeze>) -> Answered {
    let (body, key) = body.admit(&api, Permission::FreezeWrite, Place::Anywhere).await?;
    let scope = api
        .admit(scope(&body), Permission::FreezeWrite, Place::Anywhere)
        .await?;
    let new = NewFreeze {
        name: body.name,
        reason: body.reason,
        scope,
        starts_at: body.starts_at.map(|at| at.0),
        ends_at: body.ends_at.map(|at| at.0),
        covers_rollback: body.covers_rollback,
    };
    let call = api.call(key, &made);
    done(freezes::create(api.app(), &call, new).await?, &made)
}

fn scope(body: &CreateFreeze) -> Result<FreezeScope, Problem> {
    match (body.project_id, body.environment_id, body.target_id) {
        (None, None, None) => Ok(FreezeScope::Everything),
        (Some(id), None, None) => Ok(FreezeScope::Project(id.into())),
        (None, Some(id), None) => Ok(FreezeScope::Environment(id.into())),
        (None, None, Some(id)) => Ok(FreezeScope::Target(id.into())),
        (project, environment, target) => {
            let given = [
                ("/project_id", project.is_some()),
                ("/environment_id", environment.is_some()),
                ("/target_id", target.is_some()),
            ];
            let wrong = given.into_iter().filter(|(_, there)| *there);
            Err(Problem::invalid_body(
                wrong
                    .map(|(at, _)| FieldError::new(at, "invalid_value", "name one of project, environment and target"))
                    .collect(),
            ))
        }
    }
}

/// One freeze.
#[utoipa::path(tag = "freezes", responses((status = 200, body = Freeze)))]
#[get("/freezes/{id}")]
async fn get_freeze(api: Api, id: Id<FreezeId>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let view = freezes::get(api.app(), api.caller(), id).await?;
    ok(&Freeze::from(&view))
}

/// Ends a freeze.
#[utoipa::path(tag = "freezes", responses((status = 204)))]
#[delete("/freezes/{id}")]
async fn end_freeze(api: Api, id: Id<FreezeId>) -> Answered {
    let id = id.known(&api, Permission::FreezeWrite).await?;
    freezes::end(api.app(), api.caller(), id).await?;
    no_content()
}
