//! `/users`: people and service accounts.

use super::actions::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::User;
use release_domain::actor::ActorKind;
use release_domain::ids::UserId;
use release_domain::ports::Page;
use release_domain::secret::SecretText;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub struct NewUser {
    pub username: String,
    /// A person without one gets a one-time password; a service account takes none.
    pub password: Option<SecretText>,
    pub display_name: Option<String>,
    /// `human` or `service_account`.
    pub kind: ActorKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPatch {
    pub display_name: Option<String>,
    pub disabled: Option<bool>,
}

/// Never answered with `password_hash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserView {
    pub user: User,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug)]
pub struct MadeUser {
    pub view: UserView,
    /// Shown this once, where none was given.
    pub one_time_password: Option<SecretText>,
}

/// # Errors
/// `Forbidden`, `Invalid` at `/username`, `/password`, `/display_name`, `/kind`, `AlreadyExists("user")`.
pub async fn create(app: &App, call: &Call<'_, MadeUser>, new: NewUser) -> Result<Done<MadeUser>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// By username; empty without `access:read`.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(
    app: &App,
    caller: &Caller,
    page: Page<(String, Uuid)>,
) -> Result<Listing<UserView, (String, Uuid)>, AppError> {
    let _ = (app, caller, page);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// Renames, disables or enables. A disabled user's sessions end.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid`, `LastAdmin`.
pub async fn edit(app: &App, caller: &Caller, id: UserId, patch: UserPatch) -> Result<UserView, AppError> {
    let _ = (app, caller, id, patch);
    todo!()
}

/// Deletes a user with their grants, tokens and sessions; what they did stays told.
///
/// # Errors
/// `NotFound`, `Forbidden`, `LastAdmin`.
pub async fn delete(app: &App, caller: &Caller, id: UserId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// Gives a one-time password and ends all sessions.
///
/// # Errors
/// `NotFound`, `Forbidden`, `Invalid` (a service account).
pub async fn reset_password(app: &App, call: &Call<'_, SecretText>, id: UserId) -> Result<Done<SecretText>, AppError> {
    let _ = (app, call, id);
    todo!()
}

/// Ends all sessions of a user.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn end_sessions(app: &App, caller: &Caller, id: UserId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}
