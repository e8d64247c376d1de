//! The place: what is in the store before a story begins.

use super::people::Person;
use super::ports::{AllowAllEndpoints, TestPace};
use release_app::{App, Runtimes};
use release_domain::access::shipped::SHIPPED_ROLES;
use release_domain::access::{Grant, Role, RoleKey, Scope};
use release_domain::actor::Channel;
use release_domain::catalogue::{Environment, EnvironmentKind, Project, Service, ServiceRevision, Target};
use release_domain::manifest::{Manifest, ManifestFile, VariableSpec};
use release_domain::policy::Policy;
use release_domain::ports::{
    AccessQueries, CatalogueQueries, Commit, Deletion, Ledger, Runtime, Store, TargetAccess, TargetConnection, Write,
};
use release_testkit::authorizer::FakeAuthorizer;
use release_testkit::environment::{FakeClock, FakeIds, TestPasswords, TestSealer, TestSigner, UtcZones};
use release_testkit::fixtures;
use release_testkit::runtime::FakeRuntime;
use release_testkit::store::FakeStore;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The value of the secret variable: it may be seen nowhere.
pub const SECRET: &str = "hunter2-planted";

/// Ports, places and people. Clones share everything.
#[derive(Clone)]
pub struct Company {
    pub app: App,
    pub ids: FakeIds,
    pub store: FakeStore,
    pub runtime: FakeRuntime,
    pub clock: FakeClock,
    pub pace: TestPace,
    pub project: Project,
    pub production: Environment,
    pub development: Environment,
    pub service: Service,
    /// In production, where one approval is asked.
    pub target: Target,
    /// In development, where none is.
    pub sandbox: Target,
    /// Developer; makes releases.
    pub ada: Person,
    /// Approver.
    pub bob: Person,
    /// Approver too.
    pub cleo: Person,
    /// Operator.
    pub olga: Person,
    /// Viewer.
    pub vera: Person,
    /// Administrator of the platform.
    pub root: Person,
    /// Nobody in particular.
    pub nina: Person,
    /// A service account with developer's and operator's roles; Olga made its token.
    pub robot: Person,
}

/// A company whose story has to be closed.
pub struct World {
    pub company: Company,
    pub(super) closed: AtomicBool,
}

impl std::ops::Deref for World {
    type Target = Company;
    fn deref(&self) -> &Company {
        &self.company
    }
}

impl World {
    pub async fn new() -> Self {
        Self {
            company: Company::new().await,
            closed: AtomicBool::new(false),
        }
    }
}

impl Company {
    pub async fn new() -> Self {
        Self::on(|store| Arc::new(store), |runtime| Arc::new(runtime)).await
    }

    /// With a store and a runtime of the test's own before the fake ones.
    pub async fn on(
        before_store: impl FnOnce(FakeStore) -> Arc<dyn Store>,
        before_runtime: impl FnOnce(FakeRuntime) -> Arc<dyn Runtime>,
    ) -> Self {
        let clock = FakeClock::stepping(1);
        let (store, runtime) = (FakeStore::new(), FakeRuntime::compose());
        let project = fixtures::project("shop");
        let production = fixtures::environment(&project, "production", EnvironmentKind::Production);
        let development = fixtures::environment(&project, "dev", EnvironmentKind::Development);
        let service = fixtures::service(&project, "web");
        let target = fixtures::target(&production, "main");
        let sandbox = fixtures::target(&development, "sandbox");
        let [ada, bob, cleo, olga, vera, root, nina] =
            ["ada", "bob", "cleo", "olga", "vera", "root", "nina"].map(Person::new);
        let robot = Person::account("robot", olga.id(), Channel::Ci);
        let ids = FakeIds::new();
        let app = App {
            store: before_store(store.clone()),
            authorizer: Arc::new(FakeAuthorizer::of_store(Arc::new(store.clone()))),
            runtimes: Runtimes::new(vec![before_runtime(runtime.clone())]),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(ids.clone()),
            zones: Arc::new(UtcZones),
            sealer: Arc::new(TestSealer::new()),
            passwords: Arc::new(TestPasswords::new()),
            signer: Arc::new(TestSigner),
            endpoints: Arc::new(AllowAllEndpoints),
        };
        let company = Self {
            app,
            ids,
            pace: TestPace::immediate(&clock),
            store,
            runtime,
            clock,
            project,
            production,
            development,
            service,
            target,
            sandbox,
            ada,
            bob,
            cleo,
            olga,
            vera,
            root,
            nina,
            robot,
        };
        company.fill().await;
        company
    }

