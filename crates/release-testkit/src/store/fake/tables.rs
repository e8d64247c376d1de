//! The rows, and how one refers to another.

use release_domain::access::{Grant, Role, Session, Token, User};
use release_domain::approval::Ticket;
use release_domain::assistant::{AssistantEntry, AssistantSession, Confirmation};
use release_domain::canonical::Hash;
use release_domain::catalogue::{Environment, PolicyRevision, Project, Service, ServiceRevision, Target};
use release_domain::decide::Hold;
use release_domain::diagnostics::Diagnostic;
use release_domain::event::EventPlace;
use release_domain::event::chain::Head;
use release_domain::execution::{Execution, ObjectState};
use release_domain::freeze::Freeze;
use release_domain::ids::{
    AssistantSessionId, ConfirmationId, EnvironmentId, ExecutionId, FreezeId, GrantId, PreviewId, ProjectId, ReleaseId,
    RoleId, ServiceId, SessionId, TargetId, TicketId, TokenId, UserId,
};
use release_domain::observation::{Observation, SeenObject};
use release_domain::ports::{PreviewBody, StoredAnswer};
use release_domain::preview::Preview;
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Cloned for each commit and put in place when all of it went well: rows are shared, so a clone is cheap.
#[derive(Clone, Default)]
pub(super) struct Tables {
    pub projects: BTreeMap<ProjectId, Arc<Project>>,
    pub environments: BTreeMap<EnvironmentId, Arc<Environment>>,
    pub policy_revisions: BTreeMap<(EnvironmentId, u32), Arc<PolicyRevision>>,
    pub services: BTreeMap<ServiceId, Arc<Service>>,
    pub service_revisions: BTreeMap<(ServiceId, u32), Arc<ServiceRevision>>,
    pub targets: BTreeMap<TargetId, Arc<Target>>,
    pub freezes: BTreeMap<FreezeId, Arc<Freeze>>,
    pub holds: BTreeMap<(TargetId, ServiceId), Hold>,
    pub users: BTreeMap<UserId, Arc<User>>,
    pub roles: BTreeMap<RoleId, Arc<Role>>,
    pub grants: BTreeMap<GrantId, Arc<Grant>>,
    pub tokens: BTreeMap<TokenId, Arc<Token>>,
    pub sessions: BTreeMap<SessionId, Arc<Session>>,
    pub releases: BTreeMap<ReleaseId, Arc<Release>>,
    pub previews: BTreeMap<PreviewId, (Arc<Preview>, ReleaseId)>,
    pub bodies: BTreeMap<PreviewId, Arc<PreviewBody>>,
    pub tickets: BTreeMap<TicketId, (Arc<Ticket>, ReleaseId)>,
    pub executions: BTreeMap<ExecutionId, Arc<Execution>>,
    pub objects: BTreeMap<ExecutionId, BTreeMap<String, ObjectState>>,
    pub diagnostics: Vec<(ReleaseId, Option<ExecutionId>, Arc<Diagnostic>)>,
    pub numbers: BTreeMap<ProjectId, u64>,
    pub policy_version: u64,
    pub epoch: u64,
    pub keys: BTreeMap<(UserId, String), IdempotencyKey>,
    pub failures: Vec<(String, String, Timestamp)>,
    pub heads: BTreeMap<ReleaseId, Head>,
    pub watches: BTreeMap<TargetId, WatchRow>,
    pub observations: BTreeMap<(TargetId, ServiceId), Seen>,
    pub assistant_sessions: BTreeMap<AssistantSessionId, AssistantRow>,
    /// By person and day.
    pub tokens_spent: BTreeMap<(UserId, u32), u64>,
}

/// What was last seen of a service, as a whole and object by object.
pub(super) type Seen = (Observation, Arc<Vec<SeenObject>>);

#[derive(Clone)]
pub(super) struct WatchRow {
    pub epoch: u64,
    pub lease_until: Option<Timestamp>,
    pub health_at: Timestamp,
    pub drift_at: Timestamp,
}

/// A session with all that is its own.
#[derive(Clone)]
pub(super) struct AssistantRow {
    pub session: AssistantSession,
    pub entries: Vec<Arc<AssistantEntry>>,
    pub confirmations: BTreeMap<ConfirmationId, Confirmation>,
    pub turn: Option<(uuid::Uuid, Timestamp)>,
    pub tokens: u64,
}

#[derive(Clone)]
pub(super) struct IdempotencyKey {
    pub fingerprint: Hash,
    pub reserved_at: Timestamp,
    pub answer: Option<StoredAnswer>,
}

pub(super) struct StoredEvent {
    pub seq: u64,
    pub release: Option<ReleaseId>,
    pub place: EventPlace,
    pub json: Value,
}

impl Tables {
    /// The job that has not ended for this service on this target.
    pub(super) fn open_execution(&self, service: ServiceId, target: TargetId) -> Option<&Arc<Execution>> {
        self.executions
            .values()
            .find(|e| e.service_id == service && e.target_id == target && e.outcome.is_none())
    }

    pub(super) fn current(&self, service: ServiceId, target: TargetId) -> Option<&Arc<Release>> {
        self.releases
            .values()
            .find(|r| r.is_current && r.service.id == service && r.target.id == target)
    }
}
