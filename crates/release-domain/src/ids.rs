//! Identifiers: a newtype per kind of thing, so that a ticket can never be taken for a release.
//!
//! All are UUIDs; those of stored things are version 7 (sortable by creation). The domain never makes one:
//! they arrive from the [`crate::ports::Ids`] port.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A tenant: owns services, targets and environments.
    ProjectId,
    /// A named stage of a project.
    EnvironmentId,
    /// What is released.
    ServiceId,
    /// Where it is released.
    TargetId,
    /// One intent to bring one service revision to one target.
    ReleaseId,
    /// One plan for one draft context.
    PreviewId,
    /// One approval request for one release and one plan hash.
    TicketId,
    /// One durable run of a plan on a target.
    ExecutionId,
    /// A freeze that somebody set by hand.
    FreezeId,
    /// One collected diagnostic.
    DiagnosticId,
    /// A person or a service account.
    UserId,
    /// A role, shipped or made here.
    RoleId,
    /// One role given to one subject in one scope.
    GrantId,
    /// An API token.
    TokenId,
    /// A browser session.
    SessionId,
    /// A conversation with the assistant.
    AssistantSessionId,
    /// One thing the assistant asks a person to confirm.
    ConfirmationId,
    /// On every event, log line, trace and runtime object of one release.
    CorrelationId,
}
