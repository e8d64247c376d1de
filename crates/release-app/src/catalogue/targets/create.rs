//! Make a target.

use super::connection::{Standing, connect};
use super::{NewTarget, TargetView, check, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::catalogue::changed;
use crate::catalogue::references::References;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{RuntimeType, Target, TargetStatus};
use release_domain::ids::TargetId;
use release_domain::ports::{Commit, Write};

/// A Kubernetes target that names no namespace means the one `kubectl` means.
const DEFAULT_NAMESPACE: &str = "default";

/// # Errors
/// `Forbidden`, `Invalid` at `/project_id`, `/environment_id`, `/key`, `/name`, `/runtime_type`, `/connection/…`,
/// `/namespace`, `/compose_project`, `/working_dir`, `AlreadyExists("target")`.
pub async fn create(app: &App, call: &Call<'_, TargetView>, new: NewTarget) -> Result<Done<TargetView>, AppError> {
    let scope = Scope::environment(new.project_id, new.environment_id);
    app.authorize(call.caller, Permission::TargetWrite, scope, ()).await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn made(app: &App, call: &Call<'_, TargetView>, new: &NewTarget) -> Result<TargetView, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    let scope = Scope::environment(new.project_id, new.environment_id);
    app.authorize(caller, Permission::TargetWrite, scope, ()).await?;
    let mut fields = Fields::default();
    check_place(app, new, &mut fields).await?;
    fields.key("/key", &new.key);
    fields.name("/name", &new.name);
    check::shape(&mut fields, new.runtime_type, &Standing::of_new(new));
    fields.done()?;
    let id: TargetId = app.id();
    let connected = connect(app, id, new.runtime_type, &new.connection, None).await?;
    let now = app.now();
    let is_compose = new.runtime_type == RuntimeType::Compose;
    let target = Target {
        id,
        project_id: new.project_id,
        environment_id: new.environment_id,
        key: new.key.clone(),
        name: new.name.clone(),
        runtime_type: new.runtime_type,
        connection: connected.connection,
        credentials_set_at: connected.set.then_some(now),
        namespace: (!is_compose).then(|| new.namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.into())),
        // Every target names its project, so that no release ever guesses one.
        compose_project: is_compose.then(|| new.compose_project.clone().unwrap_or_else(|| new.key.clone())),
        working_dir: new.working_dir.clone(),
        context_number: 1,
        status: TargetStatus::UNKNOWN,
        created_at: now,
        version: 1,
    };
    let event = changed::target("created", (None, Some(&target)), &caller.origin(), now);
    let made = view(app, caller, target.clone(), Vec::new(), &mut References::default()).await?;
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Target(target)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}

async fn check_place(app: &App, new: &NewTarget, fields: &mut Fields) -> Result<(), AppError> {
    if app.store.project(new.project_id).await?.is_none() {
        fields.wrong("/project_id", "not_found", "there is no such project");
    }
    let environment = app.store.environment(new.environment_id).await?;
    if environment.is_none_or(|e| e.project_id != new.project_id) {
        fields.wrong("/environment_id", "not_found", "the project has no such environment");
    }
    if app.runtimes.get(new.runtime_type).is_none() {
        fields.wrong("/runtime_type", "invalid_value", "this server has no such runtime");
    }
    Ok(())
}
