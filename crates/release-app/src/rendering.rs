//! What a manifest becomes: the canonical model that would be planned. Touches no target, stores nothing.

use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::services::defaults;
use crate::error::AppError;
use crate::releases::draft;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{RuntimeType, ServiceRevision};
use release_domain::ids::{ProjectId, ReleaseId, ServiceId};
use release_domain::manifest::{Manifest, VariableSpec};
use release_domain::ports::{RenderRequest, Rendered};
use release_domain::release::{Options, Release};
use release_domain::secret::SecretText;
use std::collections::BTreeMap;

/// What to render.
#[derive(Clone, Debug)]
pub enum RenderInput {
    Body {
        runtime_type: RuntimeType,
        manifest: Manifest,
        variables: BTreeMap<String, String>,
        compose_project: Option<String>,
        working_dir: Option<String>,
    },
    Service {
        id: ServiceId,
        revision: Option<u32>,
        variables: BTreeMap<String, String>,
    },
    Release {
        id: ReleaseId,
    },
}

/// One variable and whether it has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    pub name: String,
    pub set: bool,
    pub required: bool,
}

#[derive(Clone, Debug)]
pub struct RenderedView {
    pub rendered: Rendered,
    pub variables: Vec<VariableUse>,
}

/// A release's draft, rendered.
#[derive(Clone, Debug)]
pub struct RenderedRelease {
    pub revision: ServiceRevision,
    pub rendered: Rendered,
    pub variables: Vec<VariableUse>,
}

/// # Errors
/// `Forbidden` or `NotFound`; what is wrong with the manifest is in the answer.
pub async fn render(app: &App, caller: &Caller, input: RenderInput) -> Result<RenderedView, AppError> {
    match input {
        RenderInput::Body {
            runtime_type,
            manifest,
            variables,
            compose_project,
            working_dir,
        } => {
            // Any project's readers may: nothing of the catalogue is shown.
            if app.visible(caller, Permission::CatalogueRead).await?
                == release_domain::ports::Visible::Scopes(Vec::new())
            {
                let place = release_domain::event::EventPlace::default();
                return Err(app.denied(caller, Permission::CatalogueRead, place, None).await);
            }
            let values = secrets(variables);
            let request = RenderRequest {
                manifest,
                declared: Vec::new(),
                values: values.clone(),
                compose_project,
                namespace: None,
                working_dir,
                options: Options::default(),
            };
            Ok(shown(app.runtime(runtime_type)?.render(&request), &[], &values))
        }
        RenderInput::Service {
            id,
            revision,
            variables,
        } => {
            let found = match app.store.service(id).await? {
                Some(service) => {
                    let scope = app
                        .scope_above(caller, Permission::CatalogueRead, service.project_id)
                        .await?;
                    Some((service, scope))
                }
                None => None,
            };
            let service = app
                .authorize_found(caller, Permission::CatalogueRead, found)
                .await?
                .into_inner();
            let number = revision.unwrap_or(service.revision);
            let revision = app
                .store
                .service_revision(id, number)
                .await?
                .ok_or_else(|| AppError::invalid("/revision", "not_found", "the service has no such revision"))?;
            let revision = defaults::opened(app, revision)?;
            let mut values: BTreeMap<_, _> = revision
                .variables
                .iter()
                .filter_map(|v| v.default.clone().map(|d| (v.name.clone(), SecretText::new(d))))
                .collect();
            values.extend(secrets(variables));
            let request = request(&revision, values.clone(), None, None, None, Options::default());
            let rendered = app.runtime(service.runtime_type)?.render(&request);
            Ok(shown(rendered, &revision.variables, &values))
        }
        RenderInput::Release { id } => {
            let release = app
                .authorize_release(caller, Permission::ReleaseRead, id)
                .await?
                .into_inner();
            let RenderedRelease {
                rendered, variables, ..
            } = of_release(app, &release).await?;
            Ok(RenderedView { rendered, variables })
        }
    }
}

/// Renders a release's draft for its target.
///
/// # Errors
/// Its revision or target cannot be read.
pub async fn of_release(app: &App, release: &Release) -> Result<RenderedRelease, AppError> {
    let revision = app
        .store
        .service_revision(release.service.id, release.draft.revision)
        .await?
        .ok_or(AppError::NotFound)?;
    let revision = defaults::opened(app, revision)?;
    let target = app.store.target(release.target.id).await?.ok_or(AppError::NotFound)?;
    let values = draft::values(app, release.id, &release.draft, &revision)?;
    let request = request(
        &revision,
        values.clone(),
        target.compose_project,
        target.namespace,
        target.working_dir,
        release.draft.options.clone(),
    );
    let RenderedView { rendered, variables } = shown(
        app.runtime(release.runtime_type)?.render(&request),
        &revision.variables,
        &values,
    );
    Ok(RenderedRelease {
        revision,
        rendered,
        variables,
    })
}

/// Only a service's own writers see its files whole (security.md, *Masked everywhere*), and no agent: what it reads, it
/// may tell.
///
/// # Errors
/// The answer cannot be found out now.
pub async fn sees_files_whole(app: &App, caller: &Caller, project: ProjectId) -> Result<bool, AppError> {
    if caller.assistant.is_some() {
        return Ok(false);
    }
    app.may(caller, Permission::ServiceWrite, Scope::project(project)).await
}

fn request(
    revision: &ServiceRevision,
    values: BTreeMap<String, SecretText>,
    compose_project: Option<String>,
    namespace: Option<String>,
    working_dir: Option<String>,
    options: Options,
) -> RenderRequest {
    RenderRequest {
        manifest: revision.manifest.clone(),
        declared: revision.variables.clone(),
        values,
        compose_project,
        namespace,
        working_dir,
        options,
    }
}

fn secrets(values: BTreeMap<String, String>) -> BTreeMap<String, SecretText> {
    values
        .into_iter()
        .map(|(name, value)| (name, SecretText::new(value)))
        .collect()
}

/// Variables that the manifest asks for or the service declares, by name.
fn shown(rendered: Rendered, declared: &[VariableSpec], values: &BTreeMap<String, SecretText>) -> RenderedView {
    let mut names: Vec<&String> = rendered
        .variables
        .iter()
        .chain(declared.iter().map(|v| &v.name))
        .collect();
    names.sort();
    names.dedup();
    let variables = names
        .into_iter()
        .map(|name| VariableUse {
            name: name.clone(),
            set: values.contains_key(name),
            required: declared.iter().any(|v| v.name == *name && v.required),
        })
        .collect();
    RenderedView { rendered, variables }
}
