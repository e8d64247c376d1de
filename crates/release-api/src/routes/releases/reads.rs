//! What is read of releases.

use super::shown;
use crate::api::{Api, ok};
use crate::dto::list::listed;
use crate::dto::plan::{ObjectText, Preview};
use crate::dto::release::{Release, ReleaseList};
use crate::dto::render::ReleaseManifest;
use crate::dto::runtime::{Diagnostics, Objects};
use crate::dto::scalar::Time;
use crate::dto::word;
use crate::input::cursor;
use crate::input::gate::Place;
use crate::input::idempotency::response;
use crate::input::path::Id;
use crate::input::query::{Asked, Query, words};
use crate::problem::Answered;
use crate::routes::lists::{asked, people};
use actix_web::get;
use release_app::releases::{diagnostics, get, list, manifest, objects, plan};
use release_domain::access::Permission;
use release_domain::actor::Channel;
use release_domain::catalogue::RuntimeType;
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId};
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::ReleaseFilter;
use release_domain::preview::PreviewKind;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "releases";

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

asked! {
    ReleasesQuery {
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        #[param(value_type = Vec<Uuid>)]
        pub service: Vec<ServiceId>,
        #[param(value_type = Vec<Uuid>)]
        pub target: Vec<TargetId>,
        #[param(value_type = Vec<Uuid>)]
        pub environment: Vec<EnvironmentId>,
        #[param(inline, value_type = Vec<word::RuntimeType>)]
        pub runtime_type: Vec<RuntimeType>,
        #[param(inline, value_type = Vec<word::LifecycleState>)]
        pub lifecycle_state: Vec<LifecycleState>,
        /// A user's id, or `me`.
        pub created_by: Vec<String>,
        #[param(inline, value_type = Vec<word::Channel>)]
        pub channel: Vec<Channel>,
        pub is_current: Option<bool>,
        /// Created at or after.
        #[param(value_type = Option<String>, format = DateTime)]
        pub since: Option<Time>,
        /// Created before.
        #[param(value_type = Option<String>, format = DateTime)]
        pub until: Option<Time>,
        /// Words, each the start of a word in number, service, target, app version or reason.
        pub q: Option<String>,
    }
}

/// Releases that the caller may read, newest first.
#[utoipa::path(tag = "releases", params(ReleasesQuery), responses((status = 200, body = ReleaseList)))]
#[get("/releases")]
async fn list_releases(api: Api, query: Query<ReleasesQuery>) -> Answered {
    let asked = query.get()?;
    let page = cursor::page(LIST, &asked.limits())?;
    let filter = ReleaseFilter {
        created_by: people(api.caller(), "created_by", &asked.created_by)?,
        project: asked.project,
        service: asked.service,
        target: asked.target,
        environment: asked.environment,
        runtime_type: asked.runtime_type,
        lifecycle_state: asked.lifecycle_state,
        channel: asked.channel,
        is_current: asked.is_current,
        since: asked.since.map(|at| at.0),
        until: asked.until.map(|at| at.0),
        q: words(asked.q.as_deref()),
    };
    let found = list::list(api.app(), api.caller(), &filter, page).await?;
    let create = api.app().create_action(api.caller(), Permission::ReleaseCreate).await?;
    let list = listed(LIST, found, vec![create], |view| Release::listed(&view));
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

#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// `apply` where left out.
    #[param(inline, value_type = Option<word::PreviewKind>)]
    kind: Option<PreviewKind>,
}

impl Asked for PlanQuery {}

/// The newest preview of that kind, without its token.
#[utoipa::path(tag = "releases", params(PlanQuery), responses((status = 200, body = Preview)))]
#[get("/releases/{id}/plan")]
async fn get_plan(api: Api, id: Id<ReleaseId>, query: Query<PlanQuery>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let asked = query.admit(&api, Permission::ReleaseRead, Place::Release(id)).await?;
    let kind = asked.kind.unwrap_or(PreviewKind::Apply);
    let view = plan::plan(api.app(), api.caller(), id, kind).await?;
    ok(&Preview::from(view))
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ObjectQuery {
    /// `apply` where left out.
    #[serde(default)]
    #[param(inline, value_type = Option<word::PreviewKind>)]
    kind: Option<PreviewKind>,
    /// As the plan names the object.
    key: String,
}

impl Asked for ObjectQuery {}

/// One object's two sides.
#[utoipa::path(tag = "releases", params(ObjectQuery), responses((status = 200, body = ObjectText)))]
#[get("/releases/{id}/plan/object")]
async fn get_plan_object(api: Api, id: Id<ReleaseId>, query: Query<ObjectQuery>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let asked = query.admit(&api, Permission::ReleaseRead, Place::Release(id)).await?;
    let kind = asked.kind.unwrap_or(PreviewKind::Apply);
    let view = plan::object(api.app(), api.caller(), id, kind, &asked.key).await?;
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
