//! `/projects`.

mod create;
mod delete;
mod edit;
mod read;

pub use create::create;
pub use delete::delete;
pub use edit::edit;
pub use read::{get, list};

use crate::access::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::Project;
use release_domain::ids::ProjectId;

#[derive(Clone, Debug)]
pub struct NewProject {
    pub key: String,
    pub name: String,
}

#[derive(Clone, Debug, Default)]
pub struct ProjectPatch {
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectView {
    pub project: Project,
    /// `edit`, `delete`, `create_environment`, `create_service`, `create_target`, `freeze`.
    pub actions: Vec<Action>,
}

/// The project by id, for writing it.
async fn find(app: &App, caller: &Caller, id: ProjectId) -> Result<Project, AppError> {
    let found = app.store.project(id).await?;
    let found = found.map(|project| (project, Scope::project(id)));
    let proof = app.authorize_found(caller, Permission::ProjectWrite, found).await?;
    Ok(proof.into_inner())
}

async fn view(app: &App, caller: &Caller, project: Project) -> Result<ProjectView, AppError> {
    let scope = Scope::project(project.id);
    let mut actions = Vec::new();
    for (name, permission) in [
        ("edit", Permission::ProjectWrite),
        ("delete", Permission::ProjectWrite),
        ("create_environment", Permission::EnvironmentWrite),
        ("create_service", Permission::ServiceWrite),
        ("create_target", Permission::TargetWrite),
        ("freeze", Permission::FreezeWrite),
    ] {
        actions.push(app.action(caller, name, permission, scope).await?);
    }
    Ok(ProjectView { project, actions })
}
