//! The timeline: what happened, told once, in a form that an auditor can verify offline.
//!
//! A command yields [`EventDraft`]s; the store gives each its place and [`chain::seal`]s it in the same transaction as
//! the change it tells of.

pub mod chain;
mod data;
pub mod fold;

pub use data::{
    ApprovalDecided, ApprovalFacts, Changed, DiagnosticRef, DriftedObject, EventData, ExecutionFailed, GateRefused,
    PreviewIssued, ResourceChanged, StageChanged, UnhealthyObject,
};

use crate::actor::{Actor, Channel, Origin};
use crate::canonical::Hash;
use crate::catalogue::{EnvironmentReference, Reference, RuntimeType};
use crate::ids::{CorrelationId, EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId};
use crate::lifecycle::LifecycleState;
use crate::release::Release;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The release an event is of, as it stood after the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRelease {
    pub id: ReleaseId,
    pub number: u64,
    pub service: Reference<ServiceId>,
    pub target: Reference<TargetId>,
    pub environment: EnvironmentReference,
    pub runtime_type: RuntimeType,
    pub lifecycle_state: LifecycleState,
    pub version: u64,
}

impl EventRelease {
    #[must_use]
    pub fn of(release: &Release) -> Self {
        Self {
            id: release.id,
            number: release.number,
            service: release.service.clone(),
            target: release.target.clone(),
            environment: release.environment.clone(),
            runtime_type: release.runtime_type,
            lifecycle_state: release.state(),
            version: release.version,
        }
    }
}

/// What an event is about when it is of no release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSubject {
    /// `project`, `environment`, `service`, `target`, `user`, `role`, `grant`, `token`, `session`, `freeze`, `store`…
    pub kind: String,
    pub id: String,
    pub key: String,
}

/// Where an event belongs, for filters and for who may read it; not part of the event itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPlace {
    pub project: Option<ProjectId>,
    pub environment: Option<EnvironmentId>,
    pub service: Option<ServiceId>,
    pub target: Option<TargetId>,
    /// The release named in the data of an event that stands outside that release's own chain (`access.denied`).
    pub about_release: Option<ReleaseId>,
}

impl EventPlace {
    #[must_use]
    pub fn of(release: &Release) -> Self {
        Self {
            project: Some(release.project.id),
            environment: Some(release.environment.id),
            service: Some(release.service.id),
            target: Some(release.target.id),
            about_release: None,
        }
    }
}

/// An event before it has its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDraft {
    pub occurred_at: Timestamp,
    pub actor: Actor,
    pub on_behalf_of: Option<Actor>,
    pub channel: Channel,
    pub correlation_id: Option<CorrelationId>,
    pub trace_id: Option<String>,
    pub release: Option<EventRelease>,
    pub subject: Option<EventSubject>,
    pub data: EventData,
    pub place: EventPlace,
}

impl EventDraft {
    /// An event in a release's own chain.
    #[must_use]
    pub fn of_release(release: &Release, origin: &Origin, at: Timestamp, data: EventData) -> Self {
        Self {
            occurred_at: at,
            actor: origin.actor.clone(),
            on_behalf_of: origin.on_behalf_of.clone(),
            channel: origin.channel,
            correlation_id: Some(release.correlation_id),
            trace_id: origin.trace_id.clone(),
            release: Some(EventRelease::of(release)),
            subject: None,
            data,
            place: EventPlace::of(release),
        }
    }

    /// An event of no release.
    #[must_use]
    pub fn of_subject(
        subject: EventSubject,
        place: EventPlace,
        origin: &Origin,
        at: Timestamp,
        data: EventData,
    ) -> Self {
        Self {
            occurred_at: at,
            actor: origin.actor.clone(),
            on_behalf_of: origin.on_behalf_of.clone(),
            channel: origin.channel,
            correlation_id: None,
            trace_id: origin.trace_id.clone(),
            release: None,
            subject: Some(subject),
            data,
            place,
        }
    }
}

/// A sealed event. Null members are written; `subject` only where there is no release, `on_behalf_of` only where an
/// assistant acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Global, from 1, without gaps.
    pub seq: u64,
    /// Dense from 1 within a release; null where the event is of none.
    pub release_seq: Option<u64>,
    pub occurred_at: Timestamp,
    pub actor: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    pub channel: Channel,
    pub correlation_id: Option<CorrelationId>,
    pub trace_id: Option<String>,
    pub release: Option<EventRelease>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<EventSubject>,
    #[serde(flatten)]
    pub data: EventData,
    pub prev_hash: Option<Hash>,
    pub release_prev_hash: Option<Hash>,
    pub hash: Hash,
}
