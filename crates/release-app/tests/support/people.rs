//! Who works there.

use release_app::{Caller, Via};
use release_domain::access::User;
use release_domain::actor::{Actor, ActorKind, Channel};
use release_domain::ids::UserId;
use release_testkit::fixtures;

/// Somebody with an account, as a caller.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: User,
    pub caller: Caller,
}

impl Person {
    /// Signed in with a browser.
    pub fn new(name: &str) -> Self {
        Self::of(fixtures::user(name), Channel::Ui, |_| Via::Session(fixtures::id()))
    }

    /// A service account with a token that `made_by` made.
    pub fn account(name: &str, made_by: UserId, channel: Channel) -> Self {
        Self::of(fixtures::service_account(name), channel, |_| Via::Token {
            id: fixtures::id(),
            scopes: Vec::new(),
            made_by,
        })
    }

    fn of(user: User, channel: Channel, via: impl Fn(&User) -> Via) -> Self {
        let caller = Caller {
            user: user.id,
            name: user.username.clone(),
            kind: user.kind,
            groups: Vec::new(),
            via: via(&user),
            channel,
            assistant: None,
            trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
            method: "POST".into(),
            path: "/api/v1/test".into(),
        };
        Self { user, caller }
    }

    pub fn id(&self) -> UserId {
        self.user.id
    }

    /// The same person with a token of their own, in a script.
    pub fn with_token(&self, scopes: &[release_domain::access::Permission], channel: Channel) -> Caller {
        Caller {
            via: Via::Token {
                id: fixtures::id(),
                scopes: scopes.to_vec(),
                made_by: self.user.id,
            },
            channel,
            ..self.caller.clone()
        }
    }
}

/// An assistant that acts for this person, through `ai` or `mcp`.
pub fn as_assistant(person: &Person, channel: Channel) -> Caller {
    Caller {
        assistant: Some(Actor {
            id: fixtures::id(),
            name: "assistant".into(),
            kind: ActorKind::Assistant,
        }),
        channel,
        ..person.caller.clone()
    }
}

/// This person's token in a pipeline.
pub fn as_ci(person: &Person) -> Caller {
    person.with_token(&[], Channel::Ci)
}
