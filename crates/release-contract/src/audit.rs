//! The timeline: events as they were sealed, checkpoints, verification.

use crate::common::{Actor, EnvironmentReference, Reference};
use crate::list::list;
use crate::scalar::{HashHex, Time};
use crate::word;
use release_app::audit::{Checkpoint as AppCheckpoint, Verified as AppVerified};
use release_domain::event::chain::{Break, FirstBad as DomainBad, Head as DomainHead};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Schema of the release an event is of, as it stood after the event.
#[derive(ToSchema)]
pub struct EventRelease {
    pub id: Uuid,
    pub number: u64,
    pub service: Reference,
    pub target: Reference,
    pub environment: EnvironmentReference,
    pub runtime_type: word::RuntimeType,
    pub lifecycle_state: word::LifecycleState,
    pub version: u64,
}

/// Schema of what an event is about when it is of no release.
#[derive(ToSchema)]
pub struct EventSubject {
    pub kind: String,
    pub id: String,
    pub key: String,
}

/// Schema of a sealed event. It reads the same to all who may read it.
#[derive(ToSchema)]
pub struct EventShape {
    pub seq: u64,
    #[schema(required = true)]
    pub release_seq: Option<u64>,
    pub occurred_at: Time,
    pub actor: Actor,
    pub on_behalf_of: Option<Actor>,
    pub channel: word::Channel,
    #[schema(required = true)]
    pub correlation_id: Option<Uuid>,
    #[schema(required = true)]
    pub trace_id: Option<String>,
    #[schema(required = true)]
    pub release: Option<EventRelease>,
    pub subject: Option<EventSubject>,
    pub event_type: String,
    /// Typed per event (lifecycle.md, *Timeline*).
    pub data: serde_json::Map<String, Value>,
    #[schema(required = true)]
    pub prev_hash: Option<HashHex>,
    #[schema(required = true)]
    pub release_prev_hash: Option<HashHex>,
    pub hash: HashHex,
}

/// A sealed event, exactly as it is hashed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = EventShape)]
pub struct Event(pub Value);

list! {
    /// Events.
    EventList of Event
}

/// The newest link of a chain.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Head {
    pub seq: u64,
    pub hash: HashHex,
}

impl From<DomainHead> for Head {
    fn from(head: DomainHead) -> Self {
        Self {
            seq: head.seq,
            hash: HashHex(head.hash),
        }
    }
}

/// The head of the chain, signed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Checkpoint {
    pub seq: u64,
    pub hash: HashHex,
    /// A C2SP signed note.
    pub note: String,
}

impl From<AppCheckpoint> for Checkpoint {
    fn from(checkpoint: AppCheckpoint) -> Self {
        Self {
            seq: checkpoint.seq,
            hash: HashHex(checkpoint.hash),
            note: checkpoint.note,
        }
    }
}

/// The first place where a chain does not hold.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct FirstBad {
    pub seq: u64,
    #[schema(value_type = word::ChainBreak)]
    pub code: Break,
}

impl From<DomainBad> for FirstBad {
    fn from(bad: DomainBad) -> Self {
        Self {
            seq: bad.seq,
            code: bad.code,
        }
    }
}

/// Whether the chain holds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Verified {
    pub ok: bool,
    /// Events checked in this call.
    pub checked: u64,
    /// Null where nothing has happened yet.
    #[schema(required = true)]
    pub head: Option<Head>,
    /// Where the next call goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_bad: Option<FirstBad>,
}

impl From<AppVerified> for Verified {
    fn from(verified: AppVerified) -> Self {
        Self {
            ok: verified.ok,
            checked: verified.checked,
            head: verified.head.map(Head::from),
            next_seq: verified.next_seq,
            first_bad: verified.first_bad.map(FirstBad::from),
        }
    }
}
