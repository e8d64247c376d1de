//! `access.changed`: who was let in, what they were given, and by whom; no password, token or cookie in it.

use release_domain::access::{Grant, Role, Scope, Session, Token, User};
use release_domain::actor::Origin;
use release_domain::event::{Changed, EventData, EventDraft, EventPlace, EventSubject};
use release_domain::timestamp::Timestamp;
use serde_json::{Value, json};

/// What an event is about.
pub struct About {
    subject: EventSubject,
    place: EventPlace,
}

impl About {
    pub fn user(user: &User) -> Self {
        Self::of("user", user.id, &user.username)
    }

    /// Somebody who is not known here: what they typed is not kept, it may be a password.
    pub fn nobody() -> Self {
        Self::of("user", "", "unknown")
    }

    pub fn session(session: &Session, username: &str) -> Self {
        Self::of("session", session.id, username)
    }

    pub fn token(token: &Token) -> Self {
        Self::of("token", token.id, &token.prefix)
    }

    pub fn role(role: &Role) -> Self {
        Self::of("role", role.id, &role.key.0)
    }

    pub fn grant(grant: &Grant) -> Self {
        let Scope { project, environment } = grant.scope;
        let place = EventPlace {
            project,
            environment,
            ..EventPlace::default()
        };
        Self {
            place,
            ..Self::of("grant", grant.id, &grant.role.0)
        }
    }

    fn of(kind: &str, id: impl ToString, key: &str) -> Self {
        Self {
            subject: EventSubject {
                kind: kind.into(),
                id: id.to_string(),
                key: key.into(),
            },
            place: EventPlace::default(),
        }
    }
}

/// An `access.changed` event.
pub fn changed(
    about: About,
    action: &str,
    (before, after): (Option<Value>, Option<Value>),
    origin: &Origin,
    at: Timestamp,
) -> EventDraft {
    let data = EventData::AccessChanged(Changed {
        action: action.into(),
        before,
        after,
    });
    EventDraft::of_subject(about.subject, about.place, origin, at, data)
}

pub fn of_user(user: &User) -> Value {
    json!({
        "username": user.username,
        "display_name": user.display_name,
        "kind": user.kind,
        "disabled": user.disabled,
        "must_change_password": user.must_change_password,
    })
}

pub fn of_role(role: &Role) -> Value {
    json!({"key": role.key, "permissions": role.permissions})
}

pub fn of_grant(grant: &Grant) -> Value {
    json!({
        "subject": grant.subject,
        "role": grant.role,
        "project_id": grant.scope.project,
        "environment_id": grant.scope.environment,
    })
}

pub fn of_token(token: &Token) -> Value {
    json!({
        "name": token.name,
        "prefix": token.prefix,
        "owner": token.owner,
        "scopes": token.scopes,
        "channel": token.channel,
        "expires_at": token.expires_at,
    })
}

pub fn of_session(session: &Session) -> Value {
    json!({"user": session.user, "address": session.address, "user_agent": session.user_agent})
}
