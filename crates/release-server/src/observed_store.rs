//! The store with somebody looking on: whoever wants to know what is committed, without a second way to commit.
//!
//! Everything is passed through as it is; an observer can refuse nothing.

use async_trait::async_trait;
use release_domain::access::{Session, Token, User};
use release_domain::assistant::{AssistantEntry, AssistantSession, Confirmation, EntryContent, Settled, Spent};
use release_domain::canonical::Hash;
use release_domain::catalogue::{Environment, PolicyRevision, Project, Service, ServiceRevision, Target};
use release_domain::decide::Hold;
use release_domain::diagnostics::Diagnostic;
use release_domain::event::EventPlace;
use release_domain::event::chain::Head;
use release_domain::execution::{Execution, ObjectState};
use release_domain::freeze::Freeze;
use release_domain::ids::{
    AssistantSessionId, ConfirmationId, EnvironmentId, ExecutionId, FreezeId, PreviewId, ProjectId, ReleaseId,
    ServiceId, SessionId, TargetId, TicketId, TokenId, UserId,
};
use release_domain::observation::SeenObject;
use release_domain::ports::{
    AccessPolicy, AccessQueries, AssistantSessions, AuditFilter, CatalogueFilter, CatalogueQueries, CellReleases,
    Claim, Commit, CommitError, Committed, Dossier, Due, Ended, Found, Idempotency, Jobs, Ledger, NextLook,
    OverviewQueries, Page, PreviewBody, ReleaseFilter, ReleaseQueries, Reserved, SignInFailures, Store, StoreError,
    TargetCounts, TicketFilter, TicketRow, Timeline, Visible, Watch, Watches,
};
use release_domain::preview::Preview;
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// What an observer does once something is committed, before anybody is answered.
pub type Afterwards = Box<dyn FnOnce() + Send>;

/// Told of a worker's and a command's transactions.
pub trait Observer: Send + Sync {
    fn committing(&self, _: &Commit) -> Option<Afterwards> {
        None
    }
    fn claimed(&self, _: &Claim) {}
    fn giving_back(&self) {}
}

pub struct ObservedStore {
    inner: Arc<dyn Store>,
    observers: Vec<Arc<dyn Observer>>,
}

impl ObservedStore {
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, observers: Vec<Arc<dyn Observer>>) -> Self {
        Self { inner, observers }
    }

    fn tell(&self, what: impl Fn(&dyn Observer)) {
        for observer in &self.observers {
            what(observer.as_ref());
        }
    }
}

type Answer<T> = Result<T, StoreError>;
type Keyed<T> = Answer<Found<T, (String, Uuid)>>;

