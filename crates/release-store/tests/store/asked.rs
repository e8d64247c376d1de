//! The statements of every list, heard as they are run.

use crate::stores::Home;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use release_domain::access::Scope;
use release_domain::approval::TicketStatus;
use release_domain::ids::TicketId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{
    AccessQueries, AuditFilter, CatalogueFilter, CatalogueQueries, Jobs, Ledger, OverviewQueries, Page, ReleaseFilter,
    ReleaseQueries, TicketFilter, Timeline, Visible,
};
use release_store::SqlStore;
use release_testkit::fixtures;
use std::sync::Mutex;

/// Statements run by this process while it listens. A test has a process of its own under nextest; the lock is for
/// runners that share one.
static HEARD: Mutex<Option<Vec<String>>> = Mutex::new(None);
pub static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && let Some(heard) = HEARD.lock().expect("unpoisoned").as_mut()
        {
            heard.push(query.to_string());
        }
    }
}

fn page<Key>(after: Key) -> Page<Key> {
    Page {
        limit: 50,
        after: Some(after),
    }
}

fn top<Key>() -> Page<Key> {
    Page { limit: 50, after: None }
}

/// Runs a list and gives its statements: those with an order.
async fn heard<T>(name: &str, list: impl Future<Output = T>) -> Vec<(String, String)> {
    *HEARD.lock().expect("unpoisoned") = Some(Vec::new());
    list.await;
    let statements = HEARD.lock().expect("unpoisoned").take().unwrap_or_default();
    let ordered = statements.into_iter().filter(|sql| sql.contains("ORDER BY"));
    let found: Vec<_> = ordered.map(|sql| (name.to_owned(), bare(&sql))).collect();
    assert!(!found.is_empty(), "{name} ran no ordered statement");
    found
}

/// Without the values that are printed behind it.
fn bare(sql: &str) -> String {
    sql.split(" -- binds:").next().unwrap_or(sql).to_owned()
}

