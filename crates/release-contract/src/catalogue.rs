//! Projects, environments, freezes, holds.

use crate::body::Input;
use crate::common::{Action, Actor, Reference, actions};
use crate::list::list;
use crate::policy::{Policy, PolicyInput};
use crate::scalar::Time;
use crate::word;
use release_app::catalogue::environments::EnvironmentView;
use release_app::catalogue::freezes::FreezeView;
use release_app::catalogue::holds::HoldView;
use release_app::catalogue::policy::PolicyBody;
use release_app::catalogue::projects::ProjectView;
use release_domain::catalogue as domain;
use release_domain::freeze::FreezeScope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Project {
    pub id: Uuid,
    pub key: String,
    pub name: String,
    pub created_at: Time,
    pub version: u64,
    pub actions: Vec<Action>,
}

list! {
    /// Projects by key.
    ProjectList of Project
}

impl From<&ProjectView> for Project {
    fn from(view: &ProjectView) -> Self {
        Self {
            id: view.project.id.0,
            key: view.project.key.clone(),
            name: view.project.name.clone(),
            created_at: Time(view.project.created_at),
            version: view.project.version,
            actions: actions(view.actions.clone()),
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    pub key: String,
    pub name: String,
}

impl Input for CreateProject {}

/// A new name.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    pub name: Option<String>,
}

impl Input for Rename {}

/// A named stage of a project.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Environment {
    pub id: Uuid,
    pub project: Reference,
    pub key: String,
    pub name: String,
    #[schema(value_type = word::EnvironmentKind)]
    pub kind: domain::EnvironmentKind,
    /// The effective one, complete; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Policy>)]
    pub policy: Option<release_domain::policy::Policy>,
    pub created_at: Time,
    pub version: u64,
    pub actions: Vec<Action>,
}

list! {
    /// Environments by key.
    EnvironmentList of Environment
}

impl Environment {
    #[must_use]
    pub fn listed(view: &EnvironmentView) -> Self {
        Self {
            id: view.environment.id.0,
            project: (&view.project).into(),
            key: view.environment.key.clone(),
            name: view.environment.name.clone(),
            kind: view.environment.kind,
            policy: None,
            created_at: Time(view.environment.created_at),
            version: view.environment.version,
            actions: actions(view.actions.clone()),
        }
    }

    #[must_use]
    pub fn whole(view: &EnvironmentView) -> Self {
        Self {
            policy: Some(view.environment.policy.clone()),
            ..Self::listed(view)
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateEnvironment {
    pub project_id: Uuid,
    pub key: String,
    pub name: String,
    #[schema(value_type = word::EnvironmentKind)]
    pub kind: domain::EnvironmentKind,
    #[schema(value_type = Option<PolicyInput>)]
    pub policy: Option<PolicyBody>,
}

impl Input for CreateEnvironment {}

/// A freeze set by hand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Freeze {
    pub id: Uuid,
    pub name: String,
    pub reason: String,
    #[schema(value_type = word::FreezeScopeName)]
    pub scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<Uuid>,
    pub starts_at: Time,
    /// Null: until somebody ends it.
    #[schema(required = true)]
    pub ends_at: Option<Time>,
    pub covers_rollback: bool,
    pub in_force: bool,
    #[schema(value_type = Actor)]
    pub by: release_domain::actor::Actor,
    pub actions: Vec<Action>,
}

list! {
    /// Freezes that are neither over nor ended, newest first.
    FreezeList of Freeze
}

impl From<&FreezeView> for Freeze {
    fn from(view: &FreezeView) -> Self {
        let freeze = &view.freeze;
        let (scope, project_id, environment_id, target_id) = match freeze.scope {
            FreezeScope::Everything => ("everything", None, None, None),
            FreezeScope::Project(id) => ("project", Some(id.0), None, None),
            FreezeScope::Environment(id) => ("environment", None, Some(id.0), None),
            FreezeScope::Target(id) => ("target", None, None, Some(id.0)),
        };
        Self {
            id: freeze.id.0,
            name: freeze.name.clone(),
            reason: freeze.reason.clone(),
            scope,
            project_id,
            environment_id,
            target_id,
            starts_at: Time(freeze.starts_at),
            ends_at: freeze.ends_at.map(Time),
            covers_rollback: freeze.covers_rollback,
            in_force: view.in_force,
            by: freeze.by.clone(),
            actions: actions(view.actions.clone()),
        }
    }
}

/// Without project, environment and target: everything.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateFreeze {
    pub name: String,
    pub reason: String,
    pub project_id: Option<Uuid>,
    pub environment_id: Option<Uuid>,
    pub target_id: Option<Uuid>,
    /// Left out: now.
    pub starts_at: Option<Time>,
    /// Left out: until somebody ends it.
    pub ends_at: Option<Time>,
    #[serde(default)]
    pub covers_rollback: bool,
}

impl Input for CreateFreeze {}

/// Automation of a service that stands still on a target since a rollback.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Hold {
    pub service: Reference,
    /// The release that was rolled back.
    pub release_id: Uuid,
    pub since: Time,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Holds {
    pub items: Vec<Hold>,
}

impl From<&HoldView> for Hold {
    fn from(view: &HoldView) -> Self {
        Self {
            service: (&view.service).into(),
            release_id: view.release_id.0,
            since: Time(view.since),
        }
    }
}
