//! Change a service: its name, or what it releases, which makes a revision.

use super::check::Content;
use super::{ServicePatch, ServiceView, defaults, find_to_write, newest, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::catalogue::references::References;
use crate::error::AppError;
use release_domain::catalogue::{Service, ServiceRevision};
use release_domain::ids::ServiceId;
use release_domain::manifest::VariableSpec;
use release_domain::ports::{Commit, Write};
use release_domain::secret::MASK;

/// Changes a service; makes a revision where manifest, variables or version variable differ from the newest one.
///
/// # Errors
/// As [`create`](super::create), and `NotFound`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: ServiceId,
    if_match: u64,
    patch: ServicePatch,
) -> Result<ServiceView, AppError> {
    let patch = &patch;
    rounds(move || edited(app, caller, (id, if_match), patch)).await
}

async fn edited(
    app: &App,
    caller: &Caller,
    (id, if_match): (ServiceId, u64),
    patch: &ServicePatch,
) -> Result<ServiceView, Halt> {
    let guard = app.guard().await?;
    let service = find_to_write(app, caller, id).await?;
    let standing = newest(app, &service).await?;
    let mut revision = patched(&standing, patch);
    check(app, &service, patch, &revision)?;
    if service.version != if_match {
        return Err(AppError::Stale.into());
    }
    let is_new = !same_content(&revision, &standing);
    let name = patch.name.clone().unwrap_or_else(|| service.name.clone());
    let mut references = References::default();
    if !is_new && name == service.name {
        return Ok(view(app, caller, service, Some(standing), &mut references).await?);
    }
    let (origin, now) = (caller.origin(), app.now());
    let after = Service {
        name,
        revision: service.revision + u32::from(is_new),
        version: service.version + 1,
        ..service.clone()
    };
    let mut writes = vec![Write::Service(after.clone())];
    if is_new {
        revision.number = after.revision;
        revision.by = origin.actor.clone();
        revision.responsible.clone_from(&origin.responsible);
        revision.at = now;
        writes.push(Write::ServiceRevision(defaults::sealed(app, revision.clone())));
    }
    let (before, told) = ((service, standing), (after.clone(), revision.clone()));
    let event = changed::service("updated", (Some(&before), Some(&told)), &origin, now);
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes,
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(view(app, caller, after, Some(revision), &mut references).await?)
}

fn patched(standing: &ServiceRevision, patch: &ServicePatch) -> ServiceRevision {
    let variables = match &patch.variables {
        Some(variables) => variables.iter().map(|v| unmasked(v, &standing.variables)).collect(),
        None => standing.variables.clone(),
    };
    ServiceRevision {
        manifest: patch.manifest.clone().unwrap_or_else(|| standing.manifest.clone()),
        variables,
        version_variable: patch.version_variable.clone().over(standing.version_variable.clone()),
        ..standing.clone()
    }
}

/// A default that comes back as it was shown, masked, is the one that stands.
fn unmasked(variable: &VariableSpec, standing: &[VariableSpec]) -> VariableSpec {
    let mut variable = variable.clone();
    if variable.default.as_deref() == Some(MASK) {
        let before = standing.iter().find(|v| v.name == variable.name);
        variable.default = before.and_then(|v| v.default.clone());
    }
    variable
}

fn same_content(a: &ServiceRevision, b: &ServiceRevision) -> bool {
    a.manifest == b.manifest && a.variables == b.variables && a.version_variable == b.version_variable
}

fn check(app: &App, service: &Service, patch: &ServicePatch, revision: &ServiceRevision) -> Result<(), AppError> {
    let content = Content {
        runtime_type: service.runtime_type,
        manifest: &revision.manifest,
        variables: &revision.variables,
        version_variable: revision.version_variable.as_deref(),
    };
    let mut fields = Fields::default();
    if let Some(name) = &patch.name {
        fields.name("/name", name);
    }
    content.check(&mut fields);
    fields.done()?;
    // What stands already was read when it was written.
    if patch.manifest.is_some() || patch.variables.is_some() {
        content.parse(app)?;
    }
    Ok(())
}
