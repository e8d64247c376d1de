//! Who is calling, as the server established it; nothing of it comes from a body or a free header.

use release_domain::access::{Permission, Subject};
use release_domain::actor::{Actor, ActorKind, Channel, Origin};
use release_domain::ids::{SessionId, TokenId, UserId};
use std::collections::BTreeSet;

/// How the caller proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    Session(SessionId),
    /// A token never does more than its owner, nor more than its scopes (empty: all the owner may).
    Token {
        id: TokenId,
        scopes: Vec<Permission>,
        made_by: UserId,
    },
    /// The server's own jobs.
    System,
}

/// An authenticated caller of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub name: String,
    pub kind: ActorKind,
    pub groups: Vec<String>,
    pub via: Via,
    pub channel: Channel,
    /// The assistant that acts for this user (its name), where one does.
    pub assistant: Option<Actor>,
    pub trace_id: Option<String>,
    /// Method and path of the request: what `access.denied` tells.
    pub method: String,
    pub path: String,
}

impl Caller {
    /// The user as an actor.
    #[must_use]
    pub fn person(&self) -> Actor {
        Actor {
            id: self.user.0,
            name: self.name.clone(),
            kind: self.kind,
        }
    }

    /// The subjects that grants may name.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        let own = match self.kind {
            ActorKind::ServiceAccount => Subject::ServiceAccount(self.user),
            ActorKind::Human | ActorKind::Assistant | ActorKind::System => Subject::User(self.user),
        };
        std::iter::once(own)
            .chain(self.groups.iter().cloned().map(Subject::Group))
            .collect()
    }

    /// Whether the caller's token, if any, lets this permission through.
    #[must_use]
    pub fn in_scope(&self, permission: Permission) -> bool {
        let scopes = self.token_scopes();
        scopes.is_empty() || scopes.contains(&permission)
    }

    /// What the caller's token is limited to; empty: no limit.
    #[must_use]
    pub fn token_scopes(&self) -> &[Permission] {
        match &self.via {
            Via::Token { scopes, .. } => scopes,
            Via::Session(_) | Via::System => &[],
        }
    }

    /// Who stands behind a command of this caller.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let mut responsible = BTreeSet::from([self.user]);
        if let Via::Token { made_by, .. } = &self.via {
            responsible.insert(*made_by);
        }
        let (actor, on_behalf_of) = match &self.assistant {
            Some(assistant) => (assistant.clone(), Some(self.person())),
            None => (self.person(), None),
        };
        Origin {
            actor,
            on_behalf_of,
            channel: self.channel,
            responsible,
            trace_id: self.trace_id.clone(),
        }
    }
}
