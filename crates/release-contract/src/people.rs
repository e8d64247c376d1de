//! Users, roles, grants.

use crate::access::{ALL, star};
use crate::body::Input;
use crate::common::{Action, actions};
use crate::list::list;
use crate::scalar::Time;
use crate::word;
use release_app::FieldError;
use release_app::access::grants::{GrantView, NewGrant};
use release_app::access::roles::RoleView;
use release_app::access::users::{MadeUser, UserView};
use release_domain::access::{Permission, RoleKey, Scope};
use release_domain::actor::ActorKind;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

/// A person or a service account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    #[schema(value_type = word::AccountKind)]
    pub kind: ActorKind,
    pub must_change_password: bool,
    pub disabled: bool,
    pub groups: Vec<String>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

list! {
    /// Users by name.
    UserList of User
}

impl From<&UserView> for User {
    fn from(view: &UserView) -> Self {
        Self {
            id: view.user.id.0,
            username: view.user.username.clone(),
            display_name: view.user.display_name.clone(),
            kind: view.user.kind,
            must_change_password: view.user.must_change_password,
            disabled: view.user.disabled,
            groups: view.user.groups.clone(),
            created_at: Time(view.user.created_at),
            actions: actions(view.actions.clone()),
        }
    }
}

/// A user that was just made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewUser {
    #[serde(flatten)]
    pub made: User,
    /// Shown this once, where no password was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_time_password: Option<String>,
}

impl From<&MadeUser> for NewUser {
    fn from(made: &MadeUser) -> Self {
        Self {
            made: (&made.view).into(),
            one_time_password: made.one_time_password.as_ref().map(|p| p.expose().to_owned()),
        }
    }
}

/// A password that must be changed at the first sign-in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OneTimePassword {
    pub one_time_password: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    pub username: String,
    /// Left out: a person gets a one-time password. A service account takes none.
    pub password: Option<String>,
    pub display_name: Option<String>,
    #[schema(value_type = word::AccountKind)]
    pub kind: ActorKind,
}

impl Input for CreateUser {}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    pub display_name: Option<String>,
    pub disabled: Option<bool>,
}

impl Input for EditUser {}

/// A named set of permissions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Role {
    pub id: Uuid,
    pub key: String,
    /// Shipped roles can be neither changed nor deleted.
    pub shipped: bool,
    #[schema(value_type = Vec<word::Permission>)]
    pub permissions: Vec<Permission>,
    pub actions: Vec<Action>,
}

list! {
    /// Roles by key.
    RoleList of Role
}

impl From<&RoleView> for Role {
    fn from(view: &RoleView) -> Self {
        Self {
            id: view.role.id.0,
            key: view.role.key.0.clone(),
            shipped: view.role.shipped,
            permissions: view.role.permissions.clone(),
            actions: actions(view.actions.clone()),
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRole {
    pub key: String,
    #[schema(value_type = Vec<word::Permission>)]
    pub permissions: Vec<Permission>,
}

impl Input for CreateRole {}

/// One role for one subject in one scope.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Grant {
    pub id: Uuid,
    /// `user:{id}`, `sa:{id}` or `group:{name}`.
    pub subject: String,
    pub role: String,
    /// A project id or `*`.
    pub project_id: String,
    /// An environment id or `*`.
    pub environment_id: String,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

list! {
    /// Grants, newest first.
    GrantList of Grant
}

impl From<&GrantView> for Grant {
    fn from(view: &GrantView) -> Self {
        Self {
            id: view.grant.id.0,
            subject: view.grant.subject.to_string(),
            role: view.grant.role.0.clone(),
            project_id: star(view.grant.scope.project),
            environment_id: star(view.grant.scope.environment),
            created_at: Time(view.grant.created_at),
            actions: actions(view.actions.clone()),
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGrant {
    /// `user:{id}`, `sa:{id}` or `group:{name}`.
    pub subject: String,
    /// A role's key.
    pub role: String,
    /// A project id or `*`.
    pub project_id: String,
    /// An environment id or `*`.
    pub environment_id: String,
}

impl Input for CreateGrant {}

impl CreateGrant {
    /// # Errors
    /// A subject or id that is none.
    pub fn grant(self) -> Result<NewGrant, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let subject = self.subject.parse().map_err(|_| {
            let message = "this is not user:{id}, sa:{id} or group:{name}";
            wrong.push(FieldError::new("/subject", "invalid_value", message));
        });
        let project = scope_part(&self.project_id, "/project_id", &mut wrong);
        let environment = scope_part(&self.environment_id, "/environment_id", &mut wrong);
        match subject {
            Ok(subject) if wrong.is_empty() => Ok(NewGrant {
                subject,
                role: RoleKey(self.role),
                scope: Scope { project, environment },
            }),
            Ok(_) | Err(()) => Err(wrong),
        }
    }
}

fn scope_part<Id: FromStr>(text: &str, pointer: &str, wrong: &mut Vec<FieldError>) -> Option<Id> {
    if text == ALL {
        return None;
    }
    text.parse()
        .map_err(|_| wrong.push(FieldError::new(pointer, "malformed", "this is neither an id nor `*`")))
        .ok()
}
