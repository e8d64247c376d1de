//! `GET /auth/me`.

use super::authenticate::Authenticated;
use crate::app::App;
use crate::error::AppError;
use release_domain::access::{Permission, Scope, User};
use release_domain::catalogue::Reference;
use release_domain::ids::ProjectId;

/// What the caller has in one scope, as granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionsIn {
    pub scope: Scope,
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    pub user: User,
    /// `None` for tokens.
    pub csrf_token: Option<String>,
    pub must_change_password: bool,
    /// Those the caller may read, by key.
    pub projects: Vec<Reference<ProjectId>>,
    pub permissions: Vec<PermissionsIn>,
}

/// Who the caller is and what they may, cut to the token's scopes.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn me(app: &App, who: &Authenticated) -> Result<Me, AppError> {
    let _ = (app, who);
    todo!()
}
