//! `/services` and their revisions.

mod check;
mod create;
pub(crate) mod defaults;
mod delete;
mod edit;
mod read;
mod revisions;

pub use create::create;
pub use delete::delete;
pub use edit::edit;
pub use read::{get, list};
pub use revisions::{revision, revisions};

use super::references::References;
use super::{Change, masking};
use crate::access::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::rendering;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{Reference, RuntimeType, Service, ServiceRevision};
use release_domain::ids::{ProjectId, ServiceId};
use release_domain::manifest::{Manifest, VariableSpec};

#[derive(Clone, Debug)]
pub struct NewService {
    pub project_id: ProjectId,
    pub key: String,
    pub name: String,
    pub runtime_type: RuntimeType,
    pub manifest: Manifest,
    pub variables: Vec<VariableSpec>,
    pub version_variable: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct ServicePatch {
    pub name: Option<String>,
    pub manifest: Option<Manifest>,
    pub variables: Option<Vec<VariableSpec>>,
    pub version_variable: Change<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceView {
    pub service: Service,
    pub project: Reference<ProjectId>,
    /// The newest revision, masked for readers without `service:write`; `None` in lists.
    pub revision: Option<ServiceRevision>,
    /// `edit`, `delete`, `release`.
    pub actions: Vec<Action>,
}

/// The service by id, for writing it: it stands above environments, so that takes the whole project.
async fn find_to_write(app: &App, caller: &Caller, id: ServiceId) -> Result<Service, AppError> {
    let found = app.store.service(id).await?;
    let found = found.map(|service| (service.clone(), Scope::project(service.project_id)));
    let proof = app.authorize_found(caller, Permission::ServiceWrite, found).await?;
    Ok(proof.into_inner())
}

/// The service by id, for reading it.
async fn find_to_read(app: &App, caller: &Caller, id: ServiceId) -> Result<Service, AppError> {
    let found = match app.store.service(id).await? {
        Some(service) => {
            let read = Permission::CatalogueRead;
            let scope = app.scope_above(caller, read, service.project_id).await?;
            Some((service, scope))
        }
        None => None,
    };
    let proof = app.authorize_found(caller, Permission::CatalogueRead, found).await?;
    Ok(proof.into_inner())
}

/// The newest revision, as it was written.
async fn newest(app: &App, service: &Service) -> Result<ServiceRevision, AppError> {
    let found = app.store.service_revision(service.id, service.revision).await?;
    let found = found
        .ok_or_else(|| AppError::Internal(format!("service {} has no revision {}", service.id, service.revision)))?;
    defaults::opened(app, found)
}

/// The revision as this caller may see it: its files whole only with `service:write`, values of secret variables never.
async fn shown(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    revision: ServiceRevision,
) -> Result<ServiceRevision, AppError> {
    let whole = rendering::sees_files_whole(app, caller, project).await?;
    Ok(if whole {
        masking::variables(revision)
    } else {
        masking::revision(revision)
    })
}

async fn view(
    app: &App,
    caller: &Caller,
    service: Service,
    revision: Option<ServiceRevision>,
    references: &mut References,
) -> Result<ServiceView, AppError> {
    let scope = Scope::project(service.project_id);
    let mut actions = Vec::new();
    for (name, permission) in [("edit", Permission::ServiceWrite), ("delete", Permission::ServiceWrite)] {
        actions.push(app.action(caller, name, permission, scope).await?);
    }
    // A release may be made wherever one environment allows it; which one is a matter of its target.
    let create = Permission::ReleaseCreate;
    let somewhere = app.scope_above(caller, create, service.project_id).await?;
    actions.push(app.action(caller, "release", create, somewhere).await?);
    let revision = match revision {
        Some(revision) => Some(shown(app, caller, service.project_id, revision).await?),
        None => None,
    };
    Ok(ServiceView {
        project: references.project(app, service.project_id).await?,
        service,
        revision,
        actions,
    })
}
