//! What many objects have: references, actors, actions.

use crate::problem::code_of;
use crate::scalar::Time;
use crate::word;
use release_app::access::Action as AppAction;
use release_app::view::{ActionReason as AppReason, ActionView, Blocker, Who as AppWho};
use release_domain::catalogue as domain;
use release_domain::ids::{ProjectId, ServiceId, TargetId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// `{id, key, name}`: how one object names another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reference {
    pub id: Uuid,
    pub key: String,
    pub name: String,
}

/// A typed reference as an answer has it.
macro_rules! references {
    ($($id:ident),+) => {$(
        impl From<&domain::Reference<$id>> for Reference {
            fn from(reference: &domain::Reference<$id>) -> Self {
                Self {
                    id: reference.id.0,
                    key: reference.key.clone(),
                    name: reference.name.clone(),
                }
            }
        }
    )+};
}

references!(ProjectId, ServiceId, TargetId);

/// Schema of an environment's reference.
#[derive(ToSchema)]
pub struct EnvironmentReference {
    pub id: Uuid,
    pub key: String,
    pub name: String,
    pub kind: word::EnvironmentKind,
}

/// Schema of an actor.
#[derive(ToSchema)]
pub struct Actor {
    pub id: Uuid,
    pub name: String,
    pub kind: word::ActorKind,
}

/// Somebody who can unblock.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Who {
    #[schema(value_type = word::WhoKind)]
    pub kind: &'static str,
    pub name: String,
}

impl From<AppWho> for Who {
    fn from(who: AppWho) -> Self {
        Self {
            kind: who.kind,
            name: who.name,
        }
    }
}

/// Why an action is not open to this caller now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActionReason {
    #[schema(value_type = crate::problem::ProblemCode)]
    pub code: &'static str,
    #[schema(value_type = Option<word::RefusalReason>, required = true)]
    pub reason_code: Option<&'static str>,
    pub message: String,
    /// When time alone unblocks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub who: Vec<Who>,
}

impl From<AppReason> for ActionReason {
    fn from(reason: AppReason) -> Self {
        let (code, reason_code) = match &reason.blocker {
            Blocker::Permission(_) => ("forbidden", None),
            Blocker::Gate(refusal) => (code_of(refusal).as_str(), refusal.reason_code()),
            // As `observe` answers it.
            Blocker::NotCurrent => ("rollback_unavailable", Some("not_current")),
        };
        Self {
            code,
            reason_code,
            message: reason.message,
            until: reason.until.map(Time),
            who: reason.who.into_iter().map(Who::from).collect(),
        }
    }
}

/// What the caller may do to an object or a list now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Action {
    pub name: &'static str,
    pub allowed: bool,
    pub reasons: Vec<ActionReason>,
}

impl From<AppAction> for Action {
    fn from(action: AppAction) -> Self {
        Self {
            name: action.name,
            allowed: action.allowed,
            reasons: action
                .reasons
                .into_iter()
                .map(|block| ActionReason {
                    code: block.code,
                    reason_code: None,
                    message: block.message,
                    until: None,
                    who: block.who.into_iter().map(Who::from).collect(),
                })
                .collect(),
        }
    }
}

/// Every action in order.
#[must_use]
pub fn actions(actions: Vec<AppAction>) -> Vec<Action> {
    actions.into_iter().map(Action::from).collect()
}

/// What the caller may do to a release now, computed by the gates that decide.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleaseAction {
    #[schema(value_type = word::ActionWord)]
    pub name: &'static str,
    pub allowed: bool,
    pub reasons: Vec<ActionReason>,
}

impl From<ActionView> for ReleaseAction {
    fn from(action: ActionView) -> Self {
        Self {
            name: action.name.as_str(),
            allowed: action.allowed,
            reasons: action.reasons.into_iter().map(ActionReason::from).collect(),
        }
    }
}
