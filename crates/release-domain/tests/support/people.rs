//! The people of the stories. The same name is always the same person.

use release_domain::access::RoleKey;
use release_domain::actor::{Actor, ActorKind, Channel, Origin};
use release_domain::canonical::Hash;
use release_domain::ids::UserId;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Somebody with a standing: who, through what, with which roles.
#[derive(Clone, Debug)]
pub struct Who {
    pub origin: Origin,
    pub roles: Vec<RoleKey>,
    pub may_decide: bool,
}

impl Who {
    pub fn through(mut self, channel: Channel) -> Self {
        self.origin.channel = channel;
        self
    }

    pub fn with_roles(mut self, roles: &[&str]) -> Self {
        self.roles = roles.iter().map(|r| RoleKey((*r).into())).collect();
        self
    }

    pub fn without_permission_to_decide(mut self) -> Self {
        self.may_decide = false;
        self
    }

    pub fn id(&self) -> UserId {
        UserId(self.origin.actor.id)
    }
}

/// The same name is always the same person.
pub fn user_id(name: &str) -> UserId {
    let bytes = Hash::of(name.as_bytes());
    UserId(Uuid::from_slice(&bytes.as_bytes()[..16]).expect("16 bytes"))
}

pub fn hash(word: &str) -> Hash {
    Hash::of(word.as_bytes())
}

fn actor(name: &str, kind: ActorKind) -> Actor {
    Actor {
        id: user_id(name).0,
        name: name.into(),
        kind,
    }
}

/// A person in the browser, without any role.
pub fn person(name: &str) -> Who {
    Who {
        origin: Origin {
            actor: actor(name, ActorKind::Human),
            on_behalf_of: None,
            channel: Channel::Ui,
            responsible: BTreeSet::from([user_id(name)]),
            trace_id: None,
        },
        roles: Vec::new(),
        may_decide: false,
    }
}

/// A person who may decide.
pub fn approver(name: &str) -> Who {
    Who {
        roles: vec![RoleKey("approver".into())],
        may_decide: true,
        ..person(name)
    }
}

/// A service account whose token `maker` made.
pub fn service_account(name: &str, maker: &str) -> Who {
    let mut who = person(name);
    who.origin.actor.kind = ActorKind::ServiceAccount;
    who.origin.channel = Channel::Api;
    who.origin.responsible.insert(user_id(maker));
    who
}

/// The agent behind the machine door, acting for a person.
pub fn agent_of(name: &str) -> Who {
    let mut who = person(name);
    who.origin.on_behalf_of = Some(who.origin.actor.clone());
    who.origin.actor = actor("agent", ActorKind::Assistant);
    who.origin.channel = Channel::Mcp;
    who
}

pub fn system() -> Who {
    Who {
        origin: Origin::system(),
        roles: Vec::new(),
        may_decide: false,
    }
}