    /// A company of its own that goes on from here.
    pub fn fork(
        &self,
        before_store: impl FnOnce(FakeStore) -> Arc<dyn Store>,
        before_runtime: impl FnOnce(FakeRuntime) -> Arc<dyn Runtime>,
    ) -> Self {
        let (store, runtime) = (self.store.fork(), self.runtime.fork());
        let (clock, ids) = (self.clock.fork(), self.ids.fork());
        let app = App {
            store: before_store(store.clone()),
            authorizer: Arc::new(FakeAuthorizer::of_store(Arc::new(store.clone()))),
            runtimes: Runtimes::new(vec![before_runtime(runtime.clone())]),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(ids.clone()),
            ..self.app.clone()
        };
        Self {
            app,
            ids,
            pace: TestPace::immediate(&clock),
            store,
            runtime,
            clock,
            ..self.clone()
        }
    }

    async fn fill(&self) {
        let mut writes = vec![
            Write::Project(self.project.clone()),
            Write::Environment(self.production.clone()),
            Write::Environment(self.development.clone()),
            Write::Service(self.service.clone()),
            Write::ServiceRevision(self.revision(1, &web("1"))),
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
        let here = Scope::project(self.project.id);
        for (person, roles, scope) in [
            (&self.ada, &["developer"][..], here),
            (&self.bob, &["approver"], here),
            (&self.cleo, &["approver"], here),
            (&self.olga, &["operator"], here),
            (&self.vera, &["viewer"], here),
            (&self.root, &["platform-admin"], Scope::ALL),
            (&self.robot, &["developer", "operator"], here),
            (&self.nina, &[], here),
        ] {
            writes.push(Write::User(person.user.clone()));
            let grants = roles.iter().map(|role| fixtures::grant(&person.user, role, scope));
            writes.extend(grants.map(Write::Grant));
        }
        self.write(writes).await;
    }

    /// Straight into the store, past every use case.
    pub async fn write(&self, writes: Vec<Write>) {
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        self.store
            .commit(commit)
            .await
            .expect("the company's own rows are taken");
    }

    pub async fn grant(&self, person: &Person, role: &str) -> Grant {
        let grant = fixtures::grant(&person.user, role, Scope::project(self.project.id));
        self.write(vec![Write::Grant(grant.clone())]).await;
        grant
    }

    /// Takes a role away.
    pub async fn revoke(&self, person: &Person, role: &str) {
        let policy = self.store.access_policy().await.unwrap();
        let subject = person.user.subject();
        let grants = policy.grants.into_iter();
        let found = grants.filter(|g| g.subject == subject && g.role.0 == role);
        let gone = found.map(|g| Write::Delete(Deletion::Grant(g.id))).collect();
        self.write(gone).await;
    }

    /// Changes production's policy, as an administrator would.
    pub async fn policy(&self, change: impl FnOnce(&mut Policy)) {
        let mut environment = self.store.environment(self.production.id).await.unwrap().unwrap();
        environment.version += 1;
        change(&mut environment.policy);
        self.write(vec![Write::Environment(environment)]).await;
    }

    /// A new revision of the service, made by Rex who releases nothing.
    pub async fn revise(&self, content: &str) -> u32 {
        let mut service = self.store.service(self.service.id).await.unwrap().unwrap();
        service.revision += 1;
        service.version += 1;
        let revision = self.revision(service.revision, content);
        let number = service.revision;
        self.write(vec![Write::Service(service), Write::ServiceRevision(revision)])
            .await;
        number
    }

    pub fn revision(&self, number: u32, content: &str) -> ServiceRevision {
        let secret = VariableSpec {
            name: "DB_PASSWORD".into(),
            default: None,
            required: true,
            secret: true,
            description: None,
        };
        let mut revision = fixtures::service_revision(&self.service, number);
        revision.variables.push(secret);
        revision.manifest = Manifest {
            files: vec![ManifestFile {
                path: "compose.yaml".into(),
                content: content.into(),
            }],
            compose_files: None,
        };
        revision
    }

    /// How the fake runtime knows a target.
    pub fn access(&self, target: &Target) -> TargetAccess {
        TargetAccess {
            connection: TargetConnection::Docker {
                host: target.endpoint().to_owned(),
                tls: None,
            },
            namespace: None,
            compose_project: target.compose_project.clone(),
            working_dir: None,
        }
    }

    /// What `web` runs on production's target: the value of `serves`.
    pub fn serves(&self) -> Option<String> {
        let world = self.runtime.world(&self.access(&self.target));
        world.objects.get("service/web")?.fields.get("serves").cloned()
    }
}

/// A manifest of the fake runtime: a service that serves `what`, with a password, a network and a volume.
pub fn web(what: &str) -> String {
    format!(
        "service/web: image=web:${{VERSION}} serves={what} DB_PASSWORD=${{DB_PASSWORD}}\nnetwork/front:\nvolume/data:\n"
    )
}
