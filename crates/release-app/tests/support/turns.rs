//! A store and a runtime that give up their turn before and after each call, so that a test can stop whoever uses them
//! between any two steps: before a commit, after it and before its answer, after a write on the target and before it
//! is told.

use async_trait::async_trait;
use release_domain::access::{Session, Token, User};
use release_domain::assistant::{AssistantEntry, AssistantSession, Confirmation, EntryContent, Settled, Spent};
use release_domain::canonical::Hash;
use release_domain::catalogue::{Environment, PolicyRevision, Project, RuntimeType, Service, ServiceRevision, Target};
use release_domain::decide::Hold;
use release_domain::diagnostics::{Diagnostic, Finding};
use release_domain::event::EventPlace;
use release_domain::event::chain::Head;
use release_domain::execution::{Execution, ObjectState};
use release_domain::freeze::Freeze;
use release_domain::ids::{
    AssistantSessionId, ConfirmationId, EnvironmentId, ExecutionId, FreezeId, PreviewId, ProjectId, ReleaseId,
    ServiceId, SessionId, TargetId, TicketId, TokenId, UserId,
};
use release_domain::lifecycle::StageName;
use release_domain::observation::SeenObject;
use release_domain::ports::{
    AccessPolicy, AccessQueries, ApplyEnd, AssistantSessions, AuditFilter, CatalogueFilter, CatalogueQueries,
    CellReleases, Claim, Commit, CommitError, Committed, Desired, Dossier, Due, Ended, Found, Idempotency, Jobs,
    Ledger, Monitor, NextLook, ObjectProgress, Observation, OverviewQueries, Page, PlanMade, PlanRequest, PreviewBody,
    Probe, ReleaseFilter, ReleaseQueries, RenderRequest, Rendered, Reserved, RunRequest, Runtime, SignInFailures, Stop,
    StoreError, TargetAccess, TargetCounts, TargetError, TicketFilter, TicketRow, Timeline, Visible, Watch, Watches,
};
use release_domain::preview::Preview;
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use release_testkit::runtime::FakeRuntime;
use release_testkit::store::FakeStore;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use uuid::Uuid;

/// Whether turns are given up; off while a test sets its scene.
#[derive(Clone, Default)]
pub struct Switch {
    on: Arc<AtomicBool>,
    silent: Arc<AtomicBool>,
}

