//! The place and the people.

use super::client::{Ask, Client};
use super::releases::manifest;
use actix_web::web::Data;
use async_trait::async_trait;
use release_api::{ApiSettings, ApiState, Check, Readiness};
use release_app::{App, EndpointPolicy, Runtimes};
use release_domain::access::shipped::SHIPPED_ROLES;
use release_domain::access::{Permission, Role, RoleKey, Scope, Session, Token, User};
use release_domain::catalogue::{Environment, EnvironmentKind, Project, Service, ServiceRevision, Target};
use release_domain::manifest::{Manifest, ManifestFile, VariableSpec};
use release_domain::ports::{Authorizer, Commit, Ledger, TargetAccess, TargetConnection, Write};
use release_testkit::authorizer::FakeAuthorizer;
use release_testkit::environment::{FakeClock, FakeIds, TestPasswords, TestSealer, TestSigner, UtcZones};
use release_testkit::fixtures;
use release_testkit::runtime::FakeRuntime;
use release_testkit::store::FakeStore;
use std::sync::Arc;
use std::time::Duration;

pub const PUBLIC_URL: &str = "https://releases.example.org";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

struct AllowAllEndpoints;

#[async_trait]
impl EndpointPolicy for AllowAllEndpoints {
    async fn check(&self, endpoint: &str) -> Result<(), String> {
        if endpoint.contains("169.254.") {
            return Err("link-local addresses are not allowed".into());
        }
        Ok(())
    }
}

struct AlwaysReady;

#[async_trait]
impl Readiness for AlwaysReady {
    async fn checks(&self) -> Vec<Check> {
        vec![Check {
            name: "store",
            ok: true,
            message: None,
        }]
    }
}

/// Settings without limits.
pub fn settings() -> ApiSettings {
    ApiSettings {
        public_url: PUBLIC_URL.into(),
        secure_cookies: true,
        trusted_proxy: Arc::new(|address| address.is_loopback()),
        rate_per_sec: 0,
        rate_burst: 0,
        version: "1.2.3".into(),
        commit: "abc".into(),
        serve_metrics: true,
        model: None,
        readiness: Arc::new(AlwaysReady),
        stream_comment_every: Duration::from_secs(15),
        stream_session_check_every: Duration::from_secs(60),
    }
}

/// Somebody with an account, a token and a session.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: User,
    pub token: Token,
    pub session: Session,
    secret: String,
    cookie: String,
}

impl Person {
    fn of(user: User, scopes: Vec<Permission>) -> Self {
        let (secret, cookie) = (format!("rct_{}", user.username), format!("cookie-{}", user.username));
        let token = Token {
            scopes,
            ..fixtures::token(&user, &secret)
        };
        Self {
            session: fixtures::session(&user, &cookie),
            token,
            user,
            secret,
            cookie,
        }
    }

    pub fn new(username: &str) -> Self {
        let user = User {
            password_hash: Some(TestPasswords::new().hash_of(PASSWORD)),
            ..fixtures::user(username)
        };
        Self::of(user, Vec::new())
    }

    /// A service account whose token has these scopes.
    pub fn robot(username: &str, scopes: Vec<Permission>) -> Self {
        Self::of(fixtures::service_account(username), scopes)
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.secret)
    }

    pub fn cookie(&self) -> String {
        format!("{}={}", release_api::auth::COOKIE, self.cookie)
    }
}

trait HashOf {
    fn hash_of(&self, password: &str) -> String;
}

impl HashOf for TestPasswords {
    fn hash_of(&self, password: &str) -> String {
        use release_domain::ports::Passwords;
        let password = release_domain::secret::SecretText::new(password.into());
        futures::executor::block_on(self.hash(&password))
    }
}

/// Ports, places, people, and the HTTP side over them.
pub struct World {
    pub app: Arc<App>,
    pub state: Data<ApiState>,
    pub store: FakeStore,
    pub runtime: FakeRuntime,
    pub clock: FakeClock,
    pub project: Project,
    pub production: Environment,
    pub development: Environment,
    pub service: Service,
    pub target: Target,
    pub sandbox: Target,
    pub elsewhere: Project,
    /// Developer; makes releases.
    pub ada: Person,
    /// Approver.
    pub bob: Person,
    /// Operator.
    pub olga: Person,
    /// Viewer.
    pub vera: Person,
    /// Auditor.
    pub aud: Person,
    /// Administrator of the project.
    pub petra: Person,
    /// Administrator of the platform.
    pub root: Person,
    /// Developer of another project.
    pub otto: Person,
    /// A service account with the developer's role and a token that only reads.
    pub robot: Person,
    /// Nobody in particular.
    pub nina: Person,
}

impl World {
    pub async fn new() -> Self {
        Self::with(settings(), |store| Arc::new(FakeAuthorizer::of_store(Arc::new(store)))).await
    }

    pub async fn set(settings: ApiSettings) -> Self {
        Self::with(settings, |store| Arc::new(FakeAuthorizer::of_store(Arc::new(store)))).await
    }

