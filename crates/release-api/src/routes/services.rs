//! `/services` and their revisions.

use crate::api::{Api, done, no_content, ok, ok_versioned, versioned};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::{Id, segment};
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::{IdempotencyKey, IfMatch};
use actix_web::{HttpRequest, delete, get, patch, post};
use release_app::catalogue::services::{self, NewService, ServicePatch, ServiceView};
use release_app::{Answer, AppError};
use release_contract::absent::change;
use release_contract::asked;
use release_contract::body::Nothing;
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::problem::Problem;
use release_contract::query::{SERVICES, ServicesQuery};
use release_contract::service::{
    CreateService, EditService, Service, ServiceList, ServiceRevision, ServiceRevisionList, VariableSpec,
};
use release_domain::access::Permission;
use release_domain::ids::ServiceId;
use release_domain::manifest;
use utoipa_actix_web::service_config::ServiceConfig;

const REVISIONS: &str = "service_revisions";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_services)
        .service(create_service)
        .service(get_service)
        .service(edit_service)
        .service(delete_service)
        .service(list_service_revisions)
        .service(get_service_revision);
}

/// Services that the caller may read, by key.
#[utoipa::path(tag = "catalogue", params(ServicesQuery), responses((status = 200, body = ServiceList)))]
#[get("/services")]
async fn list_services(api: Api, query: Query<ServicesQuery>) -> Answered {
    let list = services::list(api.app(), api.caller(), query.get()?.read()?).await?;
    ok(&ServiceList::from(listed(SERVICES, list.found, list.actions, |view| {
        Service::from(&view)
    })))
}

fn made(view: &ServiceView) -> Answer {
    versioned(201, view.service.version, &Service::from(view))
}

fn specs(variables: Vec<VariableSpec>) -> Vec<manifest::VariableSpec> {
    variables.into_iter().map(manifest::VariableSpec::from).collect()
}

/// Makes a service with its first revision.
#[utoipa::path(
    tag = "catalogue",
    params(IdempotencyKey),
    request_body = CreateService,
    responses((status = 201, body = Service, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/services")]
async fn create_service(api: Api, body: Body<CreateService>) -> Answered {
    let (body, key) = body.admit(&api, Permission::ServiceWrite, Place::Anywhere).await?;
    let new = NewService {
        project_id: body.project_id.into(),
        key: body.key,
        name: body.name,
        runtime_type: body.runtime_type,
        manifest: body.manifest.into(),
        variables: specs(body.variables),
        version_variable: body.version_variable,
    };
    let call = api.call(key, &made);
    done(services::create(api.app(), &call, new).await?, &made)
}

/// One service with its newest revision.
#[utoipa::path(
    tag = "catalogue",
    responses((status = 200, body = Service, headers(("ETag" = String, description = "Its version")))),
)]
#[get("/services/{id}")]
async fn get_service(api: Api, id: Id<ServiceId>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let view = services::get(api.app(), api.caller(), id).await?;
    ok_versioned(view.service.version, &Service::from(&view))
}

/// Changes a service; a change of manifest, variables or version variable makes a revision.
#[utoipa::path(
    tag = "catalogue",
    params(IfMatch),
    request_body = EditService,
    responses((status = 200, body = Service, headers(("ETag" = String, description = "Its version")))),
)]
#[patch("/services/{id}")]
async fn edit_service(api: Api, id: Id<ServiceId>, body: Body<EditService>) -> Answered {
    let id = id.known(&api, Permission::ServiceWrite).await?;
    let (body, version) = body
        .admit_change(&api, Permission::ServiceWrite, Place::Service(id))
        .await?;
    let patch = ServicePatch {
        name: body.name,
        manifest: body.manifest.map(manifest::Manifest::from),
        variables: body.variables.map(specs),
        version_variable: change(body.version_variable),
    };
    let view = services::edit(api.app(), api.caller(), id, version, patch).await?;
    ok_versioned(view.service.version, &Service::from(&view))
}

/// Deletes a service that no release refers to.
#[utoipa::path(tag = "catalogue", params(IfMatch), responses((status = 204)))]
#[delete("/services/{id}")]
async fn delete_service(api: Api, id: Id<ServiceId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::ServiceWrite).await?;
    let (_, version) = body
        .admit_change(&api, Permission::ServiceWrite, Place::Service(id))
        .await?;
    services::delete(api.app(), api.caller(), id, version).await?;
    no_content()
}

asked! {
    ServiceRevisionsQuery {}
}

/// A service's revisions, newest first.
#[utoipa::path(
    tag = "catalogue",
    params(ServiceRevisionsQuery),
    responses((status = 200, body = ServiceRevisionList)),
)]
#[get("/services/{id}/revisions")]
async fn list_service_revisions(api: Api, id: Id<ServiceId>, query: Query<ServiceRevisionsQuery>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let page = query.get().and_then(|asked| cursor::page(REVISIONS, &asked.limits()));
    let page = api.admit(page, Permission::CatalogueRead, Place::Service(id)).await?;
    let found = services::revisions(api.app(), api.caller(), id, page).await?;
    ok(&ServiceRevisionList::from(listed(
        REVISIONS,
        found,
        Vec::new(),
        ServiceRevision::from,
    )))
}

/// One revision.
#[utoipa::path(tag = "catalogue", responses((status = 200, body = ServiceRevision)))]
#[get("/services/{id}/revisions/{number}")]
async fn get_service_revision(api: Api, id: Id<ServiceId>, req: HttpRequest) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let number = segment(&req, "number").ok_or_else(|| Problem::from(AppError::NotFound));
    let number = api.admit(number, Permission::CatalogueRead, Place::Service(id)).await?;
    let revision = services::revision(api.app(), api.caller(), id, number).await?;
    ok(&ServiceRevision::from(revision))
}
