//! Show what is held on a target.

use super::{HoldView, on};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::references::References;
use crate::catalogue::targets::find;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::TargetId;

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn list(app: &App, caller: &Caller, target: TargetId) -> Result<Vec<HoldView>, AppError> {
    find(app, caller, Permission::CatalogueRead, target).await?;
    on(app, target, &mut References::default()).await
}
