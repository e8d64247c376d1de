//! Another service with its own doors: it links the use cases, puts its own ports behind them (here those in memory) and
//! drives a release from draft to applied. The same functions serve this project's own API.
//!
//! `cargo run -p release-app --example embed`

use release_app::approvals::decide::decide;
use release_app::releases::create::{NewDraft, create};
use release_app::releases::{apply, preview, submit, timeline};
use release_app::worker::{self, Pace, Tick, Worker};
use release_app::{App, AppError, Call, Caller, Done, EndpointPolicy, Runtimes, Via};
use release_domain::access::shipped::SHIPPED_ROLES;
use release_domain::access::{Role, RoleKey, Scope, User};
use release_domain::actor::{ActorKind, Channel};
use release_domain::approval::Verdict;
use release_domain::event::chain::Verifier;
use release_domain::ids::ReleaseId;
use release_domain::manifest::{Manifest, ManifestFile};
use release_domain::ports::{Commit, Ledger, Page, ReleaseQueries, Write};
use release_testkit::authorizer::FakeAuthorizer;
use release_testkit::environment::{FakeClock, FakeIds, FakePace, TestPasswords, TestSealer, TestSigner, UtcZones};
use release_testkit::fixtures::{self, Place};
use release_testkit::runtime::FakeRuntime;
use release_testkit::store::FakeStore;
use std::error::Error;
use std::sync::Arc;

pub fn main() -> Result<(), Box<dyn Error>> {
    // The use cases know no executor: any will do.
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let clock = FakeClock::stepping(1);
    let (store, runtime) = (FakeStore::new(), FakeRuntime::compose());
    let app = wired(&store, &runtime, &clock);
    let (ada, bob) = (fixtures::user("ada"), fixtures::user("bob"));
    let place = furnished(&store, &ada, &bob).await?;

    let id = drafted(&app, &ada, &place).await?;
    let token = shown(&app, &ada, id).await?;
    let submitted = submit::submit(&app, &Call::plain(&caller(&ada)), id, Some(&token), None).await?;
    println!("submitted: {}", fresh(submitted)?.release.state());

    approved(&app, &ada, &bob, id).await?;
    let applying = apply::apply(&app, &Call::plain(&caller(&ada)), id, Some(&token), None).await?;
    println!("applying: {}", fresh(applying)?.release.state());

    // A worker of this service's own takes the job; it waits in whatever way this service waits.
    let me = Worker {
        holder: "embedding service, worker 1".into(),
        lease_secs: 10,
    };
    while worker::tick(&app, &me, &InMemoryPace(FakePace::immediate(&clock))).await? == Tick::Ran {}
    let release = store.release(id).await?.ok_or("the release is there")?;
    println!(
        "in the end: {}, {} objects written",
        release.state(),
        runtime.calls().writes
    );

    audited(&app, &bob, id).await
}

/// Each port by its role; a service puts its own in place of these, one after the other.
fn wired(store: &FakeStore, runtime: &FakeRuntime, clock: &FakeClock) -> App {
    App {
        store: Arc::new(store.clone()),
        authorizer: Arc::new(FakeAuthorizer::of_store(Arc::new(store.clone()))),
        runtimes: Runtimes::new(vec![Arc::new(runtime.clone())]),
        clock: Arc::new(clock.clone()),
        ids: Arc::new(FakeIds::new()),
        zones: Arc::new(UtcZones),
        sealer: Arc::new(TestSealer::new()),
        passwords: Arc::new(TestPasswords::new()),
        signer: Arc::new(TestSigner),
        endpoints: Arc::new(Anywhere),
    }
}

/// A production environment with a service and a target, a developer and an approver.
async fn furnished(store: &FakeStore, ada: &User, bob: &User) -> Result<Place, Box<dyn Error>> {
    let mut place = fixtures::place("shop");
    place.revision.manifest = Manifest {
        files: vec![ManifestFile {
            path: "compose.yaml".into(),
            content: "service/web: image=web:${VERSION}\nnetwork/front:\n".into(),
        }],
        compose_files: None,
    };
    let mut writes = vec![
        Write::Project(place.project.clone()),
        Write::Environment(place.environment.clone()),
        Write::Service(place.service.clone()),
        Write::ServiceRevision(place.revision.clone()),
        Write::Target(place.target.clone()),
        Write::User(ada.clone()),
        Write::User(bob.clone()),
    ];
    writes.extend(SHIPPED_ROLES.iter().map(|role| {
        Write::Role(Role {
            id: fixtures::id(),
            key: RoleKey(role.key.into()),
            shipped: true,
            permissions: role.permissions.to_vec(),
        })
    }));
    let here = Scope::project(place.project.id);
    writes.push(Write::Grant(fixtures::grant(ada, "developer", here)));
    writes.push(Write::Grant(fixtures::grant(bob, "approver", here)));
    let commit = Commit {
        writes,
        ..Commit::default()
    };
    store.commit(commit).await?;
    Ok(place)
}