impl Switch {
    pub fn set(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Calls of the store made from now on are never answered.
    pub fn falls_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    async fn answer(&self) {
        if self.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.turn().await;
    }

    async fn turn(&self) {
        let mut given = !self.on.load(Ordering::Relaxed);
        std::future::poll_fn(|context| {
            if given {
                return Poll::Ready(());
            }
            given = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

pub struct TurningStore {
    pub store: FakeStore,
    pub switch: Switch,
}

pub struct TurningRuntime {
    pub runtime: FakeRuntime,
    pub switch: Switch,
}

macro_rules! through {
    ($port:ident { $(fn $name:ident($($arg:ident: $of:ty),*) -> $out:ty;)+ }) => {
        #[async_trait]
        impl $port for TurningStore {
            $(async fn $name(&self, $($arg: $of),*) -> $out {
                self.switch.answer().await;
                let answer = $port::$name(&self.store, $($arg),*).await;
                self.switch.answer().await;
                answer
            })+
        }
    };
}

through!(Ledger {
    fn commit(commit: Commit) -> Result<Committed, CommitError>;
    fn next_numbers(project: ProjectId, count: u32) -> Result<u64, StoreError>;
    fn policy_version() -> Result<u64, StoreError>;
});
through!(Jobs {
    fn claim(holder: &str, now: Timestamp, lease_secs: u32) -> Result<Option<Claim>, StoreError>;
    fn renew(id: ExecutionId, epoch: u64, now: Timestamp, lease_secs: u32) -> Result<Option<Execution>, StoreError>;
    fn give_back(id: ExecutionId, epoch: u64) -> Result<(), StoreError>;
    fn execution(id: ExecutionId) -> Result<Option<Execution>, StoreError>;
    fn queue_age_secs(now: Timestamp) -> Result<u64, StoreError>;
});
through!(Watches {
    fn claim_watch(holder: &str, now: Timestamp, lease_secs: u32, on: Due) -> Result<Option<Watch>, StoreError>;
    fn renew_watch(target: TargetId, epoch: u64, now: Timestamp, lease_secs: u32) -> Result<bool, StoreError>;
    fn end_watch(target: TargetId, epoch: u64, next: NextLook) -> Result<(), StoreError>;
    fn seen_objects(service: ServiceId, target: TargetId) -> Result<Vec<SeenObject>, StoreError>;
});
through!(Idempotency {
    fn reserve(actor: UserId, key: &str, fingerprint: Hash, now: Timestamp) -> Result<Reserved, StoreError>;
    fn forget(actor: UserId, key: &str) -> Result<(), StoreError>;
});
through!(AssistantSessions {
    fn assistant_session(id: AssistantSessionId) -> Result<Option<AssistantSession>, StoreError>;
    fn assistant_sessions(owner: UserId, page: Page<AssistantSessionId>)
        -> Result<Found<AssistantSession, AssistantSessionId>, StoreError>;
    fn begin_assistant_session(session: &AssistantSession) -> Result<(), StoreError>;
    fn name_assistant_session(id: AssistantSessionId, title: &str) -> Result<(), StoreError>;
    fn delete_assistant_session(id: AssistantSessionId) -> Result<(), StoreError>;
    fn assistant_entries(id: AssistantSessionId) -> Result<Vec<AssistantEntry>, StoreError>;
    fn add_assistant_entry(id: AssistantSessionId, at: Timestamp, content: &EntryContent,
        confirmation: Option<&Confirmation>) -> Result<Option<u32>, StoreError>;
    fn confirmation(id: ConfirmationId) -> Result<Option<Confirmation>, StoreError>;
    fn confirmations(session: AssistantSessionId) -> Result<Vec<Confirmation>, StoreError>;
    fn settle_confirmation(id: ConfirmationId, settled: Settled) -> Result<bool, StoreError>;
    fn claim_turn(id: AssistantSessionId, turn: Uuid, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;
    fn holds_turn(id: AssistantSessionId, turn: Uuid) -> Result<bool, StoreError>;
    fn end_turn(id: AssistantSessionId) -> Result<(), StoreError>;
    fn spend_tokens(id: AssistantSessionId, day: u32, tokens: u64) -> Result<Spent, StoreError>;
    fn spent_tokens(id: AssistantSessionId, day: u32) -> Result<Spent, StoreError>;
});
through!(ReleaseQueries {
    fn release(id: ReleaseId) -> Result<Option<Release>, StoreError>;
    fn dossier(id: ReleaseId, now: Timestamp) -> Result<Option<Dossier>, StoreError>;
    fn dossiers(ids: &[ReleaseId], now: Timestamp) -> Result<Vec<Dossier>, StoreError>;
    fn releases(filter: &ReleaseFilter, visible: &Visible, page: Page<ReleaseId>)
        -> Result<Found<Release, ReleaseId>, StoreError>;
    fn preview_by_token(token_hash: &str) -> Result<Option<(Preview, ReleaseId)>, StoreError>;
    fn preview_body(id: PreviewId) -> Result<Option<PreviewBody>, StoreError>;
    fn object_states(execution: ExecutionId) -> Result<Vec<ObjectState>, StoreError>;
    fn diagnostics(release: ReleaseId) -> Result<Vec<Diagnostic>, StoreError>;
    fn ticket(id: TicketId) -> Result<Option<TicketRow>, StoreError>;
    fn tickets(filter: &TicketFilter, visible: &Visible, page: Page<TicketId>)
        -> Result<Found<TicketRow, TicketId>, StoreError>;
    fn overdue_tickets(now: Timestamp, limit: u32) -> Result<Vec<(ReleaseId, TicketId)>, StoreError>;
    fn tickets_open() -> Result<u64, StoreError>;
    fn current_on(target: TargetId) -> Result<Vec<Release>, StoreError>;
});

type Key = (String, Uuid);

through!(CatalogueQueries {
    fn project(id: ProjectId) -> Result<Option<Project>, StoreError>;
    fn environment(id: EnvironmentId) -> Result<Option<Environment>, StoreError>;
    fn service(id: ServiceId) -> Result<Option<Service>, StoreError>;
    fn target(id: TargetId) -> Result<Option<Target>, StoreError>;
    fn service_revision(id: ServiceId, number: u32) -> Result<Option<ServiceRevision>, StoreError>;
    fn projects(filter: &CatalogueFilter, visible: &Visible, page: Page<Key>)
        -> Result<Found<Project, Key>, StoreError>;
    fn environments(filter: &CatalogueFilter, visible: &Visible, page: Page<Key>)
        -> Result<Found<Environment, Key>, StoreError>;
    fn services(filter: &CatalogueFilter, visible: &Visible, page: Page<Key>)
        -> Result<Found<Service, Key>, StoreError>;
    fn targets(filter: &CatalogueFilter, visible: &Visible, page: Page<Key>)
        -> Result<Found<Target, Key>, StoreError>;
    fn service_revisions(id: ServiceId, page: Page<u32>) -> Result<Found<ServiceRevision, u32>, StoreError>;
    fn policy_revisions(id: EnvironmentId, page: Page<u32>) -> Result<Found<PolicyRevision, u32>, StoreError>;
    fn freezes(now: Timestamp) -> Result<Vec<Freeze>, StoreError>;
    fn freeze(id: FreezeId) -> Result<Option<Freeze>, StoreError>;
    fn holds(target: TargetId) -> Result<Vec<Hold>, StoreError>;
});
through!(OverviewQueries {
    fn unanswered_failures(created_by: Uuid, project: &[ProjectId], visible: &Visible, limit: u32)
        -> Result<Vec<Release>, StoreError>;
    fn ended_between(instants: &[Timestamp], project: &[ProjectId], visible: &Visible)
        -> Result<Vec<Ended>, StoreError>;
    fn target_counts(project: &[ProjectId], visible: &Visible) -> Result<TargetCounts, StoreError>;
    fn cells(services: &[ServiceId], environments: &[EnvironmentId]) -> Result<CellReleases, StoreError>;
});
through!(AccessQueries {
    fn access_policy() -> Result<AccessPolicy, StoreError>;
    fn user(id: UserId) -> Result<Option<User>, StoreError>;
    fn user_by_name(username: &str) -> Result<Option<User>, StoreError>;
    fn users(page: Page<Key>) -> Result<Found<User, Key>, StoreError>;
    fn token(id: TokenId) -> Result<Option<Token>, StoreError>;
    fn token_by_hash(hash: &str) -> Result<Option<(Token, User)>, StoreError>;
    fn tokens(owner: Option<UserId>, page: Page<TokenId>) -> Result<Found<Token, TokenId>, StoreError>;
    fn session(id: SessionId) -> Result<Option<Session>, StoreError>;
    fn session_by_hash(hash: &str) -> Result<Option<(Session, User)>, StoreError>;
    fn sessions(user: UserId) -> Result<Vec<Session>, StoreError>;
    fn touch_session(id: SessionId, at: Timestamp) -> Result<(), StoreError>;
    fn touch_token(id: TokenId, at: Timestamp) -> Result<(), StoreError>;
    fn sign_in_failures(username: &str, address: &str, since: Timestamp) -> Result<SignInFailures, StoreError>;
    fn record_sign_in_failure(username: &str, address: &str, at: Timestamp, since: Timestamp)
        -> Result<(), StoreError>;
    fn clear_sign_in_failures(username: &str, address: &str) -> Result<(), StoreError>;
});
through!(Timeline {
    fn head() -> Result<Option<Head>, StoreError>;
    fn timeline(release: ReleaseId, page: Page<u64>) -> Result<Found<Value, u64>, StoreError>;
    fn audit(filter: &AuditFilter, visible: &Visible, page: Page<u64>) -> Result<Found<Value, u64>, StoreError>;
    fn events(filter: &AuditFilter, visible: &Visible, page: Page<u64>)
        -> Result<Found<(Value, EventPlace), u64>, StoreError>;
    fn wait_past(seq: u64) -> Result<u64, StoreError>;
});

#[async_trait]
impl Runtime for TurningRuntime {
    fn runtime_type(&self) -> RuntimeType {
        self.runtime.runtime_type()
    }

    fn render(&self, request: &RenderRequest) -> Rendered {
        self.runtime.render(request)
    }

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        self.runtime.probe(target).await
    }

    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        self.switch.turn().await;
        let made = self.runtime.plan(target, request).await;
        self.switch.turn().await;
        made
    }

    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        self.switch.turn().await;
        let monitor = TurningMonitor {
            monitor,
            switch: &self.switch,
        };
        let end = self.runtime.apply(target, request, &monitor).await;
        self.switch.turn().await;
        end
    }

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError> {
        self.runtime.observe(target, desired).await
    }

    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        self.switch.turn().await;
        let found = self.runtime.diagnose(target, desired).await;
        self.switch.turn().await;
        found
    }
}

struct TurningMonitor<'a> {
    monitor: &'a dyn Monitor,
    switch: &'a Switch,
}

#[async_trait]
impl Monitor for TurningMonitor<'_> {
    async fn stage(&self, stage: StageName) {
        self.switch.turn().await;
        self.monitor.stage(stage).await;
        self.switch.turn().await;
    }

    async fn object(&self, progress: ObjectProgress) {
        self.switch.turn().await;
        self.monitor.object(progress).await;
        self.switch.turn().await;
    }

    async fn writing(&self) -> Result<(), Stop> {
        self.switch.turn().await;
        let answer = self.monitor.writing().await;
        self.switch.turn().await;
        answer
    }

    async fn stopped(&self) -> Stop {
        self.monitor.stopped().await
    }
}
