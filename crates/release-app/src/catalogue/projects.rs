//! `/projects`.

use super::{CatalogueKey, CatalogueQuery};
use crate::access::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
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

/// # Errors
/// `Forbidden` (`project:write` on all projects), `Invalid` at `/key`, `/name`, `AlreadyExists("project")`.
pub async fn create(app: &App, call: &Call<'_, ProjectView>, new: NewProject) -> Result<Done<ProjectView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<ProjectView, CatalogueKey>, AppError> {
    let _ = (app, caller, query);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: ProjectId) -> Result<ProjectView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: ProjectId,
    if_match: u64,
    patch: ProjectPatch,
) -> Result<ProjectView, AppError> {
    let _ = (app, caller, id, if_match, patch);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `Stale`, `InUse`.
pub async fn delete(app: &App, caller: &Caller, id: ProjectId, if_match: u64) -> Result<(), AppError> {
    let _ = (app, caller, id, if_match);
    todo!()
}