async fn releases(store: &SqlStore) -> Vec<(String, String)> {
    let none = ReleaseFilter::default;
    let scope = || vec![Scope::environment(fixtures::id(), fixtures::id())];
    let cases = [
        ("releases", none(), Visible::All),
        (
            "releases by project",
            ReleaseFilter {
                project: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by two projects",
            ReleaseFilter {
                project: vec![fixtures::id(), fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by service",
            ReleaseFilter {
                service: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by target",
            ReleaseFilter {
                target: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by environment",
            ReleaseFilter {
                environment: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by creator",
            ReleaseFilter {
                created_by: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by state",
            ReleaseFilter {
                lifecycle_state: vec![LifecycleState::Failed, LifecycleState::Applying],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases by word",
            ReleaseFilter {
                q: vec!["web".into()],
                ..none()
            },
            Visible::All,
        ),
        (
            "releases since",
            ReleaseFilter {
                since: Some(fixtures::now()),
                ..none()
            },
            Visible::All,
        ),
        ("releases within an environment", none(), Visible::Scopes(scope())),
        (
            "releases within a project",
            none(),
            Visible::Scopes(vec![Scope::project(fixtures::id())]),
        ),
        (
            "releases by service within a project",
            ReleaseFilter {
                service: vec![fixtures::id()],
                ..none()
            },
            Visible::Scopes(vec![Scope::project(fixtures::id())]),
        ),
    ];
    let mut found = Vec::new();
    for (name, filter, visible) in cases {
        found.extend(heard(name, store.releases(&filter, &visible, top())).await);
        found.extend(heard(name, store.releases(&filter, &visible, page(fixtures::id()))).await);
    }
    found
}

async fn tickets(store: &SqlStore) -> Vec<(String, String)> {
    let none = TicketFilter::default;
    let pending = || TicketFilter {
        status: vec![TicketStatus::Pending],
        ..none()
    };
    let cases = [
        ("tickets", none(), Visible::All),
        ("tickets by status", pending(), Visible::All),
        (
            "tickets by status within a project",
            pending(),
            Visible::Scopes(vec![Scope::project(fixtures::id())]),
        ),
        (
            "tickets by release",
            TicketFilter {
                release: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "tickets by project",
            TicketFilter {
                project: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "tickets by environment",
            TicketFilter {
                environment: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "tickets by requester",
            TicketFilter {
                requested_by: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
    ];
    let mut found = Vec::new();
    for (name, filter, visible) in cases {
        found.extend(heard(name, store.tickets(&filter, &visible, top())).await);
        let after: Page<TicketId> = page(fixtures::id());
        found.extend(heard(name, store.tickets(&filter, &visible, after)).await);
    }
    found.extend(heard("overdue tickets", store.overdue_tickets(fixtures::now(), 10)).await);
    found
}

async fn catalogue(store: &SqlStore) -> Vec<(String, String)> {
    let (all, none) = (Visible::All, CatalogueFilter::default());
    let mine = CatalogueFilter {
        project: vec![fixtures::id()],
        ..CatalogueFilter::default()
    };
    let after = || page(("key".to_owned(), fixtures::id()));
    let mut found = Vec::new();
    found.extend(heard("projects", store.projects(&none, &all, after())).await);
    for (name, filter) in [("catalogue", &none), ("catalogue of a project", &mine)] {
        found.extend(
            heard(
                &format!("{name}: environments"),
                store.environments(filter, &all, after()),
            )
            .await,
        );
        found.extend(heard(&format!("{name}: services"), store.services(filter, &all, after())).await);
        found.extend(heard(&format!("{name}: targets"), store.targets(filter, &all, after())).await);
    }
    found.extend(heard("service revisions", store.service_revisions(fixtures::id(), page(9))).await);
    found.extend(heard("policy revisions", store.policy_revisions(fixtures::id(), page(9))).await);
    found.extend(heard("users", store.users(after())).await);
    found.extend(heard("tokens", store.tokens(None, page(fixtures::id()))).await);
    found.extend(
        heard(
            "tokens of one",
            store.tokens(Some(fixtures::id()), page(fixtures::id())),
        )
        .await,
    );
    found.extend(heard("sessions", store.sessions(fixtures::id())).await);
    found.extend(heard("queue", store.claim("worker", fixtures::now(), 10)).await);
    found.extend(heard("queue age", store.queue_age_secs(fixtures::now())).await);
    found.extend(heard("diagnostics", store.diagnostics(fixtures::id())).await);
    found
}

async fn overview(store: &SqlStore) -> Vec<(String, String)> {
    let within = || Visible::Scopes(vec![Scope::project(fixtures::id())]);
    let mut found = Vec::new();
    for (name, visible) in [("", Visible::All), (" within a project", within())] {
        let failures = store.unanswered_failures(fixtures::id(), &[], &visible, 20);
        found.extend(heard(&format!("unanswered failures{name}"), failures).await);
        found.extend(heard(&format!("target counts{name}"), store.target_counts(&[], &visible)).await);
    }
    found
}

async fn timeline(store: &SqlStore) -> Vec<(String, String)> {
    let none = AuditFilter::default;
    let scopes = || Visible::Scopes(vec![Scope::project(fixtures::id())]);
    let cases = [
        ("events", none(), Visible::All),
        (
            "events by project",
            AuditFilter {
                project: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by environment",
            AuditFilter {
                environment: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by service",
            AuditFilter {
                service: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by target",
            AuditFilter {
                target: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by release",
            AuditFilter {
                release: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by actor",
            AuditFilter {
                actor: vec![fixtures::id()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by type",
            AuditFilter {
                event_type: vec!["gate.refused".into()],
                ..none()
            },
            Visible::All,
        ),
        (
            "events by seq",
            AuditFilter {
                from_seq: Some(5),
                to_seq: Some(9),
                ..none()
            },
            Visible::All,
        ),
        ("events within a project", none(), scopes()),
    ];
    let mut found = Vec::new();
    for (name, filter, visible) in cases {
        found.extend(heard(name, store.audit(&filter, &visible, top())).await);
        found.extend(heard(name, store.audit(&filter, &visible, page(7))).await);
        found.extend(heard(name, store.events(&filter, &visible, page(7))).await);
    }
    found.extend(heard("timeline of a release", store.timeline(fixtures::id(), page(7))).await);
    found.extend(heard("head", store.head()).await);
    found
}

/// The name of statements that look at one thing and have no order to keep.
pub const LOOK: &str = "a look";

/// Looks at one thing, which must be found without reading others.
async fn looks(store: &SqlStore) -> Vec<(String, String)> {
    // The first look opens a connection, with statements of its own.
    let _ = store.dossier(fixtures::id(), fixtures::now()).await;
    *HEARD.lock().expect("unpoisoned") = Some(Vec::new());
    let _ = store.release(fixtures::id()).await;
    let _ = store.dossier(fixtures::id(), fixtures::now()).await;
    let _ = store.dossiers(&[fixtures::id(), fixtures::id()], fixtures::now()).await;
    let _ = store.preview_by_token("hash").await;
    let _ = store.preview_body(fixtures::id()).await;
    let _ = store.ticket(fixtures::id()).await;
    let _ = store.tickets_open().await;
    let _ = store.current_on(fixtures::id()).await;
    let _ = store.holds(fixtures::id()).await;
    let _ = store.freezes(fixtures::now()).await;
    let _ = store.object_states(fixtures::id()).await;
    let _ = store.execution(fixtures::id()).await;
    let _ = store.cells(&[fixtures::id(), fixtures::id()], &[fixtures::id()]).await;
    for visible in [Visible::All, Visible::Scopes(vec![Scope::project(fixtures::id())])] {
        let _ = store
            .ended_between(&[fixtures::now(), fixtures::at(9)], &[], &visible)
            .await;
    }
    let _ = store.policy_version().await;
    let _ = store.user_by_name("anna").await;
    let _ = store.token_by_hash("hash").await;
    let _ = store.session_by_hash("hash").await;
    let _ = store.sign_in_failures("anna", "192.0.2.1", fixtures::now()).await;
    let statements = HEARD.lock().expect("unpoisoned").take().unwrap_or_default();
    statements.iter().map(|sql| (LOOK.to_owned(), bare(sql))).collect()
}

pub async fn statements(home: &Home) -> Vec<(String, String)> {
    set_default_instrumentation(|| Some(Box::new(Listener))).expect("listening");
    let store = home.store().await;
    let mut found = releases(&store).await;
    found.extend(tickets(&store).await);
    found.extend(catalogue(&store).await);
    found.extend(overview(&store).await);
    found.extend(timeline(&store).await);
    found.extend(looks(&store).await);
    set_default_instrumentation(|| None).expect("no longer listening");
    found.sort();
    found.dedup();
    found
}
