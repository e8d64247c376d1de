//! Every route × every kind of caller, compared with a golden file.
//!
//! The routes come from the OpenAPI document and the operations beside it: one without an entry here fails. Each kind of
//! caller has a world of its own, and each command a release or object of its own, so that no cell depends on another.
//! `UPDATE_GOLDEN=1` writes the file anew, for a reviewer to read.

mod requests;

use crate::callers::{CALLERS, person};
use crate::support::{Client, Person, World, settings};
use release_authz::CasbinAuthorizer;
use release_domain::assistant::{AssistantSession, Confirmation, EntryContent, Speaker};
use release_domain::catalogue::EnvironmentKind;
use release_domain::freeze::FreezeScope;
use release_domain::ids::{ConfirmationId, UserId};
use release_domain::ports::{AssistantSessions, Store, Write};
use release_testkit::fixtures;
use requests::ask;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

const OPERATIONS: [&str; 7] = [
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /docs",
    "GET /docs/reference.js",
    "GET /docs/reference.css",
    "GET /api/v1/openapi.json",
];

/// What requests are about: made by others than any caller of the matrix, before it is asked.
struct Things {
    /// A draft for each route that is about a release.
    drafts: BTreeMap<&'static str, String>,
    applied: String,
    tickets: BTreeMap<&'static str, (String, String)>,
    /// A session of each person, and a confirmation in it.
    sessions: BTreeMap<UserId, (AssistantSession, Confirmation)>,
    /// To be deleted.
    spare: BTreeMap<&'static str, String>,
}

const OF_A_DRAFT: [&str; 8] = [
    "read",
    "edit",
    "preview",
    "submit",
    "apply",
    "cancel",
    "rollback/preview",
    "rollback",
];

impl Things {
    async fn make(world: &World, client: &Client) -> Self {
        // Somebody who may do everything needed and is none of the callers.
        let here = release_domain::access::Scope::project(world.project.id);
        world.grant(&world.nina, "project-admin", here).await;
        let maker = &world.nina;
        let mut drafts = BTreeMap::new();
        for use_of in OF_A_DRAFT {
            let release = client.create(maker, &world.draft()).await;
            drafts.insert(use_of, text(&release["id"]));
        }
        let preview = |id: String| async move {
            let preview = client.preview(maker, &id).await;
            (
                json!({"preview_token": preview["preview_token"]}),
                text(&preview["plan_hash"]),
            )
        };
        preview(drafts["read"].clone()).await;
        let mut tickets = BTreeMap::new();
        for use_of in ["approve", "reject"] {
            let release = client.create(maker, &world.draft()).await;
            let (token, hash) = preview(text(&release["id"])).await;
            let path = format!("/releases/{}/submit", text(&release["id"]));
            let submitted = client.post(&path, maker, &token).await.expect(200);
            tickets.insert(use_of, (text(&submitted["approval"]["ticket_id"]), hash));
        }
        let applied = client.applied(world, maker).await;
        Self {
            applied: text(&applied["id"]),
            drafts,
            tickets,
            sessions: Self::sessions(world).await,
            spare: Self::spare(world).await,
        }
    }

    async fn sessions(world: &World) -> BTreeMap<UserId, (AssistantSession, Confirmation)> {
        let mut sessions = BTreeMap::new();
        for person in world.people() {
            let session = AssistantSession {
                id: fixtures::id(),
                owner: person.user.id,
                title: "own".into(),
                created_at: fixtures::now(),
                updated_at: fixtures::now(),
            };
            let confirmation = Confirmation {
                id: fixtures::id(),
                session: session.id,
                tool: "apply_release".into(),
                arguments: json!({}),
                release: fixtures::id(),
                plan_hash: None,
                token: None,
                expires_at: fixtures::at(1_000_000),
                settled: None,
            };
            world.store.begin_assistant_session(&session).await.expect("begun");
            let said = EntryContent::Message {
                from: Speaker::Person,
                text: "apply".into(),
            };
            let added = world
                .store
                .add_assistant_entry(session.id, fixtures::now(), &said, Some(&confirmation));
            added.await.expect("added");
            sessions.insert(person.user.id, (session, confirmation));
        }
        sessions
    }

    /// The person's own session; nobody's is anybody's.
    fn of(&self, person: Option<&Person>) -> &(AssistantSession, Confirmation) {
        let own = person.and_then(|person| self.sessions.get(&person.user.id));
        own.or_else(|| self.sessions.values().next()).expect("a session")
    }

