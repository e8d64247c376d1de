//! `/environments`.

mod create;
mod delete;
mod edit;
mod read;

pub use create::create;
pub use delete::delete;
pub use edit::edit;
pub use read::{get, list};

use super::policy::PolicyBody;
use super::references::References;
use crate::access::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
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

/// The environment by id, with a permission on it.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    permission: Permission,
    id: EnvironmentId,
) -> Result<Environment, AppError> {
    let found = app.store.environment(id).await?;
    let found = found.map(|e| (e.clone(), Scope::environment(e.project_id, id)));
    Ok(app.authorize_found(caller, permission, found).await?.into_inner())
}

pub(super) async fn view(
    app: &App,
    caller: &Caller,
    environment: Environment,
    references: &mut References,
) -> Result<EnvironmentView, AppError> {
    let scope = Scope::environment(environment.project_id, environment.id);
    let mut actions = Vec::new();
    for (name, permission) in [
        ("edit", Permission::EnvironmentWrite),
        ("edit_policy", Permission::PolicyWrite),
        ("delete", Permission::EnvironmentWrite),
        ("create_target", Permission::TargetWrite),
        ("freeze", Permission::FreezeWrite),
    ] {
        actions.push(app.action(caller, name, permission, scope).await?);
    }
    Ok(EnvironmentView {
        project: references.project(app, environment.project_id).await?,
        environment,
        actions,
    })
}
