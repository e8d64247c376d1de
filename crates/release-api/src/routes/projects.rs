//! `/projects`.

use crate::api::{Api, done, no_content, ok, ok_versioned, versioned};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::{IdempotencyKey, IfMatch};
use actix_web::{delete, get, patch, post};
use release_app::Answer;
use release_app::catalogue::CatalogueQuery;
use release_app::catalogue::projects::{self, NewProject, ProjectPatch, ProjectView};
use release_contract::asked;
use release_contract::body::Nothing;
use release_contract::catalogue::{CreateProject, Project, ProjectList, Rename};
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::query::words;
use release_domain::access::Permission;
use release_domain::ids::ProjectId;
use release_domain::ports::CatalogueFilter;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "projects";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_projects)
        .service(create_project)
        .service(get_project)
        .service(edit_project)
        .service(delete_project);
}

asked! {
    ProjectsQuery {
        /// Only these.
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        /// Words, each the start of a word in key or name.
        pub q: Option<String>,
    }
}

/// Projects that the caller may read, by key.
#[utoipa::path(tag = "catalogue", params(ProjectsQuery), responses((status = 200, body = ProjectList)))]
#[get("/projects")]
async fn list_projects(api: Api, query: Query<ProjectsQuery>) -> Answered {
    let asked = query.get()?;
    let query = CatalogueQuery {
        page: cursor::page(LIST, &asked.limits())?,
        filter: CatalogueFilter {
            project: asked.project,
            q: words(asked.q.as_deref()),
            ..CatalogueFilter::default()
        },
    };
    let list = projects::list(api.app(), api.caller(), query).await?;
    ok(&ProjectList::from(listed(LIST, list.found, list.actions, |view| {
        Project::from(&view)
    })))
}

fn made(view: &ProjectView) -> Answer {
    versioned(201, view.project.version, &Project::from(view))
}

/// Makes a project.
#[utoipa::path(
    tag = "catalogue",
    params(IdempotencyKey),
    request_body = CreateProject,
    responses((status = 201, body = Project, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/projects")]
async fn create_project(api: Api, body: Body<CreateProject>) -> Answered {
    let (body, key) = body.admit(&api, Permission::ProjectWrite, Place::All).await?;
    let new = NewProject {
        key: body.key,
        name: body.name,
    };
    let call = api.call(key, &made);
    done(projects::create(api.app(), &call, new).await?, &made)
}

/// One project.
#[utoipa::path(
    tag = "catalogue",
    responses((status = 200, body = Project, headers(("ETag" = String, description = "Its version")))),
)]
#[get("/projects/{id}")]
async fn get_project(api: Api, id: Id<ProjectId>) -> Answered {
    let id = id.known(&api, Permission::CatalogueRead).await?;
    let view = projects::get(api.app(), api.caller(), id).await?;
    ok_versioned(view.project.version, &Project::from(&view))
}

/// Renames a project.
#[utoipa::path(
    tag = "catalogue",
    params(IfMatch),
    request_body = Rename,
    responses((status = 200, body = Project, headers(("ETag" = String, description = "Its version")))),
)]
#[patch("/projects/{id}")]
async fn edit_project(api: Api, id: Id<ProjectId>, body: Body<Rename>) -> Answered {
    let id = id.known(&api, Permission::ProjectWrite).await?;
    let (body, version) = body
        .admit_change(&api, Permission::ProjectWrite, Place::Project(id))
        .await?;
    let patch = ProjectPatch { name: body.name };
    let view = projects::edit(api.app(), api.caller(), id, version, patch).await?;
    ok_versioned(view.project.version, &Project::from(&view))
}

/// Deletes a project that nothing refers to.
#[utoipa::path(tag = "catalogue", params(IfMatch), responses((status = 204)))]
#[delete("/projects/{id}")]
async fn delete_project(api: Api, id: Id<ProjectId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::ProjectWrite).await?;
    let (_, version) = body
        .admit_change(&api, Permission::ProjectWrite, Place::Project(id))
        .await?;
    projects::delete(api.app(), api.caller(), id, version).await?;
    no_content()
}
