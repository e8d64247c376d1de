//! Reading: keyset pages, and everything a decision rests on in one look.

use super::store::{PreviewBody, StoreError};
use crate::access::{Grant, Role, Scope, Session, Token, User};
use crate::actor::Channel;
use crate::approval::{Ticket, TicketPurpose, TicketStatus};
use crate::catalogue::{Environment, PolicyRevision, Project, RuntimeType, Service, ServiceRevision, Target};
use crate::decide::Hold;
use crate::diagnostics::Diagnostic;
use crate::event::chain::Head;
use crate::execution::ObjectState;
use crate::freeze::Freeze;
use crate::ids::{
    EnvironmentId, ExecutionId, PreviewId, ProjectId, ReleaseId, ServiceId, SessionId, TargetId, TicketId, TokenId,
    UserId,
};
use crate::lifecycle::LifecycleState;
use crate::observation::Observation;
use crate::preview::Preview;
use crate::release::Release;
use crate::timestamp::Timestamp;
use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

/// A page of a keyset: at most `limit` rows past `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<Key> {
    pub limit: u32,
    pub after: Option<Key>,
}

/// Rows, the key to go on from (`None` at the end), and the newest event's seq when they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<Row, Key> {
    pub items: Vec<Row>,
    pub next: Option<Key>,
    pub event_seq: u64,
}

/// What the caller may read: lists hold nothing else. A scope covers what lies in it: one of an environment covers
/// nothing that stands above environments (projects, services).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    All,
    /// Any of these scopes; none: nothing.
    Scopes(Vec<Scope>),
}

/// Each list means "any of"; an empty one asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseFilter {
    pub project: Vec<ProjectId>,
    pub service: Vec<ServiceId>,
    pub target: Vec<TargetId>,
    pub environment: Vec<EnvironmentId>,
    pub runtime_type: Vec<RuntimeType>,
    pub lifecycle_state: Vec<LifecycleState>,
    pub created_by: Vec<Uuid>,
    pub channel: Vec<Channel>,
    pub is_current: Option<bool>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Words, each the start of a word in number, service, target, app version or reason; all must fit.
    pub q: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketFilter {
    pub status: Vec<TicketStatus>,
    pub project: Vec<ProjectId>,
    pub environment: Vec<EnvironmentId>,
    pub requested_by: Vec<Uuid>,
    pub release: Vec<ReleaseId>,
    pub purpose: Vec<TicketPurpose>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueFilter {
    pub project: Vec<ProjectId>,
    pub environment: Vec<EnvironmentId>,
    pub runtime_type: Vec<RuntimeType>,
    /// Words, each the start of a word in key or name.
    pub q: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub project: Vec<ProjectId>,
    pub environment: Vec<EnvironmentId>,
    pub service: Vec<ServiceId>,
    pub target: Vec<TargetId>,
    /// Of a release's own chain, and `access.denied` about it.
    pub release: Vec<ReleaseId>,
    pub actor: Vec<Uuid>,
    pub channel: Vec<Channel>,
    pub event_type: Vec<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub from_seq: Option<u64>,
    pub to_seq: Option<u64>,
}

/// A release with everything outside it that a decision rests on, read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    pub release: Release,
    pub environment: Environment,
    pub target: Target,
    /// Not lifted and not over; which are on is the domain's to say.
    pub freezes: Vec<Freeze>,
    pub hold: Option<Hold>,
    pub running: Option<ReleaseId>,
    pub current: Option<ReleaseId>,
    pub last_attempt: Option<ReleaseId>,
    /// Of its service on its target, whichever release was seen there.
    pub observation: Observation,
    pub policy_version: u64,
}

/// A ticket with the release it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRow {
    pub ticket: Ticket,
    pub release: Release,
}

#[async_trait]
pub trait ReleaseQueries: Send + Sync {
    async fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError>;
    /// `now` tells which freezes are over.
    async fn dossier(&self, id: ReleaseId, now: Timestamp) -> Result<Option<Dossier>, StoreError>;
    /// Those of many releases in one look, in any order; a release that is not there is left out.
    async fn dossiers(&self, ids: &[ReleaseId], now: Timestamp) -> Result<Vec<Dossier>, StoreError>;
    /// Newest first, by id.
    async fn releases(
        &self,
        filter: &ReleaseFilter,
        visible: &Visible,
        page: Page<ReleaseId>,
    ) -> Result<Found<Release, ReleaseId>, StoreError>;
    /// The preview whose token has this hash.
    async fn preview_by_token(&self, token_hash: &str) -> Result<Option<(Preview, ReleaseId)>, StoreError>;
    async fn preview_body(&self, id: PreviewId) -> Result<Option<PreviewBody>, StoreError>;
    async fn object_states(&self, execution: ExecutionId) -> Result<Vec<ObjectState>, StoreError>;
    /// Collected last first; what was collected together stays in its order.
    async fn diagnostics(&self, release: ReleaseId) -> Result<Vec<Diagnostic>, StoreError>;
    async fn ticket(&self, id: TicketId) -> Result<Option<TicketRow>, StoreError>;
    /// Newest first, by id.
    async fn tickets(
        &self,
        filter: &TicketFilter,
        visible: &Visible,
        page: Page<TicketId>,
    ) -> Result<Found<TicketRow, TicketId>, StoreError>;
    /// Pending tickets whose time is over, oldest first.
    async fn overdue_tickets(&self, now: Timestamp, limit: u32) -> Result<Vec<(ReleaseId, TicketId)>, StoreError>;
    /// Pending tickets, for the metric.
    async fn tickets_open(&self) -> Result<u64, StoreError>;
    /// What is current on a target, of every service.
    async fn current_on(&self, target: TargetId) -> Result<Vec<Release>, StoreError>;
}

