//! Saving: one commit is one transaction, with the events that tell of it.

use super::assistant::AssistantSessions;
use super::overview::OverviewQueries;
use super::query::{AccessQueries, CatalogueQueries, ReleaseQueries, Timeline};
use super::watching::Watches;
use crate::access::{Grant, Role, RoleKey, Session, Token, User};
use crate::catalogue::{Environment, PolicyRevision, Project, Service, ServiceRevision, Target, TargetStatus};
use crate::decide::Hold;
use crate::diagnostics::Diagnostic;
use crate::event::{Event, EventDraft};
use crate::execution::{Execution, ExecutionOutcome, ObjectState};
use crate::freeze::Freeze;
use crate::history::HistoricalRelease;
use crate::ids::{
    EnvironmentId, ExecutionId, GrantId, PreviewId, ProjectId, ReleaseId, ServiceId, SessionId, TargetId, TokenId,
    UserId,
};
use crate::observation::{Seen, SeenObject};
use crate::plan::{Check, Plan};
use crate::ports::ObjectText;
use crate::preview::PreviewKind;
use crate::release::Release;
use crate::secret::Sealed;
use crate::timestamp::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A store: every storage role in one.
pub trait Store:
    Ledger
    + Jobs
    + Watches
    + Idempotency
    + AssistantSessions
    + ReleaseQueries
    + CatalogueQueries
    + OverviewQueries
    + AccessQueries
    + Timeline
{
}
impl<T> Store for T where
    T: Ledger
        + Jobs
        + Watches
        + Idempotency
        + AssistantSessions
        + ReleaseQueries
        + CatalogueQueries
        + OverviewQueries
        + AccessQueries
        + Timeline
{
}

/// The store could not be asked. Never read as "not found".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A row that cannot be read: a bug or a damaged file, not a passing fault.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// Why a commit was not taken; nothing of it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A version or guard no longer holds: load again and decide again.
    #[error("something changed in between")]
    Conflict,
    /// A key that must be unique is taken; the word names it: `project`, `environment`, `service`, `target`, `user`,
    /// `role`, `number`.
    #[error("this {0} exists already")]
    AlreadyExists(&'static str),
    /// Something still refers to what was to be deleted.
    #[error("it is still in use")]
    InUse,
    /// A newer worker holds the execution, or a newer watcher the target.
    #[error("a newer worker has taken over")]
    Fenced,
    /// The outcome may be unknown: the caller looks before it says anything.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What must still hold when the commit is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nobody has changed access, policies, freezes or holds since that version was read.
    PolicyVersion(u64),
    /// This worker still holds the execution at that epoch.
    Fence { execution: ExecutionId, epoch: u64 },
    /// This watcher still holds the target at that epoch.
    Watch { target: TargetId, epoch: u64 },
    /// Nobody has changed the release since that version was read: what is told of it is not yet the past. For commits
    /// that tell of a release without saving it.
    Unchanged { release: ReleaseId, version: u64 },
}

/// What a preview showed, kept beside its metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewBody {
    pub preview_id: PreviewId,
    pub release_id: ReleaseId,
    pub kind: PreviewKind,
    pub plan: Plan,
    pub checks: Vec<Check>,
    pub warnings: Vec<Check>,
    /// Rollbacks: what cannot be undone.
    pub irreversible: Vec<Check>,
    /// Each object's two sides as YAML, secrets masked, by key.
    pub texts: BTreeMap<String, ObjectText>,
    /// The desired state that runs ([`crate::ports::Desired`] as JSON, secrets in it), sealed for
    /// `previews/desired/<preview id>`. `None`: uninstall.
    pub desired: Option<Sealed>,
}

/// One row to write, in the order given. Rows with a `version` are inserted at 1 and else replace exactly the version
/// before; revisions are inserted; what refers to a row that is not there is a [`CommitError::Conflict`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Saves the release, and with it the rows its previews and tickets have of their own.
    Release(Box<Release>),
    /// Inserts rows of older systems.
    History(Vec<HistoricalRelease>),
    PreviewBody(Box<PreviewBody>),
    /// [`CommitError::Conflict`] while another one of its service on its target has not ended. What was observed there
    /// no longer stands.
    StartExecution(Box<Execution>),
    /// This and the next two: [`CommitError::Conflict`] once it has ended.
    StopExecution(ExecutionId),
    /// A sign of life: progress at `at`; `started`/`wrote` are set, never cleared.
    ExecutionProgress {
        id: ExecutionId,
        at: Timestamp,
        started: bool,
        wrote: bool,
    },
    EndExecution {
        id: ExecutionId,
        outcome: ExecutionOutcome,
        at: Timestamp,
    },
    /// Upserts by (execution, key).
    ObjectStates {
        execution: ExecutionId,
        states: Vec<ObjectState>,
    },
    Diagnostics {
        release: ReleaseId,
        execution: Option<ExecutionId>,
        items: Vec<Diagnostic>,
    },
    Current {
        service: ServiceId,
        target: TargetId,
        release: Option<ReleaseId>,
    },
    /// Raises the policy version.
    Hold(Hold),
    Project(Project),
    /// Raises the policy version.
    Environment(Environment),
    PolicyRevision(PolicyRevision),
    Service(Service),
    ServiceRevision(ServiceRevision),
    /// The status stays as [`Write::TargetStatus`] left it, unless the context number is another than before.
    Target(Target),
    /// Beside the version: what a probe found is no change of the target. [`CommitError::Conflict`] where the target is
    /// gone, has meanwhile become another place, or was probed since the status checked at `after` was read.
    TargetStatus {
        target: TargetId,
        context_number: u32,
        after: Option<Timestamp>,
        status: TargetStatus,
    },
    /// What was seen of a service on a target; it stands until the next execution there starts.
    /// [`CommitError::Conflict`] where its version is another than `after`.
    Observation {
        service: ServiceId,
        target: TargetId,
        after: u64,
        seen: Box<Seen>,
        /// `None`: as they were.
        objects: Option<Vec<SeenObject>>,
    },
    /// Upserts by id; raises the policy version.
    Freeze(Freeze),
    /// Raises the policy version from the second version on.
    User(User),
    /// Upserts by id; raises the policy version, as do grants.
    Role(Role),
    Grant(Grant),
    /// Upserts by id, as do sessions.
    Token(Token),
    Session(Session),
    Delete(Deletion),
}

