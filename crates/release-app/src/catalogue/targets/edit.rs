//! Change a target: its name, or what a release would run against.

use super::connection::{Standing, connect};
use super::{TargetPatch, TargetView, check, find, view_with_holds};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::catalogue::references::References;
use crate::catalogue::target_access::holds_credentials;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::catalogue::{Target, TargetStatus};
use release_domain::ids::TargetId;
use release_domain::ports::{Commit, Write};

/// Changes a target. Where a release would run changes with its endpoint, namespace, Compose project or folder: every
/// preview made before is then a mismatch. Credentials and names change nothing of the kind.
///
/// # Errors
/// As [`create`](super::create), and `NotFound`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: TargetId,
    if_match: u64,
    patch: TargetPatch,
) -> Result<TargetView, AppError> {
    let patch = &patch;
    rounds(move || edited(app, caller, (id, if_match), patch)).await
}

async fn edited(
    app: &App,
    caller: &Caller,
    (id, if_match): (TargetId, u64),
    patch: &TargetPatch,
) -> Result<TargetView, Halt> {
    let guard = app.guard().await?;
    let before = find(app, caller, Permission::TargetWrite, id).await?;
    let mut fields = Fields::default();
    if let Some(name) = &patch.name {
        fields.name("/name", name);
    }
    check::shape(&mut fields, before.runtime_type, &Standing::of_patch(patch));
    fields.done()?;
    if before.version != if_match {
        return Err(AppError::Stale.into());
    }
    let after = patched(app, &before, patch).await?;
    let mut references = References::default();
    if after == before {
        return Ok(view_with_holds(app, caller, before, &mut references).await?);
    }
    let after = Target {
        version: before.version + 1,
        ..after
    };
    let told = (Some(&before), Some(&after));
    let event = changed::target("updated", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Target(after.clone())],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(view_with_holds(app, caller, after, &mut references).await?)
}

async fn patched(app: &App, before: &Target, patch: &TargetPatch) -> Result<Target, AppError> {
    let mut after = before.clone();
    if let Some(name) = &patch.name {
        after.name.clone_from(name);
    }
    if let Some(namespace) = &patch.namespace {
        after.namespace = Some(namespace.clone());
    }
    if let Some(project) = &patch.compose_project {
        after.compose_project = Some(project.clone());
    }
    after.working_dir = patch.working_dir.clone().over(before.working_dir.clone());
    if let Some(new) = &patch.connection {
        let connected = connect(app, before.id, before.runtime_type, new, Some(&before.connection)).await?;
        after.connection = connected.connection;
        let holds = holds_credentials(&after.connection);
        after.credentials_set_at = match (connected.set, holds) {
            (true, _) => Some(app.now()),
            (false, true) => before.credentials_set_at,
            (false, false) => None,
        };
    }
    if context(&after) != context(before) {
        after.context_number += 1;
        // What was found out was found out about another place.
        after.status = TargetStatus::UNKNOWN;
    }
    Ok(after)
}

/// What a release would run against.
fn context(target: &Target) -> (&str, Option<&str>, Option<&str>, Option<&str>) {
    (
        target.endpoint(),
        target.namespace.as_deref(),
        target.compose_project.as_deref(),
        target.working_dir.as_deref(),
    )
}
