//! `/grants`: one role for one subject in one scope.

mod create;
mod delete;
mod read;

pub use create::create;
pub use delete::delete;
pub use read::{get, list};

use super::actions::Action;
use super::last_admin::{self, Leaving};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Grant, Permission, RoleKey, Scope, Subject};
use release_domain::ports::AccessPolicy;

#[derive(Clone, Debug)]
pub struct NewGrant {
    pub subject: Subject,
    pub role: RoleKey,
    /// An environment needs its project.
    pub scope: Scope,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantView {
    pub grant: Grant,
    pub actions: Vec<Action>,
}

async fn view(app: &App, caller: &Caller, grant: Grant, policy: &AccessPolicy) -> Result<GrantView, AppError> {
    let mut delete = app
        .action(caller, "delete", Permission::AccessWrite, grant.scope)
        .await?;
    match last_admin::stays(app, policy, Leaving::Grant(grant.id)).await {
        Ok(()) => {}
        Err(AppError::LastAdmin) => delete = delete.blocked("last_admin", AppError::LastAdmin.to_string()),
        Err(error) => return Err(error),
    }
    Ok(GrantView {
        grant,
        actions: vec![delete],
    })
}