async fn drafted(app: &App, ada: &User, place: &Place) -> Result<ReleaseId, Box<dyn Error>> {
    let new = NewDraft {
        service_id: Some(place.service.id),
        target_id: Some(place.target.id),
        ..NewDraft::default()
    };
    let made = fresh(create(app, &Call::plain(&caller(ada)), new).await?)?;
    println!(
        "drafted: release {} of {}",
        made.release.number, made.release.service.key
    );
    Ok(made.release.id)
}

/// Previews, and shows the plan that people are asked about.
async fn shown(app: &App, ada: &User, id: ReleaseId) -> Result<String, Box<dyn Error>> {
    let made = fresh(preview::preview(app, &Call::plain(&caller(ada)), id).await?)?;
    for change in &made.plan.changes {
        println!("  {} {}", change.action, change.key);
    }
    println!("previewed: {} approval(s) needed", made.approval.required);
    Ok(made.token.expose().to_owned())
}

async fn approved(app: &App, ada: &User, bob: &User, id: ReleaseId) -> Result<(), Box<dyn Error>> {
    let release = app.store.release(id).await?.ok_or("the release is there")?;
    let ticket = release.ticket.ok_or("production asks for approval")?;
    let hash = Some(ticket.plan_hash);
    match decide(
        app,
        &Call::plain(&caller(ada)),
        ticket.id,
        Verdict::Approved,
        hash,
        None,
    )
    .await
    {
        Err(AppError::Forbidden(permission)) => println!("ada may not approve: she lacks {permission}"),
        Err(other) => return Err(other.into()),
        Ok(_) => return Err("ada approved her own release".into()),
    }
    let decided = decide(
        app,
        &Call::plain(&caller(bob)),
        ticket.id,
        Verdict::Approved,
        hash,
        None,
    )
    .await?;
    println!("approved: {} of {}", fresh(decided)?.received, ticket.required);
    Ok(())
}

/// Reads what was told, and verifies the chain as an auditor would.
async fn audited(app: &App, reader: &User, id: ReleaseId) -> Result<(), Box<dyn Error>> {
    let page = Page {
        limit: 100,
        after: None,
    };
    let events = timeline::timeline(app, &caller(reader), id, page).await?.items;
    let mut verifier = Verifier::default();
    for event in &events {
        println!("  {} {}", event["seq"], event["event_type"]);
    }
    let all = app
        .store
        .events(
            &release_domain::ports::AuditFilter::default(),
            &release_domain::ports::Visible::All,
            Page {
                limit: 1_000,
                after: None,
            },
        )
        .await?;
    for (event, _) in &all.items {
        verifier
            .check(event)
            .map_err(|bad| format!("the chain is broken at {}: {}", bad.seq, bad.code))?;
    }
    println!("the chain holds over {} events", verifier.checked());
    Ok(())
}

/// Who calls is this service's to establish: a session, a token, a signed message.
fn caller(user: &User) -> Caller {
    Caller {
        user: user.id,
        name: user.username.clone(),
        kind: ActorKind::Human,
        groups: Vec::new(),
        via: Via::Session(fixtures::id()),
        channel: Channel::Api,
        assistant: None,
        trace_id: None,
        method: "CALL".into(),
        path: "embed".into(),
    }
}

fn fresh<T>(done: Done<T>) -> Result<T, &'static str> {
    match done {
        Done::Fresh(value) => Ok(value),
        Done::Replayed(_) => Err("no idempotency key was sent"),
    }
}

struct Anywhere;

#[async_trait::async_trait]
impl EndpointPolicy for Anywhere {
    async fn check(&self, _endpoint: &str) -> Result<(), String> {
        Ok(())
    }
}

struct InMemoryPace(FakePace);

#[async_trait::async_trait]
impl Pace for InMemoryPace {
    async fn pause(&self, millis: u64) {
        self.0.pause(millis).await;
    }

    fn is_leaving(&self) -> bool {
        self.0.is_leaving()
    }
}
