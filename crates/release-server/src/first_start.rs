//! The first start: an administrator, the project `default` with its environments, the local Docker Engine as two
//! targets, and a sample service to release.
//!
//! What the administrator could have made is made by the same use cases, as the administrator, through the channel
//! `system`. Until the store has a release, each start adds what is still missing: an engine that is started later is
//! found by the next start. From the first release on nothing is added any more.

mod sample;

use anyhow::{Context, Result};
use release_app::access::bootstrap::{ADMIN, DEFAULT_PROJECT, bootstrap};
use release_app::catalogue::environments::{self, NewEnvironment};
use release_app::catalogue::targets::{self, NewConnection, NewTarget};
use release_app::catalogue::{Change, services};
use release_app::{App, AppError, Call, Caller, Via};
use release_domain::access::User;
use release_domain::actor::Channel;
use release_domain::catalogue::{EnvironmentKind, Project, RuntimeType};
use release_domain::ids::{EnvironmentId, ProjectId};
use release_domain::ports::{CatalogueFilter, Page, ReleaseFilter, TargetAccess, TargetConnection, Visible};
use release_domain::secret::SecretText;
use std::time::Duration;

const ENVIRONMENTS: [(&str, &str, EnvironmentKind); 3] = [
    ("dev", "Development", EnvironmentKind::Development),
    ("staging", "Staging", EnvironmentKind::Staging),
    ("production", "Production", EnvironmentKind::Production),
];
/// Key, name and environment of the targets that a local engine becomes. The key is its Compose project too.
const TARGETS: [(&str, &str, &str); 2] = [
    ("local-docker-dev", "Local Docker, development", "dev"),
    ("local-docker", "Local Docker", "production"),
];
/// An engine that is slower than this does not hold up the start.
const LOOK_WITHIN: Duration = Duration::from_secs(3);
/// Where an engine listens when nobody says otherwise.
const DOCKER_SOCKET: &str = "unix:///var/run/docker.sock";

/// What people should read.
#[derive(Debug)]
pub enum Told {
    /// Of the administrator; it stands nowhere else.
    OneTimePassword(SecretText),
    Engine(Engine),
}

/// Tells people, at once: what is lost here cannot be told again.
pub type Tell<'a> = &'a (dyn Fn(Told) -> std::io::Result<()> + Send + Sync);

/// What was found when an engine was looked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Engine {
    Found { host: String, version: String },
    Nothing { host: String, why: String },
}

/// Makes what is missing.
///
/// # Errors
/// The store cannot be worked with.
pub async fn prepare(
    app: &App,
    admin_password: Option<SecretText>,
    docker_host: Option<&str>,
    tell: Tell<'_>,
) -> Result<()> {
    let made = bootstrap(app, admin_password)
        .await
        .context("the first account cannot be made")?;
    if let Some(password) = made.and_then(|first| first.one_time_password) {
        tell(Told::OneTimePassword(password))?;
    }
    let Some((admin, project)) = ground(app).await? else {
        return Ok(());
    };
    let caller = caller(&admin);
    let environments = environments(app, &caller, project.id).await?;
    if is_without_targets(app, &project).await? {
        let host = docker_host.unwrap_or(DOCKER_SOCKET);
        let engine = look(app, host).await;
        if let Engine::Found { host, .. } = &engine {
            make_targets(app, &caller, project.id, &environments, host).await?;
        }
        tell(Told::Engine(engine))?;
    }
    if is_without_services(app, &project).await? {
        let call = Call::plain(&caller);
        if let Err(error) = settled(services::create(app, &call, sample::service(project.id)).await) {
            // A sample is not worth a server that does not start.
            tracing::warn!(%error, "the sample service cannot be made");
        }
    }
    Ok(())
}

/// The administrator and the project that things are made for; `None` once there is a release, or without them.
async fn ground(app: &App) -> Result<Option<(User, Project)>> {
    let releases = app
        .store
        .releases(&ReleaseFilter::default(), &Visible::All, first_of_all())
        .await?;
    if !releases.items.is_empty() {
        return Ok(None);
    }
    let Some(admin) = app.store.user_by_name(ADMIN).await?.filter(|user| !user.disabled) else {
        return Ok(None);
    };
    let filter = CatalogueFilter {
        q: vec![DEFAULT_PROJECT.into()],
        ..CatalogueFilter::default()
    };
    let projects = app.store.projects(&filter, &Visible::All, whole_page()).await?;
    let project = projects
        .items
        .into_iter()
        .find(|project| project.key == DEFAULT_PROJECT);
    Ok(project.map(|project| (admin, project)))
}

