//! `/environments`.

use super::policy::PolicyBody;
use super::{CatalogueKey, CatalogueQuery};
use crate::access::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::catalogue::{Environment, EnvironmentKind, Reference};
use release_domain::ids::{EnvironmentId, ProjectId};

#[derive(Clone, Debug)]
pub struct NewEnvironment {
    pub project_id: ProjectId,
    pub key: String,
    pub name: String,
    pub kind: EnvironmentKind,
    /// What it leaves out takes the kind's default.
    pub policy: Option<PolicyBody>,
}

#[derive(Clone, Debug, Default)]
pub struct EnvironmentPatch {
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentView {
    /// With its effective policy.
    pub environment: Environment,
    pub project: Reference<ProjectId>,
    /// `edit`, `edit_policy`, `delete`, `create_target`, `freeze`.
    pub actions: Vec<Action>,
}

/// # Errors
/// `Forbidden` (`environment:write` on the project; `policy:write` where a policy is given, `policy:weaken` where it is
/// weaker than a production default), `Invalid` at `/project_id`, `/key`, `/name`, `/policy/…`,
/// `AlreadyExists("environment")`.
pub async fn create(
    app: &App,
    call: &Call<'_, EnvironmentView>,
    new: NewEnvironment,
) -> Result<Done<EnvironmentView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<EnvironmentView, CatalogueKey>, AppError> {
    let _ = (app, caller, query);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: EnvironmentId) -> Result<EnvironmentView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: EnvironmentId,
    if_match: u64,
    patch: EnvironmentPatch,
) -> Result<EnvironmentView, AppError> {
    let _ = (app, caller, id, if_match, patch);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `Stale`, `InUse`.
pub async fn delete(app: &App, caller: &Caller, id: EnvironmentId, if_match: u64) -> Result<(), AppError> {
    let _ = (app, caller, id, if_match);
    todo!()
}
