//! Give a role to a subject in a scope.

use super::{GrantView, NewGrant, view};
use crate::access::changed::{About, changed, of_grant};
use crate::access::fields::{Fields, MAX_NAME_CHARS};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use release_domain::access::{Grant, Permission, Subject};
use release_domain::actor::ActorKind;
use release_domain::ports::{AccessPolicy, Commit, Write};

/// # Errors
/// `Forbidden`, `Invalid` at `/subject`, `/role`, `/project_id`, `/environment_id`, `AlreadyExists("grant")`.
pub async fn create(app: &App, call: &Call<'_, GrantView>, new: NewGrant) -> Result<Done<GrantView>, AppError> {
    app.authorize(call.caller, Permission::AccessWrite, new.scope, ())
        .await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn made(app: &App, call: &Call<'_, GrantView>, new: &NewGrant) -> Result<GrantView, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    app.authorize(caller, Permission::AccessWrite, new.scope, ()).await?;
    let policy = app.policy_at(&guard).await?;
    check(app, new, &policy).await?;
    let same = |g: &Grant| g.subject == new.subject && g.role == new.role && g.scope == new.scope;
    if policy.grants.iter().any(same) {
        return Err(AppError::AlreadyExists("grant").into());
    }
    let grant = Grant {
        id: app.id(),
        subject: new.subject.clone(),
        role: new.role.clone(),
        scope: new.scope,
        created_at: app.now(),
    };
    let made = view(app, caller, grant.clone(), &policy).await?;
    let told = (None, Some(of_grant(&grant)));
    let event = changed(About::grant(&grant), "granted", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Grant(grant)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}

async fn check(app: &App, new: &NewGrant, policy: &AccessPolicy) -> Result<(), AppError> {
    let mut fields = Fields::default();
    match &new.subject {
        Subject::Group(name) => fields.line("/subject", name, MAX_NAME_CHARS),
        Subject::User(id) | Subject::ServiceAccount(id) => {
            let is_person = matches!(new.subject, Subject::User(_));
            let fits = |kind: ActorKind| (kind == ActorKind::Human) == is_person;
            if !app.store.user(*id).await?.is_some_and(|user| fits(user.kind)) {
                fields.wrong("/subject", "not_found", "there is no such subject");
            }
        }
    }
    if !policy.roles.iter().any(|role| role.key == new.role) {
        fields.wrong("/role", "not_found", "there is no such role");
    }
    if let Some(project) = new.scope.project
        && app.store.project(project).await?.is_none()
    {
        fields.wrong("/project_id", "not_found", "there is no such project");
    }
    if let Some(id) = new.scope.environment {
        let environment = app.store.environment(id).await?;
        if new.scope.project.is_none() {
            fields.wrong("/project_id", "required", "an environment is named with its project");
        } else if environment.map(|e| e.project_id) != new.scope.project {
            fields.wrong("/environment_id", "not_found", "the project has no such environment");
        }
    }
    fields.done()
}
