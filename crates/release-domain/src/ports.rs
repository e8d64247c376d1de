//! What the domain asks of the outside, as roles. Adapters add technology; each role has a contract suite in
//! `release-testkit`, which its fake passes too.

mod assistant;
mod authorizer;
mod environment;
mod overview;
mod query;
mod runtime;
mod store;
mod watching;

pub use assistant::AssistantSessions;
pub use authorizer::{Authority, Authorizer, AuthorizerError};
pub use environment::{Clock, Ids, LocalClock, MacKey, NotSealed, Passwords, Sealer, Signer, TimeZones};
pub use overview::{CellReleases, Ended, OverviewQueries, TargetCounts};
pub use query::{
    AccessPolicy, AccessQueries, AuditFilter, CatalogueFilter, CatalogueQueries, Dossier, Found, Page, ReleaseFilter,
    ReleaseQueries, SignInFailures, TicketFilter, TicketRow, Timeline, Visible,
};
pub use runtime::{
    ApplyEnd, Desired, DesiredObject, DockerTls, Monitor, ObjectProgress, ObjectText, Observation, PlanMade,
    PlanRequest, Probe, ProbeCapability, Purpose, RenderRequest, Rendered, Resolver, RunRequest, Runtime, Stop,
    TargetAccess, TargetConnection, TargetError,
};
pub use store::{
    ANSWER_KEPT_SECS, Claim, Commit, CommitError, Committed, Deletion, Guard, IN_FLIGHT_SECS, Idempotency, Jobs,
    Ledger, PreviewBody, Remember, Reserved, Store, StoreError, StoredAnswer, Write,
};
pub use watching::{Due, NextLook, Watch, Watches};
