//! Rename a project.

use super::{ProjectPatch, ProjectView, find, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::error::AppError;
use release_domain::catalogue::Project;
use release_domain::ids::ProjectId;
use release_domain::ports::{Commit, Write};

/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: ProjectId,
    if_match: u64,
    patch: ProjectPatch,
) -> Result<ProjectView, AppError> {
    let patch = &patch;
    rounds(move || edited(app, caller, (id, if_match), patch)).await
}

async fn edited(
    app: &App,
    caller: &Caller,
    (id, if_match): (ProjectId, u64),
    patch: &ProjectPatch,
) -> Result<ProjectView, Halt> {
    let guard = app.guard().await?;
    let before = find(app, caller, id).await?;
    let mut fields = Fields::default();
    if let Some(name) = &patch.name {
        fields.name("/name", name);
    }
    fields.done()?;
    if before.version != if_match {
        return Err(AppError::Stale.into());
    }
    let after = Project {
        name: patch.name.clone().unwrap_or_else(|| before.name.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok(view(app, caller, before).await?);
    }
    let after = Project {
        version: before.version + 1,
        ..after
    };
    let told = (Some(&before), Some(&after));
    let event = changed::project("updated", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Project(after.clone())],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(view(app, caller, after).await?)
}
