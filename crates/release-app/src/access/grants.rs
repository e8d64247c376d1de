//! `/grants`: one role for one subject in one scope.

use super::actions::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Grant, RoleKey, Scope, Subject};
use release_domain::ids::GrantId;
use release_domain::ports::Page;

#[derive(Clone, Debug)]
pub struct NewGrant {
    pub subject: Subject,
    pub role: RoleKey,
    /// An environment needs its project.
    pub scope: Scope,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantView {
    pub grant: Grant,
    pub actions: Vec<Action>,
}

/// # Errors
/// `Forbidden`, `Invalid` at `/subject`, `/role`, `/project_id`, `/environment_id`, `AlreadyExists("grant")`.
pub async fn create(app: &App, call: &Call<'_, GrantView>, new: NewGrant) -> Result<Done<GrantView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// Newest first; those in scopes where the caller has `access:read`.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<GrantId>) -> Result<Listing<GrantView, GrantId>, AppError> {
    let _ = (app, caller, page);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: GrantId) -> Result<GrantView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `LastAdmin`.
pub async fn delete(app: &App, caller: &Caller, id: GrantId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}