/// The environments by key, made where there is none at all.
async fn environments(app: &App, caller: &Caller, project: ProjectId) -> Result<Vec<(String, EnvironmentId)>> {
    let filter = of_project(project);
    let found = app.store.environments(&filter, &Visible::All, whole_page()).await?;
    if !found.items.is_empty() {
        return Ok(found.items.into_iter().map(|e| (e.key, e.id)).collect());
    }
    for (key, name, kind) in ENVIRONMENTS {
        let new = NewEnvironment {
            project_id: project,
            key: key.into(),
            name: name.into(),
            kind,
            policy: None,
        };
        settled(environments::create(app, &Call::plain(caller), new).await)
            .with_context(|| format!("the environment {key} cannot be made"))?;
    }
    let made = app.store.environments(&filter, &Visible::All, whole_page()).await?;
    Ok(made.items.into_iter().map(|e| (e.key, e.id)).collect())
}

async fn make_targets(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    environments: &[(String, EnvironmentId)],
    host: &str,
) -> Result<()> {
    for (key, name, environment) in TARGETS {
        let Some((_, environment)) = environments.iter().find(|(key, _)| key == environment) else {
            continue;
        };
        let new = NewTarget {
            project_id: project,
            environment_id: *environment,
            key: key.into(),
            name: name.into(),
            runtime_type: RuntimeType::Compose,
            connection: NewConnection::Docker {
                host: host.to_owned(),
                tls: Change::Keep,
            },
            namespace: None,
            compose_project: Some(key.into()),
            working_dir: None,
        };
        settled(targets::create(app, &Call::plain(caller), new).await)
            .with_context(|| format!("the target {key} cannot be made"))?;
    }
    Ok(())
}

async fn look(app: &App, host: &str) -> Engine {
    let target = TargetAccess {
        connection: TargetConnection::Docker {
            host: host.to_owned(),
            tls: None,
        },
        namespace: None,
        compose_project: Some(TARGETS[0].0.into()),
        working_dir: None,
    };
    let nothing = |why: String| Engine::Nothing {
        host: host.to_owned(),
        why,
    };
    if let Err(why) = app.endpoints.check(host).await {
        return nothing(why);
    }
    let runtime = match app.runtime(RuntimeType::Compose) {
        Ok(runtime) => runtime,
        Err(error) => return nothing(error.to_string()),
    };
    match tokio::time::timeout(LOOK_WITHIN, runtime.probe(&target)).await {
        Ok(Ok(probe)) => Engine::Found {
            host: host.to_owned(),
            version: probe.version,
        },
        Ok(Err(error)) => nothing(error.to_string()),
        Err(_) => nothing(format!("it does not answer within {} s", LOOK_WITHIN.as_secs())),
    }
}

async fn is_without_targets(app: &App, project: &Project) -> Result<bool> {
    let found = app
        .store
        .targets(&of_project(project.id), &Visible::All, whole_page())
        .await?;
    Ok(found.items.is_empty())
}

async fn is_without_services(app: &App, project: &Project) -> Result<bool> {
    let found = app
        .store
        .services(&of_project(project.id), &Visible::All, whole_page())
        .await?;
    Ok(found.items.is_empty())
}

/// Another replica that starts at the same time may have made it: that is as good.
fn settled<T>(outcome: Result<T, AppError>) -> Result<(), AppError> {
    match outcome {
        Ok(_) | Err(AppError::AlreadyExists(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn caller(admin: &User) -> Caller {
    Caller {
        user: admin.id,
        name: admin.username.clone(),
        kind: admin.kind,
        groups: Vec::new(),
        via: Via::System,
        channel: Channel::System,
        assistant: None,
        trace_id: None,
        method: "START".into(),
        path: "/".into(),
    }
}

fn of_project(project: ProjectId) -> CatalogueFilter {
    CatalogueFilter {
        project: vec![project],
        ..CatalogueFilter::default()
    }
}

fn first_of_all<Key>() -> Page<Key> {
    Page { limit: 1, after: None }
}

/// More than a first start can have made.
fn whole_page<Key>() -> Page<Key> {
    Page {
        limit: 200,
        after: None,
    }
}
