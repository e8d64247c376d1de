//! Rename an environment.

use super::{EnvironmentPatch, EnvironmentView, find, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::catalogue::references::References;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::catalogue::Environment;
use release_domain::ids::EnvironmentId;
use release_domain::ports::{Commit, Write};

/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: EnvironmentId,
    if_match: u64,
    patch: EnvironmentPatch,
) -> Result<EnvironmentView, AppError> {
    let patch = &patch;
    rounds(move || edited(app, caller, (id, if_match), patch)).await
}

async fn edited(
    app: &App,
    caller: &Caller,
    (id, if_match): (EnvironmentId, u64),
    patch: &EnvironmentPatch,
) -> Result<EnvironmentView, Halt> {
    let guard = app.guard().await?;
    let before = find(app, caller, Permission::EnvironmentWrite, id).await?;
    let mut fields = Fields::default();
    if let Some(name) = &patch.name {
        fields.name("/name", name);
    }
    fields.done()?;
    if before.version != if_match {
        return Err(AppError::Stale.into());
    }
    let mut references = References::default();
    let after = Environment {
        name: patch.name.clone().unwrap_or_else(|| before.name.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok(view(app, caller, before, &mut references).await?);
    }
    let after = Environment {
        version: before.version + 1,
        ..after
    };
    let told = (Some(&before), Some(&after));
    let event = changed::environment("updated", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Environment(after.clone())],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(view(app, caller, after, &mut references).await?)
}