/// Passes calls through as they are.
macro_rules! pass_through {
    ($role:ident { $(fn $name:ident(&self $(, $arg:ident: $of:ty)*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $role for ObservedStore {
            $(async fn $name(&self $(, $arg: $of)*) -> $answer {
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

#[async_trait]
impl Ledger for ObservedStore {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let afterwards: Vec<_> = self.observers.iter().filter_map(|o| o.committing(&commit)).collect();
        let committed = self.inner.commit(commit).await?;
        afterwards.into_iter().for_each(|then| then());
        Ok(committed)
    }

    async fn next_numbers(&self, project: ProjectId, count: u32) -> Answer<u64> {
        self.inner.next_numbers(project, count).await
    }

    async fn policy_version(&self) -> Answer<u64> {
        self.inner.policy_version().await
    }
}

#[async_trait]
impl Jobs for ObservedStore {
    async fn claim(&self, holder: &str, now: Timestamp, lease_secs: u32) -> Answer<Option<Claim>> {
        let claim = self.inner.claim(holder, now, lease_secs).await?;
        if let Some(claim) = &claim {
            self.tell(|observer| observer.claimed(claim));
        }
        Ok(claim)
    }

    async fn renew(&self, id: ExecutionId, epoch: u64, now: Timestamp, lease_secs: u32) -> Answer<Option<Execution>> {
        self.inner.renew(id, epoch, now, lease_secs).await
    }

    async fn give_back(&self, id: ExecutionId, epoch: u64) -> Answer<()> {
        self.tell(|observer| observer.giving_back());
        self.inner.give_back(id, epoch).await
    }

    async fn execution(&self, id: ExecutionId) -> Answer<Option<Execution>> {
        self.inner.execution(id).await
    }

    async fn queue_age_secs(&self, now: Timestamp) -> Answer<u64> {
        self.inner.queue_age_secs(now).await
    }
}

pass_through!(Watches {
    fn claim_watch(&self, holder: &str, now: Timestamp, lease_secs: u32, on: Due) -> Answer<Option<Watch>>;
    fn renew_watch(&self, target: TargetId, epoch: u64, now: Timestamp, lease_secs: u32) -> Answer<bool>;
    fn end_watch(&self, target: TargetId, epoch: u64, next: NextLook) -> Answer<()>;
    fn seen_objects(&self, service: ServiceId, target: TargetId) -> Answer<Vec<SeenObject>>;
});

pass_through!(Idempotency {
    fn reserve(&self, actor: UserId, key: &str, fingerprint: Hash, now: Timestamp) -> Answer<Reserved>;
    fn forget(&self, actor: UserId, key: &str) -> Answer<()>;
});

pass_through!(AssistantSessions {
    fn assistant_session(&self, id: AssistantSessionId) -> Answer<Option<AssistantSession>>;
    fn assistant_sessions(&self, owner: UserId, page: Page<AssistantSessionId>) -> Answer<Found<AssistantSession, AssistantSessionId>>;
    fn begin_assistant_session(&self, session: &AssistantSession) -> Answer<()>;
    fn name_assistant_session(&self, id: AssistantSessionId, title: &str) -> Answer<()>;
    fn delete_assistant_session(&self, id: AssistantSessionId) -> Answer<()>;
    fn assistant_entries(&self, id: AssistantSessionId) -> Answer<Vec<AssistantEntry>>;
    fn add_assistant_entry(&self, id: AssistantSessionId, at: Timestamp, content: &EntryContent, confirmation: Option<&Confirmation>) -> Answer<Option<u32>>;
    fn confirmation(&self, id: ConfirmationId) -> Answer<Option<Confirmation>>;
    fn confirmations(&self, session: AssistantSessionId) -> Answer<Vec<Confirmation>>;
    fn settle_confirmation(&self, id: ConfirmationId, settled: Settled) -> Answer<bool>;
    fn claim_turn(&self, id: AssistantSessionId, turn: Uuid, now: Timestamp, until: Timestamp) -> Answer<bool>;
    fn holds_turn(&self, id: AssistantSessionId, turn: Uuid) -> Answer<bool>;
    fn end_turn(&self, id: AssistantSessionId) -> Answer<()>;
    fn spend_tokens(&self, id: AssistantSessionId, day: u32, tokens: u64) -> Answer<Spent>;
    fn spent_tokens(&self, id: AssistantSessionId, day: u32) -> Answer<Spent>;
});

pass_through!(ReleaseQueries {
    fn release(&self, id: ReleaseId) -> Answer<Option<Release>>;
    fn dossier(&self, id: ReleaseId, now: Timestamp) -> Answer<Option<Dossier>>;
    fn dossiers(&self, ids: &[ReleaseId], now: Timestamp) -> Answer<Vec<Dossier>>;
    fn releases(&self, filter: &ReleaseFilter, visible: &Visible, page: Page<ReleaseId>) -> Answer<Found<Release, ReleaseId>>;
    fn preview_by_token(&self, token_hash: &str) -> Answer<Option<(Preview, ReleaseId)>>;
    fn preview_body(&self, id: PreviewId) -> Answer<Option<PreviewBody>>;
    fn object_states(&self, execution: ExecutionId) -> Answer<Vec<ObjectState>>;
    fn diagnostics(&self, release: ReleaseId) -> Answer<Vec<Diagnostic>>;
    fn ticket(&self, id: TicketId) -> Answer<Option<TicketRow>>;
    fn tickets(&self, filter: &TicketFilter, visible: &Visible, page: Page<TicketId>) -> Answer<Found<TicketRow, TicketId>>;
    fn overdue_tickets(&self, now: Timestamp, limit: u32) -> Answer<Vec<(ReleaseId, TicketId)>>;
    fn tickets_open(&self) -> Answer<u64>;
    fn current_on(&self, target: TargetId) -> Answer<Vec<Release>>;
});

pass_through!(CatalogueQueries {
    fn project(&self, id: ProjectId) -> Answer<Option<Project>>;
    fn environment(&self, id: EnvironmentId) -> Answer<Option<Environment>>;
    fn service(&self, id: ServiceId) -> Answer<Option<Service>>;
    fn target(&self, id: TargetId) -> Answer<Option<Target>>;
    fn service_revision(&self, id: ServiceId, number: u32) -> Answer<Option<ServiceRevision>>;
    fn projects(&self, filter: &CatalogueFilter, visible: &Visible, page: Page<(String, Uuid)>) -> Keyed<Project>;
    fn environments(&self, filter: &CatalogueFilter, visible: &Visible, page: Page<(String, Uuid)>) -> Keyed<Environment>;
    fn services(&self, filter: &CatalogueFilter, visible: &Visible, page: Page<(String, Uuid)>) -> Keyed<Service>;
    fn targets(&self, filter: &CatalogueFilter, visible: &Visible, page: Page<(String, Uuid)>) -> Keyed<Target>;
    fn service_revisions(&self, id: ServiceId, page: Page<u32>) -> Answer<Found<ServiceRevision, u32>>;
    fn policy_revisions(&self, id: EnvironmentId, page: Page<u32>) -> Answer<Found<PolicyRevision, u32>>;
    fn freezes(&self, now: Timestamp) -> Answer<Vec<Freeze>>;
    fn freeze(&self, id: FreezeId) -> Answer<Option<Freeze>>;
    fn holds(&self, target: TargetId) -> Answer<Vec<Hold>>;
});

pass_through!(OverviewQueries {
    fn unanswered_failures(&self, created_by: Uuid, project: &[ProjectId], visible: &Visible, limit: u32) -> Answer<Vec<Release>>;
    fn ended_between(&self, instants: &[Timestamp], project: &[ProjectId], visible: &Visible) -> Answer<Vec<Ended>>;
    fn target_counts(&self, project: &[ProjectId], visible: &Visible) -> Answer<TargetCounts>;
    fn cells(&self, services: &[ServiceId], environments: &[EnvironmentId]) -> Answer<CellReleases>;
});

pass_through!(AccessQueries {
    fn access_policy(&self) -> Answer<AccessPolicy>;
    fn user(&self, id: UserId) -> Answer<Option<User>>;
    fn user_by_name(&self, username: &str) -> Answer<Option<User>>;
    fn users(&self, page: Page<(String, Uuid)>) -> Keyed<User>;
    fn token(&self, id: TokenId) -> Answer<Option<Token>>;
    fn token_by_hash(&self, hash: &str) -> Answer<Option<(Token, User)>>;
    fn tokens(&self, owner: Option<UserId>, page: Page<TokenId>) -> Answer<Found<Token, TokenId>>;
    fn session(&self, id: SessionId) -> Answer<Option<Session>>;
    fn session_by_hash(&self, hash: &str) -> Answer<Option<(Session, User)>>;
    fn sessions(&self, user: UserId) -> Answer<Vec<Session>>;
    fn touch_session(&self, id: SessionId, at: Timestamp) -> Answer<()>;
    fn touch_token(&self, id: TokenId, at: Timestamp) -> Answer<()>;
    fn sign_in_failures(&self, username: &str, address: &str, since: Timestamp) -> Answer<SignInFailures>;
    fn record_sign_in_failure(&self, username: &str, address: &str, at: Timestamp, since: Timestamp) -> Answer<()>;
    fn clear_sign_in_failures(&self, username: &str, address: &str) -> Answer<()>;
});

pass_through!(Timeline {
    fn head(&self) -> Answer<Option<Head>>;
    fn timeline(&self, release: ReleaseId, page: Page<u64>) -> Answer<Found<Value, u64>>;
    fn audit(&self, filter: &AuditFilter, visible: &Visible, page: Page<u64>) -> Answer<Found<Value, u64>>;
    fn events(&self, filter: &AuditFilter, visible: &Visible, page: Page<u64>) -> Answer<Found<(Value, EventPlace), u64>>;
    fn wait_past(&self, seq: u64) -> Answer<u64>;
});
