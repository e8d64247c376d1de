//! `/users`: people and service accounts.

mod create;
mod delete;
mod edit;
mod read;
mod reset_password;
mod sessions;

pub use create::create;
pub use delete::delete;
pub use edit::edit;
pub use read::{get, list};
pub use reset_password::{reset_password, reset_password_of};
pub use sessions::end_sessions;

use super::actions::Action;
use super::last_admin::{self, Leaving};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope, User};
use release_domain::actor::ActorKind;
use release_domain::ids::UserId;
use release_domain::ports::AccessPolicy;
use release_domain::secret::SecretText;

#[derive(Clone, Debug)]
pub struct NewUser {
    pub username: String,
    /// A person without one gets a one-time password; a service account takes none.
    pub password: Option<SecretText>,
    pub display_name: Option<String>,
    /// `human` or `service_account`.
    pub kind: ActorKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPatch {
    pub display_name: Option<String>,
    pub disabled: Option<bool>,
}

/// Never answered with `password_hash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserView {
    pub user: User,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug)]
pub struct MadeUser {
    pub view: UserView,
    /// Shown this once, where none was given.
    pub one_time_password: Option<SecretText>,
}

/// The user by id, for whoever has the permission on everything: people belong to no project.
async fn find(app: &App, caller: &Caller, permission: Permission, id: UserId) -> Result<User, AppError> {
    let found = app.store.user(id).await?.map(|user| (user, Scope::ALL));
    Ok(app.authorize_found(caller, permission, found).await?.into_inner())
}

async fn view(app: &App, caller: &Caller, user: User, policy: &AccessPolicy) -> Result<UserView, AppError> {
    let last = match last_admin::stays(app, policy, Leaving::User(user.id)).await {
        Ok(()) => false,
        Err(AppError::LastAdmin) => true,
        Err(error) => return Err(error),
    };
    let mut actions = Vec::new();
    for name in ["edit", "disable", "enable", "delete", "reset_password", "end_sessions"] {
        let mut action = app.action(caller, name, Permission::AccessWrite, Scope::ALL).await?;
        if last && ["disable", "delete"].contains(&name) {
            action = action.blocked("last_admin", AppError::LastAdmin.to_string());
        }
        let already = match name {
            "disable" => user.disabled.then_some("the user is disabled already"),
            "enable" => (!user.disabled).then_some("the user is not disabled"),
            "reset_password" => (user.kind != ActorKind::Human).then_some("a service account has no password"),
            _ => None,
        };
        if let Some(message) = already {
            action = action.blocked("invalid_transition", message);
        }
        actions.push(action);
    }
    Ok(UserView { user, actions })
}
