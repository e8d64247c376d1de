//! A control plane in memory, just started: an administrator, the project `default`, and whoever a test lets in.

use async_trait::async_trait;
use release_app::access::authenticate::authenticate_session;
use release_app::access::bootstrap::bootstrap;
use release_app::access::sign_in::{SignIn, SignedIn, sign_in};
use release_app::access::{Authenticated, RequestFacts};
use release_app::{App, AppError, Call, Caller, Done, EndpointPolicy, Runtimes, Via};
use release_domain::access::{Permission, Role, RoleKey, Scope, User};
use release_domain::actor::Channel;
use release_domain::ids::ProjectId;
use release_domain::ports::{
    AccessQueries, AuditFilter, Authorizer, CatalogueQueries, Commit, Ledger, Page, Timeline, Visible, Write,
};
use release_domain::secret::SecretText;
use release_testkit::authorizer::FakeAuthorizer;
use release_testkit::environment::{FakeClock, FakeIds, TestPasswords, TestSealer, TestSigner, UtcZones};
use release_testkit::fixtures;
use release_testkit::runtime::FakeRuntime;
use release_testkit::store::FakeStore;
use serde_json::Value;
use std::sync::Arc;

pub const ADMIN_PASSWORD: &str = "correct horse battery";
pub const ADDRESS: &str = "192.0.2.7";

/// Refuses endpoints that hold a word.
pub struct Endpoints;

pub const FORBIDDEN_HOST: &str = "metadata";

#[async_trait]
impl EndpointPolicy for Endpoints {
    async fn check(&self, endpoint: &str) -> Result<(), String> {
        if endpoint.contains(FORBIDDEN_HOST) {
            Err("this address is not on the list of allowed targets".into())
        } else {
            Ok(())
        }
    }
}

pub struct House {
    pub app: App,
    pub store: FakeStore,
    pub clock: FakeClock,
    pub passwords: TestPasswords,
    pub runtime: FakeRuntime,
    pub admin: Caller,
    pub project: ProjectId,
}

impl House {
    pub async fn new() -> Self {
        let (app, store, clock, passwords, runtime) = Self::bare();
        let first = bootstrap(&app, Some(SecretText::new(ADMIN_PASSWORD.into())))
            .await
            .unwrap()
            .expect("a first start");
        let admin = store.user(first.admin).await.unwrap().unwrap();
        Self {
            admin: caller(&admin),
            app,
            store,
            clock,
            passwords,
            runtime,
            project: first.project,
        }
    }

    /// Before the first start.
    pub fn bare() -> (App, FakeStore, FakeClock, TestPasswords, FakeRuntime) {
        let store = FakeStore::new();
        let authorizer = FakeAuthorizer::of_store(Arc::new(store.clone()));
        let (clock, passwords, runtime) = (FakeClock::new(), TestPasswords::new(), FakeRuntime::compose());
        let app = App {
            store: Arc::new(store.clone()),
            authorizer: Arc::new(authorizer),
            runtimes: Runtimes::new(vec![Arc::new(runtime.clone())]),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(FakeIds::new()),
            zones: Arc::new(UtcZones),
            sealer: Arc::new(TestSealer::new()),
            passwords: Arc::new(passwords.clone()),
            signer: Arc::new(TestSigner),
            endpoints: Arc::new(Endpoints),
        };
        (app, store, clock, passwords, runtime)
    }

    /// The same, with another authorizer.
    pub fn with_authorizer(&self, authorizer: Arc<dyn Authorizer>) -> App {
        App {
            authorizer,
            ..self.app.clone()
        }
    }

    /// A person with one role in one scope.
    pub async fn person(&self, name: &str, role: &str, scope: Scope) -> Caller {
        let user = self.user(name).await;
        self.grant(&user, role, scope).await;
        caller(&user)
    }

    /// A person with some permissions in one scope.
    pub async fn person_with(&self, name: &str, permissions: &[Permission], scope: Scope) -> Caller {
        let role = fixtures::role(&format!("only-{name}"), permissions);
        self.write(Write::Role(role.clone())).await;
        self.person(name, &role.key.0, scope).await
    }

