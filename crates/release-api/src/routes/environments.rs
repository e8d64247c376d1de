//! `/environments` and their policies.

use crate::api::{Api, done, no_content, ok, ok_versioned, versioned};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::{IdempotencyKey, IfMatch};
use actix_web::{delete, get, patch, post, put};
use release_app::Answer;
use release_app::catalogue::environments::{self, EnvironmentPatch, EnvironmentView, NewEnvironment};
use release_app::catalogue::policy;
use release_contract::asked;
use release_contract::body::Nothing;
use release_contract::catalogue::{CreateEnvironment, Environment, EnvironmentList, Rename};
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::policy::{PolicyRevision, PolicyRevisionList, PutPolicy};
use release_contract::query::{ENVIRONMENTS, EnvironmentsQuery};
use release_domain::access::Permission;
use release_domain::ids::EnvironmentId;
use utoipa_actix_web::service_config::ServiceConfig;

const REVISIONS: &str = "policy_revisions";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_environments)
        .service(create_environment)
        .service(get_environment)
        .service(edit_environment)
        .service(delete_environment)
        .service(put_policy)
        .service(list_policy_revisions);
}

/// Environments that the caller may read, by key.
#[utoipa::path(tag = "catalogue", params(EnvironmentsQuery), responses((status = 200, body = EnvironmentList)))]
#[get("/environments")]
async fn list_environments(api: Api, query: Query<EnvironmentsQuery>) -> Answered {
    let list = environments::list(api.app(), api.caller(), query.get()?.read()?).await?;
    ok(&EnvironmentList::from(listed(
        ENVIRONMENTS,
        list.found,
        list.actions,
        |view| Environment::listed(&view),
    )))
}

fn made(view: &EnvironmentView) -> Answer {
    versioned(201, view.environment.version, &Environment::whole(view))
}

/// Makes an environment; what its policy leaves out takes the kind's default.
#[utoipa::path(
    tag = "catalogue",
    params(IdempotencyKey),
    request_body = CreateEnvironment,
    responses((status = 201, body = Environment, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/environments")]
async fn create_environment(api: Api, body: Body<CreateEnvironment>) -> Answered {
    let (body, key) = body.admit(&api, Permission::EnvironmentWrite, Place::Anywhere).await?;
    let new = NewEnvironment {
        project_id: body.project_id.into(),
        key: body.key,
        name: body.name,
        kind: body.kind,
        policy: body.policy,
    };
    let call = api.call(key, &made);
    done(environments::create(api.app(), &call, new).await?, &made)
}

/// One environment with its effective policy.
#[utoipa::path(
    tag = "catalogue",
    responses((status = 200, body = Environment, headers(("ETag" = String, description = "Its version")))),
)]
#[get("/environments/{id}")]
async fn get_environment(api: Api, id: Id<EnvironmentId>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let view = environments::get(api.app(), api.caller(), id).await?;
    ok_versioned(view.environment.version, &Environment::whole(&view))
}

/// Renames an environment.
#[utoipa::path(
    tag = "catalogue",
    params(IfMatch),
    request_body = Rename,
    responses((status = 200, body = Environment, headers(("ETag" = String, description = "Its version")))),
)]
#[patch("/environments/{id}")]
async fn edit_environment(api: Api, id: Id<EnvironmentId>, body: Body<Rename>) -> Answered {
    let id = id.known(&api, Permission::EnvironmentWrite).await?;
    let (body, version) = body
        .admit_change(&api, Permission::EnvironmentWrite, Place::Environment(id))
        .await?;
    let patch = EnvironmentPatch { name: body.name };
    let view = environments::edit(api.app(), api.caller(), id, version, patch).await?;
    ok_versioned(view.environment.version, &Environment::whole(&view))
}

/// Deletes an environment that nothing refers to.
#[utoipa::path(tag = "catalogue", params(IfMatch), responses((status = 204)))]
#[delete("/environments/{id}")]
async fn delete_environment(api: Api, id: Id<EnvironmentId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::EnvironmentWrite).await?;
    let (_, version) = body
        .admit_change(&api, Permission::EnvironmentWrite, Place::Environment(id))
        .await?;
    environments::delete(api.app(), api.caller(), id, version).await?;
    no_content()
}

/// Replaces an environment's policy; `If-Match` is the environment's.
#[utoipa::path(
    tag = "catalogue",
    params(IfMatch),
    request_body = PutPolicy,
    responses((status = 200, body = Environment, headers(("ETag" = String, description = "Its version")))),
)]
#[put("/environments/{id}/policy")]
async fn put_policy(api: Api, id: Id<EnvironmentId>, body: Body<PutPolicy>) -> Answered {
    let id = id.known(&api, Permission::PolicyWrite).await?;
    let (body, version) = body
        .admit_change(&api, Permission::PolicyWrite, Place::Environment(id))
        .await?;
    let view = policy::put(api.app(), api.caller(), id, version, body.0).await?;
    ok_versioned(view.environment.version, &Environment::whole(&view))
}

asked! {
    PolicyRevisionsQuery {}
}

/// How a policy came to be what it is, newest first.
#[utoipa::path(tag = "catalogue", params(PolicyRevisionsQuery), responses((status = 200, body = PolicyRevisionList)))]
#[get("/environments/{id}/policy/revisions")]
async fn list_policy_revisions(api: Api, id: Id<EnvironmentId>, query: Query<PolicyRevisionsQuery>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let page = query.get().and_then(|asked| cursor::page(REVISIONS, &asked.limits()));
    let page = api
        .admit(page, Permission::CatalogueRead, Place::Environment(id))
        .await?;
    let found = policy::revisions(api.app(), api.caller(), id, page).await?;
    ok(&PolicyRevisionList::from(listed(
        REVISIONS,
        found,
        Vec::new(),
        PolicyRevision::from,
    )))
}
