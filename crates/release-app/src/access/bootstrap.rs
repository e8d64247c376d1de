//! The first start: shipped roles, the first administrator, the project `default`.

use super::changed::{About, changed, of_grant, of_role, of_user};
use super::fields::Fields;
use super::rounds::{Halt, rounds};
use super::{password, secrets};
use crate::app::App;
use crate::error::AppError;
use release_domain::access::shipped::{PLATFORM_ADMIN, SHIPPED_ROLES};
use release_domain::access::{Grant, Role, RoleKey, Scope, User};
use release_domain::actor::{ActorKind, Origin};
use release_domain::catalogue::Project;
use release_domain::ids::{ProjectId, UserId};
use release_domain::ports::{AccessPolicy, Commit, CommitError, Guard, Page, Write};
use release_domain::secret::SecretText;

/// The first account.
pub const ADMIN: &str = "admin";
/// The project that exists from the first start.
pub const DEFAULT_PROJECT: &str = "default";

/// What a first start made.
#[derive(Clone, Debug)]
pub struct FirstStart {
    pub admin: UserId,
    pub project: ProjectId,
    /// To be printed once; `None` where a password was given.
    pub one_time_password: Option<SecretText>,
}

/// Makes what every store must have. A store with users only has its shipped roles brought up to date; `None` then.
/// May run in several replicas at once.
///
/// # Errors
/// `Invalid` at `/password` (the given one does not do), or the store's trouble.
pub async fn bootstrap(app: &App, password: Option<SecretText>) -> Result<Option<FirstStart>, AppError> {
    if let Some(password) = &password {
        let mut fields = Fields::default();
        password::check(&mut fields, "/password", password);
        fields.done()?;
    }
    let password = &password;
    rounds(move || started(app, password.as_ref())).await
}

async fn started(app: &App, password: Option<&SecretText>) -> Result<Option<FirstStart>, Halt> {
    let policy = app.store.access_policy().await?;
    let guard = Guard::PolicyVersion(policy.version);
    let mut commit = shipped(app, &policy);
    let anybody = app.store.users(Page { limit: 1, after: None }).await?;
    let first = if anybody.items.is_empty() {
        Some(first_start(app, password, &mut commit).await)
    } else {
        None
    };
    if commit.writes.is_empty() {
        return Ok(None);
    }
    commit.guards.push(guard);
    match app.store.commit(commit).await {
        Ok(_) => Ok(first),
        // Another replica was faster.
        Err(CommitError::AlreadyExists(_)) => Err(Halt::Again),
        Err(error) => Err(error.into()),
    }
}

/// The shipped roles that are missing or are not as this version ships them.
fn shipped(app: &App, policy: &AccessPolicy) -> Commit {
    let mut commit = Commit::default();
    for shipped in SHIPPED_ROLES {
        let known = policy.roles.iter().find(|role| role.key.0 == shipped.key);
        let role = Role {
            id: known.map_or_else(|| app.id(), |role| role.id),
            key: RoleKey(shipped.key.into()),
            shipped: true,
            permissions: shipped.permissions.to_vec(),
        };
        if known != Some(&role) {
            let told = (known.map(of_role), Some(of_role(&role)));
            let event = changed(About::role(&role), "role_shipped", told, &Origin::system(), app.now());
            commit.events.push(event);
            commit.writes.push(Write::Role(role));
        }
    }
    commit
}

async fn first_start(app: &App, password: Option<&SecretText>, commit: &mut Commit) -> FirstStart {
    let (now, origin) = (app.now(), Origin::system());
    let one_time_password = match password {
        Some(_) => None,
        None => Some(secrets::one_time_password(app.ids.as_ref())),
    };
    let password_hash = match password.or(one_time_password.as_ref()) {
        Some(password) => Some(app.passwords.hash(password).await),
        None => None,
    };
    let admin = User {
        id: app.id(),
        username: ADMIN.into(),
        display_name: "Administrator".into(),
        kind: ActorKind::Human,
        password_hash,
        must_change_password: one_time_password.is_some(),
        disabled: false,
        groups: Vec::new(),
        created_at: now,
        version: 1,
    };
    let grant = Grant {
        id: app.id(),
        subject: admin.subject(),
        role: RoleKey(PLATFORM_ADMIN.into()),
        scope: Scope::ALL,
        created_at: now,
    };
    let project = Project {
        id: app.id(),
        key: DEFAULT_PROJECT.into(),
        name: "Default".into(),
        created_at: now,
        version: 1,
    };
    commit.events.extend([
        changed(
            About::user(&admin),
            "user_created",
            (None, Some(of_user(&admin))),
            &origin,
            now,
        ),
        changed(
            About::grant(&grant),
            "granted",
            (None, Some(of_grant(&grant))),
            &origin,
            now,
        ),
        crate::catalogue::changed::project("created", (None, Some(&project)), &origin, now),
    ]);
    let first = FirstStart {
        admin: admin.id,
        project: project.id,
        one_time_password,
    };
    commit
        .writes
        .extend([Write::User(admin), Write::Grant(grant), Write::Project(project)]);
    first
}
