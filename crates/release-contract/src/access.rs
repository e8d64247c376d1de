//! Sign-in, sessions, tokens.

use crate::body::Input;
use crate::common::{Action, Actor, Reference, actions};
use crate::list::list;
use crate::scalar::Time;
use crate::word;
use release_app::access::me::Me as AppMe;
use release_app::access::sessions::SessionView;
use release_app::access::tokens::{MadeToken, TokenView};
use release_domain::access::{Permission, User as DomainUser};
use release_domain::actor::{ActorKind, Channel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Stands for all projects or all environments.
pub(crate) const ALL: &str = "*";

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant: Option<AssistantMeta>,
}

/// What answers in the command center.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantMeta {
    /// The model's name; left out where commands alone are understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
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

/// An id, or all.
pub(crate) fn star<Id: ToString>(id: Option<Id>) -> String {
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

/// The names of permissions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Permissions {
    #[schema(value_type = Vec<word::Permission>)]
    pub items: Vec<Permission>,
}