    pub async fn with(settings: ApiSettings, authorizer: impl FnOnce(FakeStore) -> Arc<dyn Authorizer>) -> Self {
        let (store, runtime, clock) = (FakeStore::new(), FakeRuntime::compose(), FakeClock::stepping(1));
        let project = fixtures::project("shop");
        let production = fixtures::environment(&project, "production", EnvironmentKind::Production);
        let development = fixtures::environment(&project, "dev", EnvironmentKind::Development);
        let app = Arc::new(App {
            store: Arc::new(store.clone()),
            authorizer: authorizer(store.clone()),
            runtimes: Runtimes::new(vec![Arc::new(runtime.clone())]),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(FakeIds::new()),
            zones: Arc::new(UtcZones),
            sealer: Arc::new(TestSealer::new()),
            passwords: Arc::new(TestPasswords::new()),
            signer: Arc::new(TestSigner),
            endpoints: Arc::new(AllowAllEndpoints),
        });
        let [ada, bob, olga, vera, aud, petra, root, otto, nina] =
            ["ada", "bob", "olga", "vera", "aud", "petra", "root", "otto", "nina"].map(Person::new);
        let world = Self {
            state: ApiState::new(app.clone(), settings),
            app,
            store,
            runtime,
            clock,
            service: fixtures::service(&project, "web"),
            target: fixtures::target(&production, "main"),
            sandbox: fixtures::target(&development, "sandbox"),
            elsewhere: fixtures::project("elsewhere"),
            project,
            production,
            development,
            ada,
            bob,
            olga,
            vera,
            aud,
            petra,
            root,
            otto,
            robot: Person::robot("robot", vec![Permission::ReleaseRead, Permission::CatalogueRead]),
            nina,
        };
        world.fill().await;
        world
    }

    /// A client of this world; each has an actix app of its own.
    pub async fn client(&self) -> Client {
        Client::new(&self.state).await
    }

    /// Straight into the store, past every use case.
    pub async fn write(&self, writes: Vec<Write>) {
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        self.store.commit(commit).await.expect("the world's own rows are taken");
    }

    pub async fn grant(&self, person: &Person, role: &str, scope: Scope) {
        self.write(vec![Write::Grant(fixtures::grant(&person.user, role, scope))])
            .await;
    }

    pub fn revision(&self, number: u32) -> ServiceRevision {
        let mut revision = fixtures::service_revision(&self.service, number);
        revision.manifest = Manifest {
            files: vec![ManifestFile {
                path: "compose.yaml".into(),
                content: manifest("first"),
            }],
            compose_files: None,
        };
        revision.variables.push(VariableSpec {
            name: "DB_PASSWORD".into(),
            default: None,
            required: true,
            secret: true,
            description: None,
        });
        revision
    }

    /// The target of production, as a runtime is told of it.
    pub fn access(&self) -> TargetAccess {
        TargetAccess {
            connection: TargetConnection::Docker {
                host: self.target.endpoint().into(),
                tls: None,
            },
            namespace: None,
            compose_project: self.target.compose_project.clone(),
            working_dir: None,
        }
    }

    pub fn people(&self) -> [&Person; 10] {
        [
            &self.ada,
            &self.bob,
            &self.olga,
            &self.vera,
            &self.aud,
            &self.petra,
            &self.root,
            &self.otto,
            &self.robot,
            &self.nina,
        ]
    }

    async fn fill(&self) {
        let mut writes = vec![
            Write::Project(self.project.clone()),
            Write::Project(self.elsewhere.clone()),
            Write::Environment(self.production.clone()),
            Write::Environment(self.development.clone()),
            Write::Service(self.service.clone()),
            Write::ServiceRevision(self.revision(1)),
            Write::Target(self.target.clone()),
            Write::Target(self.sandbox.clone()),
        ];
        writes.extend(SHIPPED_ROLES.iter().map(|role| {
            Write::Role(Role {
                id: fixtures::id(),
                key: RoleKey(role.key.into()),
                shipped: true,
                permissions: role.permissions.to_vec(),
            })
        }));
        for person in self.people() {
            writes.push(Write::User(person.user.clone()));
            writes.push(Write::Token(person.token.clone()));
            writes.push(Write::Session(person.session.clone()));
        }
        let here = Scope::project(self.project.id);
        let there = Scope::project(self.elsewhere.id);
        for (person, role, scope) in [
            (&self.ada, "developer", here),
            (&self.bob, "approver", here),
            (&self.olga, "operator", here),
            (&self.vera, "viewer", here),
            (&self.aud, "auditor", here),
            (&self.petra, "project-admin", here),
            (&self.root, "platform-admin", Scope::ALL),
            (&self.otto, "developer", there),
            (&self.robot, "developer", here),
        ] {
            writes.push(Write::Grant(fixtures::grant(&person.user, role, scope)));
        }
        self.write(writes).await;
    }
}

impl Ask {
    /// With the person's token.
    #[must_use]
    pub fn of(self, person: &Person) -> Self {
        self.header("authorization", &person.bearer())
    }

    /// With the person's session, as a page of this site sends it.
    #[must_use]
    pub fn in_browser_of(self, person: &Person) -> Self {
        self.header("cookie", &person.cookie())
            .header("origin", PUBLIC_URL)
            .header("x-csrf-token", &person.session.csrf_token)
    }
}