#[async_trait]
pub trait CatalogueQueries: Send + Sync {
    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError>;
    async fn environment(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError>;
    async fn service(&self, id: ServiceId) -> Result<Option<Service>, StoreError>;
    async fn target(&self, id: TargetId) -> Result<Option<Target>, StoreError>;
    async fn service_revision(&self, id: ServiceId, number: u32) -> Result<Option<ServiceRevision>, StoreError>;
    /// By key. The key of a page is `(key, id)`.
    async fn projects(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<(String, Uuid)>,
    ) -> Result<Found<Project, (String, Uuid)>, StoreError>;
    async fn environments(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<(String, Uuid)>,
    ) -> Result<Found<Environment, (String, Uuid)>, StoreError>;
    async fn services(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<(String, Uuid)>,
    ) -> Result<Found<Service, (String, Uuid)>, StoreError>;
    async fn targets(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<(String, Uuid)>,
    ) -> Result<Found<Target, (String, Uuid)>, StoreError>;
    /// Newest first, by number.
    async fn service_revisions(
        &self,
        id: ServiceId,
        page: Page<u32>,
    ) -> Result<Found<ServiceRevision, u32>, StoreError>;
    async fn policy_revisions(
        &self,
        id: EnvironmentId,
        page: Page<u32>,
    ) -> Result<Found<PolicyRevision, u32>, StoreError>;
    /// Every freeze that is not lifted and not over.
    async fn freezes(&self, now: Timestamp) -> Result<Vec<Freeze>, StoreError>;
    async fn freeze(&self, id: crate::ids::FreezeId) -> Result<Option<Freeze>, StoreError>;
    async fn holds(&self, target: TargetId) -> Result<Vec<Hold>, StoreError>;
}

/// Roles and grants at one version: what permissions are checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPolicy {
    pub version: u64,
    pub roles: Vec<Role>,
    pub grants: Vec<Grant>,
}

/// Failed sign-ins within the throttle's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInFailures {
    /// Of this account from this address.
    pub of_account: u32,
    pub of_address: u32,
    /// When the oldest of them happened: of this account from this address, or where there is none, of the address.
    pub oldest: Option<Timestamp>,
}

#[async_trait]
pub trait AccessQueries: Send + Sync {
    async fn access_policy(&self) -> Result<AccessPolicy, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    async fn user_by_name(&self, username: &str) -> Result<Option<User>, StoreError>;
    async fn users(&self, page: Page<(String, Uuid)>) -> Result<Found<User, (String, Uuid)>, StoreError>;
    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    async fn token_by_hash(&self, hash: &str) -> Result<Option<(Token, User)>, StoreError>;
    /// Of one owner, or of everybody.
    async fn tokens(&self, owner: Option<UserId>, page: Page<TokenId>) -> Result<Found<Token, TokenId>, StoreError>;
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    async fn session_by_hash(&self, hash: &str) -> Result<Option<(Session, User)>, StoreError>;
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError>;
    /// Bookkeeping without an event.
    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError>;
    async fn touch_token(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError>;
    async fn sign_in_failures(
        &self,
        username: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<SignInFailures, StoreError>;
    /// Bounded: rows before `since` are dropped on the way.
    async fn record_sign_in_failure(
        &self,
        username: &str,
        address: &str,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError>;
    async fn clear_sign_in_failures(&self, username: &str, address: &str) -> Result<(), StoreError>;
}

/// Events as they were sealed: each the JSON that an auditor hashes.
#[async_trait]
pub trait Timeline: Send + Sync {
    async fn head(&self) -> Result<Option<Head>, StoreError>;
    /// Of one release, oldest first, past `after` (a global seq).
    async fn timeline(&self, release: ReleaseId, page: Page<u64>) -> Result<Found<Value, u64>, StoreError>;
    /// Newest first; `after` is a seq to go on below.
    async fn audit(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
    ) -> Result<Found<Value, u64>, StoreError>;
    /// Oldest first, past `after`, whatever release: exports, verification, streams. Each with its place.
    async fn events(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
    ) -> Result<Found<(Value, crate::event::EventPlace), u64>, StoreError>;
    /// Resolves once the newest seq is past `seq`, with that newest seq.
    async fn wait_past(&self, seq: u64) -> Result<u64, StoreError>;
}