/// One row to delete. Nothing happens to a row that is not there; another version is a [`CommitError::Conflict`], one
/// that something refers to (grants too) is [`CommitError::InUse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    Project {
        id: ProjectId,
        version: u64,
    },
    /// Raises the policy version, as do a hold, a user, a role and a grant.
    Environment {
        id: EnvironmentId,
        version: u64,
    },
    Service {
        id: ServiceId,
        version: u64,
    },
    Target {
        id: TargetId,
        version: u64,
    },
    Hold {
        service: ServiceId,
        target: TargetId,
    },
    /// Its grants, tokens and sessions go with it.
    User(UserId),
    /// `InUse` while a grant names it.
    Role(RoleKey),
    Grant(GrantId),
    Token(TokenId),
    Session(SessionId),
    /// All sessions of a user but one.
    Sessions {
        user: UserId,
        but: Option<SessionId>,
    },
}

/// An answer kept for an idempotency key, in the command's own transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remember {
    pub actor: UserId,
    pub key: String,
    pub answer: StoredAnswer,
}

/// A stored 2xx answer; the body is sealed, since it may hold a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Sealed,
}

/// One transaction: guards first, then rows, then events, then the answer; all or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    pub guards: Vec<Guard>,
    pub writes: Vec<Write>,
    pub events: Vec<EventDraft>,
    pub remember: Option<Remember>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The sealed events, in order.
    pub events: Vec<Event>,
}

/// The one way in: state and timeline change together or not at all.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// # Errors
    /// Nothing was written; see [`CommitError`].
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError>;

    /// The next free release number of a project; numbers may be left out, never given twice.
    async fn next_number(&self, project: ProjectId) -> Result<u64, StoreError> {
        self.next_numbers(project, 1).await
    }

    /// The first of so many free release numbers in a row, all of them taken with it.
    async fn next_numbers(&self, project: ProjectId, count: u32) -> Result<u64, StoreError>;

    /// Raised by every change of access, policies, freezes and holds.
    async fn policy_version(&self) -> Result<u64, StoreError>;
}

/// An execution that a worker now holds, and whether somebody held it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub execution: Execution,
    pub resumed: bool,
}

/// The queue of executions: leases and fencing.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Takes the oldest execution that has not ended and that nobody holds (or whose lease is over) and raises its epoch past every epoch
    /// given before.
    async fn claim(&self, holder: &str, now: Timestamp, lease_secs: u32) -> Result<Option<Claim>, StoreError>;

    /// Renews the lease and reads the job as it is now; `None` when a newer epoch holds it, it was given back or has
    /// ended.
    async fn renew(
        &self,
        id: ExecutionId,
        epoch: u64,
        now: Timestamp,
        lease_secs: u32,
    ) -> Result<Option<Execution>, StoreError>;

    /// Gives the lease back, so that another worker can go on at once.
    async fn give_back(&self, id: ExecutionId, epoch: u64) -> Result<(), StoreError>;

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError>;

    /// Seconds the oldest unclaimed execution has waited; 0 when none waits.
    async fn queue_age_secs(&self, now: Timestamp) -> Result<u64, StoreError>;
}

/// What a reservation of an idempotency key found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The key is ours now.
    New,
    /// The same request is being worked on.
    InFlight,
    /// The same request was answered.
    Answered(StoredAnswer),
    /// The key stands for another request.
    OtherRequest,
}

/// A reservation without an answer lapses after this: its request died, or takes longer than any may.
pub const IN_FLIGHT_SECS: u32 = 60;
/// An answered key stands for this long, counted from its reservation.
pub const ANSWER_KEPT_SECS: u32 = 86_400;

/// Idempotency keys, per actor, for [`ANSWER_KEPT_SECS`].
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// `fingerprint` is over method, path and body. A reservation without an answer lapses after [`IN_FLIGHT_SECS`].
    /// A commit that answers a key finds its reservation unanswered, or is a [`CommitError::Conflict`]: it lapsed, and
    /// a retry has taken over.
    async fn reserve(
        &self,
        actor: UserId,
        key: &str,
        fingerprint: crate::canonical::Hash,
        now: Timestamp,
    ) -> Result<Reserved, StoreError>;

    /// Frees a key whose request was refused: a refusal is judged anew.
    async fn forget(&self, actor: UserId, key: &str) -> Result<(), StoreError>;
}
