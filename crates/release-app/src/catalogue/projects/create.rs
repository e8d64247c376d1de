//! Make a project.

use super::{NewProject, ProjectView, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::catalogue::changed;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::Project;
use release_domain::ports::{Commit, Write};

/// # Errors
/// `Forbidden` (`project:write` on all projects), `Invalid` at `/key`, `/name`, `AlreadyExists("project")`.
pub async fn create(app: &App, call: &Call<'_, ProjectView>, new: NewProject) -> Result<Done<ProjectView>, AppError> {
    app.authorize(call.caller, Permission::ProjectWrite, Scope::ALL, ())
        .await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn made(app: &App, call: &Call<'_, ProjectView>, new: &NewProject) -> Result<ProjectView, Halt> {
    let guard = app.guard().await?;
    app.authorize(call.caller, Permission::ProjectWrite, Scope::ALL, ())
        .await?;
    let mut fields = Fields::default();
    fields.key("/key", &new.key);
    fields.name("/name", &new.name);
    fields.done()?;
    let project = Project {
        id: app.id(),
        key: new.key.clone(),
        name: new.name.clone(),
        created_at: app.now(),
        version: 1,
    };
    let event = changed::project("created", (None, Some(&project)), &call.caller.origin(), app.now());
    let made = view(app, call.caller, project.clone()).await?;
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Project(project)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}