    fn session_of(&self, person: Option<&Person>) -> String {
        format!("/assistant/sessions/{}", self.of(person).0.id)
    }

    fn confirmation_of(&self, person: Option<&Person>) -> ConfirmationId {
        self.of(person).1.id
    }

    async fn spare(world: &World) -> BTreeMap<&'static str, String> {
        let project = fixtures::project("spare");
        let environment = fixtures::environment(&world.project, "spare", EnvironmentKind::Development);
        let service = fixtures::service(&world.project, "spare");
        let target = fixtures::target(&world.development, "spare");
        let user = fixtures::user("spare");
        let role = fixtures::role("spare", &[]);
        let granted = fixtures::role("granted", &[]);
        let grant = fixtures::grant(
            &user,
            "granted",
            release_domain::access::Scope::project(world.project.id),
        );
        let token = fixtures::token(&user, "rct_spare");
        let freeze = fixtures::freeze(FreezeScope::Target(target.id));
        let spare = BTreeMap::from([
            ("project", project.id.to_string()),
            ("environment", environment.id.to_string()),
            ("service", service.id.to_string()),
            ("target", target.id.to_string()),
            ("user", user.id.to_string()),
            ("role", role.id.to_string()),
            ("grant", grant.id.to_string()),
            ("token", token.id.to_string()),
            ("freeze", freeze.id.to_string()),
        ]);
        world
            .write(vec![
                Write::Project(project),
                Write::Environment(environment),
                Write::Service(service.clone()),
                Write::ServiceRevision(fixtures::service_revision(&service, 1)),
                Write::Target(target),
                Write::User(user),
                Write::Role(role),
                Write::Role(granted),
                Write::Grant(grant),
                Write::Token(token),
                Write::Freeze(freeze),
            ])
            .await;
        spare
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn routes() -> Vec<String> {
    let document = release_api::Document::build("0").value();
    let mut routes: Vec<String> = OPERATIONS.map(str::to_owned).into();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["get", "post", "put", "patch", "delete"] {
            if item[method].is_object() {
                routes.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    // What takes something away comes last, so that every route finds its things.
    routes.sort_by_key(|route| {
        (
            route.starts_with("DELETE"),
            route.contains("/auth/logout"),
            route.clone(),
        )
    });
    routes
}

/// One column: the status of every route for one kind of caller.
async fn column(caller: &str, routes: &[String]) -> Vec<u16> {
    let casbin = |store| -> Arc<dyn release_domain::ports::Authorizer> {
        let store: Arc<dyn Store> = Arc::new(store);
        Arc::new(CasbinAuthorizer::new(store))
    };
    let world = World::with(settings(), casbin).await;
    let client = world.client().await;
    let things = Things::make(&world, &client).await;
    let person = person(&world, caller);
    let mut column = Vec::with_capacity(routes.len());
    for route in routes {
        let asked = ask(route, &world, &things, person).unwrap_or_else(|| panic!("{route} has no entry in the matrix"));
        let asked = match person {
            Some(person) => asked.of(person),
            None => asked,
        };
        column.push(client.status(asked).await);
    }
    column
}

fn written(routes: &[String], columns: &[Vec<u16>]) -> String {
    let width = routes.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::from("# Every route × every kind of caller; made by tests/contract/access_matrix.rs.\n");
    let _ = write!(text, "{:width$}", "#");
    for caller in CALLERS {
        let _ = write!(text, "  {caller}");
    }
    text.push('\n');
    for (row, route) in routes.iter().enumerate() {
        let _ = write!(text, "{route:width$}");
        for (caller, column) in CALLERS.iter().zip(columns) {
            let _ = write!(text, "  {:<1$}", column[row], caller.len());
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[actix_web::test]
async fn every_route_answers_every_kind_of_caller_as_the_golden_matrix_says() {
    let routes = routes();
    let mut columns = Vec::new();
    for caller in CALLERS {
        columns.push(column(caller, &routes).await);
    }
    let found = written(&routes, &columns);
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/access_matrix.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &found).expect("the golden file is written");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    let differences: Vec<_> = found
        .lines()
        .zip(expected.lines().chain(std::iter::repeat("(nothing)")))
        .filter(|(found, expected)| found != expected)
        .map(|(found, expected)| format!("- {expected}\n+ {found}"))
        .collect();
    let cells = routes.len() * CALLERS.len();
    println!(
        "access matrix: {} routes × {} callers = {cells} cells, {} differences",
        routes.len(),
        CALLERS.len(),
        differences.len()
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(found.lines().count(), expected.lines().count(), "routes have gone");
}
