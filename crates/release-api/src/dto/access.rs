//! Sign-in, sessions, tokens, users, roles, grants.

use super::common::{Action, Actor, Reference, actions};
use super::list::list;
use super::scalar::Time;
use super::word;
use crate::input::body::Input;
use release_app::FieldError;
use release_app::access::grants::{GrantView, NewGrant};
use release_app::access::me::Me as AppMe;
use release_app::access::roles::RoleView;
use release_app::access::sessions::SessionView;
use release_app::access::tokens::{MadeToken, TokenView};
use release_app::access::users::{MadeUser, UserView};
use release_domain::access::{Permission, RoleKey, Scope, User as DomainUser};
use release_domain::actor::{ActorKind, Channel};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

/// Stands for all projects or all environments.
const ALL: &str = "*";

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub username: String,
    pub password: String,
}

impl Input for SignIn {}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    pub current: String,
    /// 12 to 256 characters.
    pub new: String,
}

impl Input for ChangePassword {}

/// The person or service account behind a session or token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Account {
    pub id: Uuid,
    /// The username: what actors are called everywhere.
    pub name: String,
    #[schema(value_type = word::ActorKind)]
    pub kind: ActorKind,
    pub username: String,
    pub display_name: String,
}

impl From<&DomainUser> for Account {
    fn from(user: &DomainUser) -> Self {
        Self {
            id: user.id.0,
            name: user.username.clone(),
            kind: user.kind,
            username: user.username.clone(),
            display_name: user.display_name.clone(),
        }
    }
}

/// A session that has begun; its cookie is in the headers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignedIn {
    pub user: Account,
    /// To be sent as `X-CSRF-Token` with every write.
    pub csrf_token: String,
    pub must_change_password: bool,
}

/// How people sign in here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignInWays {
    pub password: bool,
}

/// What this server is; without a session only how to sign in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Meta {
    pub sign_in: SignInWays,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// What the caller has in one scope.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PermissionsIn {
    /// A project id or `*`.
    pub project_id: String,
    /// An environment id or `*`.
    pub environment_id: String,
    #[schema(value_type = Vec<word::Permission>)]
    pub permissions: Vec<Permission>,
}

/// Who the caller is and what they may.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    pub user: Account,
    /// Null for tokens.
    #[schema(required = true)]
    pub csrf_token: Option<String>,
    pub must_change_password: bool,
    pub projects: Vec<Reference>,
    pub permissions: Vec<PermissionsIn>,
}

impl From<AppMe> for Me {
    fn from(me: AppMe) -> Self {
        Self {
            user: (&me.user).into(),
            csrf_token: me.csrf_token,
            must_change_password: me.must_change_password,
            projects: me.projects.iter().map(Reference::from).collect(),
            permissions: me
                .permissions
                .into_iter()
                .map(|granted| PermissionsIn {
                    project_id: star(granted.scope.project),
                    environment_id: star(granted.scope.environment),
                    permissions: granted.permissions,
                })
                .collect(),
        }
    }
}

fn star<Id: ToString>(id: Option<Id>) -> String {
    id.map_or_else(|| ALL.to_owned(), |id| id.to_string())
}

/// A browser session of the caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    pub id: Uuid,
    pub created_at: Time,
    pub last_seen_at: Time,
    pub address: String,
    pub user_agent: String,
    /// Whether this request came with it.
    pub current: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sessions {
    pub items: Vec<Session>,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        Self {
            id: view.session.id.0,
            created_at: Time(view.session.created_at),
            last_seen_at: Time(view.session.last_seen_at),
            address: view.session.address,
            user_agent: view.session.user_agent,
            current: view.current,
        }
    }
}

/// An API token, never the token itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Token {
    pub id: Uuid,
    pub name: String,
    /// Its first characters, to tell it by.
    pub prefix: String,
    #[schema(value_type = Actor)]
    pub owner: release_domain::actor::Actor,
    /// Empty: all that the owner may.
    #[schema(value_type = Vec<word::Permission>)]
    pub scopes: Vec<Permission>,
    #[schema(value_type = word::Channel)]
    pub channel: Channel,
    pub created_at: Time,
    #[schema(required = true)]
    pub expires_at: Option<Time>,
    #[schema(required = true)]
    pub last_used_at: Option<Time>,
    pub actions: Vec<Action>,
}

list! {
    /// Tokens, newest first.
    TokenList of Token
}

impl From<&TokenView> for Token {
    fn from(view: &TokenView) -> Self {
        Self {
            id: view.token.id.0,
            name: view.token.name.clone(),
            prefix: view.token.prefix.clone(),
            owner: view.owner.clone(),
            scopes: view.token.scopes.clone(),
            channel: view.token.channel,
            created_at: Time(view.token.created_at),
            expires_at: view.token.expires_at.map(Time),
            last_used_at: view.token.last_used_at.map(Time),
            actions: actions(view.actions.clone()),
        }
    }
}

/// A token that was just made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewToken {
    #[serde(flatten)]
    pub made: Token,
    /// `rct_…`, shown this once.
    pub token: String,
}

impl From<&MadeToken> for NewToken {
    fn from(made: &MadeToken) -> Self {
        Self {
            made: (&made.view).into(),
            token: made.secret.expose().to_owned(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    pub name: String,
    /// Whose; left out: the caller's own.
    pub user_id: Option<Uuid>,
    /// Left out or empty: all that the owner may.
    #[serde(default)]
    #[schema(value_type = Vec<word::Permission>)]
    pub scopes: Vec<Permission>,
    pub expires_at: Option<Time>,
    /// Left out: `api`.
    #[schema(value_type = Option<word::TokenChannel>)]
    pub channel: Option<Channel>,
}

impl Input for CreateToken {}

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
        .map_err(|_| {
            wrong.push(FieldError::new(
                pointer,
                "invalid_value",
                "this is neither an id nor `*`",
            ))
        })
        .ok()
}

/// The names of permissions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Permissions {
    #[schema(value_type = Vec<word::Permission>)]
    pub items: Vec<Permission>,
}
