//! Make an environment, with the policy it begins with.

use super::{EnvironmentView, NewEnvironment, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::catalogue::references::References;
use crate::catalogue::{changed, policy};
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{Environment, PolicyRevision};
use release_domain::policy::Policy;
use release_domain::ports::{Commit, Write};

/// # Errors
/// `Forbidden` (`environment:write` on the project; `policy:write` where a policy is given, `policy:weaken` where it is
/// weaker than a production default), `Invalid` at `/project_id`, `/key`, `/name`, `/policy/…`,
/// `AlreadyExists("environment")`.
pub async fn create(
    app: &App,
    call: &Call<'_, EnvironmentView>,
    new: NewEnvironment,
) -> Result<Done<EnvironmentView>, AppError> {
    authorize(app, call.caller, &new).await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn authorize(app: &App, caller: &Caller, new: &NewEnvironment) -> Result<(), AppError> {
    let scope = Scope::project(new.project_id);
    app.authorize(caller, Permission::EnvironmentWrite, scope, ()).await?;
    if new.policy.is_some() {
        app.authorize(caller, Permission::PolicyWrite, scope, ()).await?;
    }
    Ok(())
}

async fn made(app: &App, call: &Call<'_, EnvironmentView>, new: &NewEnvironment) -> Result<EnvironmentView, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    authorize(app, caller, new).await?;
    let default = Policy::default_for(new.kind);
    let given = new.policy.clone().map(|body| body.over(default.clone()));
    let mut fields = Fields::default();
    if app.store.project(new.project_id).await?.is_none() {
        fields.wrong("/project_id", "not_found", "there is no such project");
    }
    fields.key("/key", &new.key);
    fields.name("/name", &new.name);
    if let Some(given) = &given {
        policy::check(app, &mut fields, "/policy", given, &default).await?;
    }
    fields.done()?;
    let chosen = given.unwrap_or_else(|| default.clone());
    if chosen.weakens(&default, new.kind) {
        let scope = Scope::project(new.project_id);
        app.authorize(caller, Permission::PolicyWeaken, scope, ()).await?;
    }
    let (origin, now) = (caller.origin(), app.now());
    let environment = Environment {
        id: app.id(),
        project_id: new.project_id,
        key: new.key.clone(),
        name: new.name.clone(),
        kind: new.kind,
        policy: chosen,
        policy_number: 1,
        created_at: now,
        version: 1,
    };
    let revision = PolicyRevision {
        environment_id: environment.id,
        number: 1,
        policy: environment.policy.clone(),
        changed: environment.policy.changes_from(&default),
        by: origin.actor.clone(),
        at: now,
    };
    let mut events = vec![changed::environment(
        "created",
        (None, Some(&environment)),
        &origin,
        now,
    )];
    if environment.policy != default {
        let begun = Environment {
            policy: default,
            ..environment.clone()
        };
        events.push(changed::policy(&begun, &environment, &origin, now));
    }
    let made = view(app, caller, environment.clone(), &mut References::default()).await?;
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Environment(environment), Write::PolicyRevision(revision)],
            events,
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}
