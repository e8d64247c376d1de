//! Who did it, for whom, and through what.

use crate::codes::words;
use crate::ids::UserId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

words! {
    /// What sort of actor did something.
    pub enum ActorKind {
        Human = "human",
        ServiceAccount = "service_account",
        Assistant = "assistant",
        System = "system",
    }
}

words! {
    /// The door a command came in by. The server's to say, never the caller's.
    pub enum Channel {
        Ui = "ui",
        Api = "api",
        Cli = "cli",
        Ai = "ai",
        Mcp = "mcp",
        Ci = "ci",
        System = "system",
    }
}

impl Channel {
    /// Channels through which nobody ever decides a ticket or breaks glass, and which a hold stops.
    #[must_use]
    pub const fn is_automated(self) -> bool {
        match self {
            Self::Ai | Self::Mcp | Self::Ci => true,
            Self::Ui | Self::Api | Self::Cli | Self::System => false,
        }
    }

    /// The assistant's own doors.
    #[must_use]
    pub const fn is_assistant(self) -> bool {
        match self {
            Self::Ai | Self::Mcp => true,
            Self::Ui | Self::Api | Self::Cli | Self::Ci | Self::System => false,
        }
    }
}

/// `{id, name, kind}`, as on every event and object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub id: Uuid,
    pub name: String,
    pub kind: ActorKind,
}

impl Actor {
    /// The control plane itself: expiries, automatic rollbacks, the worker.
    #[must_use]
    pub fn system() -> Self {
        Self {
            id: Uuid::nil(),
            name: "system".into(),
            kind: ActorKind::System,
        }
    }
}

/// Who stands behind a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub actor: Actor,
    /// The person the assistant acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    pub channel: Channel,
    /// The users who count as having done it in every rule of separation: the actor, the person an assistant acts
    /// for, and whoever made the token a service account used. Empty for the system.
    pub responsible: BTreeSet<UserId>,
    /// W3C trace id of the request, 32 lower-case hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

impl Origin {
    /// The control plane itself.
    #[must_use]
    pub fn system() -> Self {
        Self {
            actor: Actor::system(),
            on_behalf_of: None,
            channel: Channel::System,
            responsible: BTreeSet::new(),
            trace_id: None,
        }
    }

    /// Whether a person acts by their own hand.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.actor.kind == ActorKind::Human && !self.channel.is_automated()
    }
}
