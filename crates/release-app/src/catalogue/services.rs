//! `/services` and their revisions.

use super::{CatalogueKey, CatalogueQuery, Change};
use crate::access::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::catalogue::{Reference, RuntimeType, Service, ServiceRevision};
use release_domain::ids::{ProjectId, ServiceId};
use release_domain::manifest::{Manifest, VariableSpec};
use release_domain::ports::{Found, Page};

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

/// # Errors
/// `Forbidden`, `Invalid` at `/project_id`, `/key`, `/name`, `/runtime_type`, `/manifest/…`, `/variables/…`,
/// `/version_variable`, `InvalidManifest` (it does not parse), `AlreadyExists("service")`.
pub async fn create(app: &App, call: &Call<'_, ServiceView>, new: NewService) -> Result<Done<ServiceView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: CatalogueQuery,
) -> Result<Listing<ServiceView, CatalogueKey>, AppError> {
    let _ = (app, caller, query);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: ServiceId) -> Result<ServiceView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// Changes a service; makes a revision where manifest, variables or version variable differ from the newest one.
///
/// # Errors
/// As [`create`], and `NotFound`, `Stale`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: ServiceId,
    if_match: u64,
    patch: ServicePatch,
) -> Result<ServiceView, AppError> {
    let _ = (app, caller, id, if_match, patch);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `Stale`, `InUse`.
pub async fn delete(app: &App, caller: &Caller, id: ServiceId, if_match: u64) -> Result<(), AppError> {
    let _ = (app, caller, id, if_match);
    todo!()
}

/// Newest first; masked for readers without `service:write`.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn revisions(
    app: &App,
    caller: &Caller,
    id: ServiceId,
    page: Page<u32>,
) -> Result<Found<ServiceRevision, u32>, AppError> {
    let _ = (app, caller, id, page);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn revision(app: &App, caller: &Caller, id: ServiceId, number: u32) -> Result<ServiceRevision, AppError> {
    let _ = (app, caller, id, number);
    todo!()
}
