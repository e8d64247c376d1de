//! `/roles`: those shipped and those made here.

mod create;
mod delete;
mod read;

pub use create::create;
pub use delete::delete;
pub use read::{get, list};

use super::actions::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Role, Scope};
use release_domain::ports::AccessPolicy;

#[derive(Clone, Debug)]
pub struct NewRole {
    pub key: String,
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleView {
    pub role: Role,
    pub actions: Vec<Action>,
}

async fn view(app: &App, caller: &Caller, role: Role, policy: &AccessPolicy) -> Result<RoleView, AppError> {
    let mut delete = app
        .action(caller, "delete", Permission::AccessWrite, Scope::ALL)
        .await?;
    if let Some(why) = in_use(&role, policy) {
        delete = delete.blocked("in_use", why);
    }
    Ok(RoleView {
        role,
        actions: vec![delete],
    })
}

/// Why a role cannot be deleted, as far as roles and grants tell.
fn in_use(role: &Role, policy: &AccessPolicy) -> Option<&'static str> {
    if role.shipped {
        Some("a shipped role stays")
    } else if policy.grants.iter().any(|grant| grant.role == role.key) {
        Some("a grant names it")
    } else {
        None
    }
}
