//! Make a service, with its first revision.

use super::check::Content;
use super::{NewService, ServiceView, defaults, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::catalogue::changed;
use crate::catalogue::references::References;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{Service, ServiceRevision};
use release_domain::ports::{Commit, Write};

/// # Errors
/// `Forbidden`, `Invalid` at `/project_id`, `/key`, `/name`, `/runtime_type`, `/manifest/…`, `/variables/…`,
/// `/version_variable`, `InvalidManifest` (it does not parse), `AlreadyExists("service")`.
pub async fn create(app: &App, call: &Call<'_, ServiceView>, new: NewService) -> Result<Done<ServiceView>, AppError> {
    let scope = Scope::project(new.project_id);
    app.authorize(call.caller, Permission::ServiceWrite, scope, ()).await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn made(app: &App, call: &Call<'_, ServiceView>, new: &NewService) -> Result<ServiceView, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    let scope = Scope::project(new.project_id);
    app.authorize(caller, Permission::ServiceWrite, scope, ()).await?;
    check(app, new).await?;
    let (origin, now) = (caller.origin(), app.now());
    let service = Service {
        id: app.id(),
        project_id: new.project_id,
        key: new.key.clone(),
        name: new.name.clone(),
        runtime_type: new.runtime_type,
        revision: 1,
        created_at: now,
        version: 1,
    };
    let revision = ServiceRevision {
        service_id: service.id,
        number: 1,
        manifest: new.manifest.clone(),
        variables: new.variables.clone(),
        version_variable: new.version_variable.clone(),
        by: origin.actor.clone(),
        responsible: origin.responsible.clone(),
        at: now,
    };
    let after = (service.clone(), revision.clone());
    let event = changed::service("created", (None, Some(&after)), &origin, now);
    let shown = Some(revision.clone());
    let made = view(app, caller, service.clone(), shown, &mut References::default()).await?;
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![
                Write::Service(service),
                Write::ServiceRevision(defaults::sealed(app, revision)),
            ],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}

async fn check(app: &App, new: &NewService) -> Result<(), AppError> {
    let content = Content {
        runtime_type: new.runtime_type,
        manifest: &new.manifest,
        variables: &new.variables,
        version_variable: new.version_variable.as_deref(),
    };
    let mut fields = Fields::default();
    if app.store.project(new.project_id).await?.is_none() {
        fields.wrong("/project_id", "not_found", "there is no such project");
    }
    fields.key("/key", &new.key);
    fields.name("/name", &new.name);
    content.check(&mut fields);
    fields.done()?;
    content.parse(app)
}
