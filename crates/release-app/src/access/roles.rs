//! `/roles`: those shipped and those made here.

use super::actions::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Role, RoleKey};
use release_domain::ids::RoleId;
use release_domain::ports::Page;

#[derive(Clone, Debug)]
pub struct NewRole {
    pub key: String,
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleView {
    pub role: Role,
    pub actions: Vec<Action>,
}

/// # Errors
/// `Forbidden`, `Invalid` at `/key` or `/permissions`, `AlreadyExists("role")`.
pub async fn create(app: &App, call: &Call<'_, RoleView>, new: NewRole) -> Result<Done<RoleView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// By key; empty without `access:read` anywhere.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<RoleKey>) -> Result<Listing<RoleView, RoleKey>, AppError> {
    let _ = (app, caller, page);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: RoleId) -> Result<RoleView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`, `InUse` (shipped, granted, or named by a policy).
pub async fn delete(app: &App, caller: &Caller, id: RoleId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}
