//! Who may do what: permissions, roles, grants, users, tokens, sessions.

pub mod shipped;

use crate::actor::{ActorKind, Channel};
use crate::codes::words;
use crate::ids::{EnvironmentId, GrantId, ProjectId, RoleId, SessionId, TokenId, UserId};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// `resource:action` (security.md, *Permissions*).
    pub enum Permission {
        CatalogueRead = "catalogue:read",
        ProjectWrite = "project:write",
        EnvironmentWrite = "environment:write",
        PolicyWrite = "policy:write",
        PolicyWeaken = "policy:weaken",
        ServiceWrite = "service:write",
        TargetWrite = "target:write",
        TargetProbe = "target:probe",
        TargetHold = "target:hold",
        FreezeWrite = "freeze:write",
        WebhookWrite = "webhook:write",
        ReleaseRead = "release:read",
        ReleaseCreate = "release:create",
        ReleaseEdit = "release:edit",
        ReleasePreview = "release:preview",
        ReleaseSubmit = "release:submit",
        ReleaseApply = "release:apply",
        ReleaseCancelOwn = "release:cancel_own",
        ReleaseCancel = "release:cancel",
        ReleaseRollback = "release:rollback",
        ReleaseImport = "release:import",
        TimelineRead = "timeline:read",
        DiagnosticsRead = "diagnostics:read",
        ApprovalDecide = "approval:decide",
        AuditRead = "audit:read",
        AccessRead = "access:read",
        AccessWrite = "access:write",
        AssistantUse = "assistant:use",
    }
}

/// A role's key: `approver`, `operator`, or one made here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleKey(pub String);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub id: RoleId,
    pub key: RoleKey,
    /// Shipped roles can be neither changed nor deleted.
    pub shipped: bool,
    pub permissions: Vec<Permission>,
}

/// One scope of a permission: a project, or all; within it an environment, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// `None` is `*`.
    pub project: Option<ProjectId>,
    /// `None` is `*`.
    pub environment: Option<EnvironmentId>,
}

impl Scope {
    pub const ALL: Self = Self {
        project: None,
        environment: None,
    };

    #[must_use]
    pub const fn project(project: ProjectId) -> Self {
        Self {
            project: Some(project),
            environment: None,
        }
    }

    #[must_use]
    pub const fn environment(project: ProjectId, environment: EnvironmentId) -> Self {
        Self {
            project: Some(project),
            environment: Some(environment),
        }
    }
}

/// Who a grant is for: `user:{id}`, `sa:{id}`, `group:{name}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    User(UserId),
    ServiceAccount(UserId),
    Group(String),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::ServiceAccount(id) => write!(f, "sa:{id}"),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

impl std::str::FromStr for Subject {
    type Err = crate::codes::UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(':').ok_or(crate::codes::UnknownWord)?;
        match kind {
            "user" => rest.parse().map(Self::User).map_err(|_| crate::codes::UnknownWord),
            "sa" => rest
                .parse()
                .map(Self::ServiceAccount)
                .map_err(|_| crate::codes::UnknownWord),
            "group" if !rest.is_empty() => Ok(Self::Group(rest.to_owned())),
            _ => Err(crate::codes::UnknownWord),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom("not user:{id}, sa:{id} or group:{name}"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub id: GrantId,
    pub subject: Subject,
    pub role: RoleKey,
    #[serde(flatten)]
    pub scope: Scope,
    pub created_at: Timestamp,
}

/// A person or a service account. The password is a PHC string (Argon2id), never in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    /// `human` or `service_account`.
    pub kind: ActorKind,
    pub password_hash: Option<String>,
    pub must_change_password: bool,
    pub disabled: bool,
    #[serde(default)]
    pub groups: Vec<String>,
    pub created_at: Timestamp,
    pub version: u64,
}

impl User {
    #[must_use]
    pub fn actor(&self) -> crate::actor::Actor {
        crate::actor::Actor {
            id: self.id.0,
            name: self.username.clone(),
            kind: self.kind,
        }
    }

    #[must_use]
    pub fn subject(&self) -> Subject {
        match self.kind {
            ActorKind::ServiceAccount => Subject::ServiceAccount(self.id),
            ActorKind::Human | ActorKind::Assistant | ActorKind::System => Subject::User(self.id),
        }
    }
}

/// An API token; only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// The first characters of the token, to tell it by.
    pub prefix: String,
    /// BLAKE3 of the token, hex.
    pub hash: String,
    pub owner: UserId,
    /// Who made it: counts as the one behind a service account's acts.
    pub made_by: UserId,
    /// Empty: all that the owner may.
    pub scopes: Vec<Permission>,
    /// `api`, `cli` or `ci`.
    pub channel: Channel,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// A browser session; only the hash of its cookie is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// BLAKE3 of the cookie, hex.
    pub hash: String,
    pub csrf_token: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}
