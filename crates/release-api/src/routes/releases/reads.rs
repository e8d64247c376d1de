//! What is read of releases.

use super::shown;
use crate::api::{Api, ok};
use crate::input::gate::Place;
use crate::input::idempotency::response;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use actix_web::get;
use release_app::releases::{diagnostics, get, list, manifest, objects, plan};
use release_contract::list::listed;
use release_contract::plan::{ObjectText, Preview};
use release_contract::query::{ObjectQuery, PlanQuery, RELEASES, ReleasesQuery};
use release_contract::release::{Release, ReleaseList};
use release_contract::render::ReleaseManifest;
use release_contract::runtime::{Diagnostics, Objects};
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_release)
        .service(list_releases)
        .service(get_plan)
        .service(get_plan_object)
        .service(get_manifest)
        .service(get_objects)
        .service(get_diagnostics);
}

/// Releases that the caller may read, newest first.
#[utoipa::path(tag = "releases", params(ReleasesQuery), responses((status = 200, body = ReleaseList)))]
#[get("/releases")]
async fn list_releases(api: Api, query: Query<ReleasesQuery>) -> Answered {
    let (filter, page) = query.get()?.read(api.caller())?;
    let found = list::list(api.app(), api.caller(), &filter, page).await?;
    let create = api.app().create_action(api.caller(), Permission::ReleaseCreate).await?;
    let list = listed(RELEASES, found, vec![create], |view| Release::listed(&view));
    ok(&ReleaseList::from(list))
}

/// One release.
#[utoipa::path(
    tag = "releases",
    responses((status = 200, body = Release, headers(("ETag" = String, description = "Its version")))),
)]
#[get("/releases/{id}")]
async fn get_release(api: Api, id: Id<ReleaseId>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let view = get::get(api.app(), api.caller(), id).await?;
    Ok(response(shown(&view)))
}

/// The newest preview of that kind, without its token.
#[utoipa::path(tag = "releases", params(PlanQuery), responses((status = 200, body = Preview)))]
#[get("/releases/{id}/plan")]
async fn get_plan(api: Api, id: Id<ReleaseId>, query: Query<PlanQuery>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let asked = query.admit(&api, Permission::ReleaseRead, Place::Release(id)).await?;
    let view = plan::plan(api.app(), api.caller(), id, asked.kind()).await?;
    ok(&Preview::from(view))
}

/// One object's two sides.
#[utoipa::path(tag = "releases", params(ObjectQuery), responses((status = 200, body = ObjectText)))]
#[get("/releases/{id}/plan/object")]
async fn get_plan_object(api: Api, id: Id<ReleaseId>, query: Query<ObjectQuery>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let asked = query.admit(&api, Permission::ReleaseRead, Place::Release(id)).await?;
    let view = plan::object(api.app(), api.caller(), id, asked.kind(), &asked.key).await?;
    ok(&ObjectText::from(view))
}

/// Files and rendered documents, secrets masked.
#[utoipa::path(tag = "releases", responses((status = 200, body = ReleaseManifest)))]
#[get("/releases/{id}/manifest")]
async fn get_manifest(api: Api, id: Id<ReleaseId>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let view = manifest::manifest(api.app(), api.caller(), id).await?;
    ok(&ReleaseManifest::from(view))
}

/// Where each object stands.
#[utoipa::path(tag = "releases", responses((status = 200, body = Objects)))]
#[get("/releases/{id}/objects")]
async fn get_objects(api: Api, id: Id<ReleaseId>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let view = objects::objects(api.app(), api.caller(), id).await?;
    ok(&Objects::from(view))
}

/// Why it failed: causes, most specific first, newest execution first.
#[utoipa::path(tag = "releases", responses((status = 200, body = Diagnostics)))]
#[get("/releases/{id}/diagnostics")]
async fn get_diagnostics(api: Api, id: Id<ReleaseId>) -> Answered {
    let id = id.known(&api, Permission::DiagnosticsRead).await?;
    let items = diagnostics::diagnostics(api.app(), api.caller(), id).await?;
    ok(&Diagnostics { items })
}