    /// A person without any grant, whose password is their name twelve times.
    pub async fn user(&self, name: &str) -> User {
        let user = User {
            password_hash: Some(self.app.passwords.hash(&password_of(name)).await),
            ..fixtures::user(name)
        };
        self.write(Write::User(user.clone())).await;
        user
    }

    pub async fn grant(&self, user: &User, role: &str, scope: Scope) {
        self.write(Write::Grant(fixtures::grant(user, role, scope))).await;
    }

    pub async fn write(&self, write: Write) {
        self.write_all(vec![write]).await;
    }

    pub async fn write_all(&self, writes: Vec<Write>) {
        self.store
            .commit(Commit {
                writes,
                ..Commit::default()
            })
            .await
            .unwrap();
    }

    pub async fn sign_in(&self, username: &str, password: &SecretText) -> Result<SignedIn, AppError> {
        self.sign_in_from(username, password, ADDRESS).await
    }

    pub async fn sign_in_from(
        &self,
        username: &str,
        password: &SecretText,
        address: &str,
    ) -> Result<SignedIn, AppError> {
        let attempt = SignIn {
            username: username.into(),
            password: password.clone(),
            address: address.into(),
            user_agent: "a browser".into(),
            old_cookie: None,
            request: RequestFacts::default(),
        };
        sign_in(&self.app, attempt).await
    }

    pub async fn with_cookie(&self, cookie: &SecretText) -> Result<Authenticated, AppError> {
        authenticate_session(&self.app, cookie.expose(), RequestFacts::default()).await
    }

    pub async fn role(&self, key: &str) -> Role {
        let policy = self.store.access_policy().await.unwrap();
        let found = policy.roles.into_iter().find(|role| role.key == RoleKey(key.into()));
        found.expect("a role")
    }

    /// Every event, newest first.
    pub async fn events(&self) -> Vec<Value> {
        let page = Page {
            limit: 10_000,
            after: None,
        };
        let found = self.store.audit(&AuditFilter::default(), &Visible::All, page).await;
        found.unwrap().items
    }

    pub async fn last_event(&self) -> Value {
        self.events().await.remove(0)
    }

    /// Everything the timeline says, as one text to look for secrets in.
    pub async fn told(&self) -> String {
        serde_json::to_string(&self.events().await).unwrap()
    }

    pub async fn project_named(&self, key: &str) -> ProjectId {
        let project = fixtures::project(key);
        self.write(Write::Project(project.clone())).await;
        assert!(
            CatalogueQueries::project(&self.store, project.id)
                .await
                .unwrap()
                .is_some()
        );
        project.id
    }
}

pub fn password_of(name: &str) -> SecretText {
    SecretText::new(name.repeat(12))
}

pub fn caller(user: &User) -> Caller {
    Caller {
        user: user.id,
        name: user.username.clone(),
        kind: user.kind,
        groups: user.groups.clone(),
        via: Via::Session(fixtures::id()),
        channel: Channel::Ui,
        assistant: None,
        trace_id: None,
        method: "POST".into(),
        path: "/test".into(),
    }
}

/// The same person through another door.
pub fn through(who: &Caller, channel: Channel) -> Caller {
    Caller { channel, ..who.clone() }
}

/// A call whose answer nobody asked to keep.
pub fn plain<T>(who: &Caller) -> Call<'_, T> {
    Call::plain(who)
}

pub fn fresh<T>(done: Result<Done<T>, AppError>) -> Result<T, AppError> {
    done.map(|done| match done {
        Done::Fresh(value) => value,
        Done::Replayed(answer) => panic!("nothing was kept, and yet this came back: {answer:?}"),
    })
}

/// Where a body was wrong, and how.
pub fn wrong_at(error: &AppError) -> Vec<(String, &'static str)> {
    match error {
        AppError::Invalid(errors) => errors.iter().map(|e| (e.pointer.clone(), e.code)).collect(),
        other => panic!("not a wrong body: {other:?}"),
    }
}

pub fn page<Key>() -> Page<Key> {
    Page { limit: 50, after: None }
}
