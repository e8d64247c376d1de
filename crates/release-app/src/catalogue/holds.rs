//! `/targets/{id}/holds`: automation of a service that stands still on a target since a rollback.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::catalogue::Reference;
use release_domain::ids::{ReleaseId, ServiceId, TargetId};
use release_domain::timestamp::Timestamp;

/// `{service, release_id, since}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldView {
    pub service: Reference<ServiceId>,
    /// The release that was rolled back.
    pub release_id: ReleaseId,
    pub since: Timestamp,
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn list(app: &App, caller: &Caller, target: TargetId) -> Result<Vec<HoldView>, AppError> {
    let _ = (app, caller, target);
    todo!()
}

/// Lifts the hold of a service; nothing happens where there is none.
///
/// # Errors
/// `NotFound`, `Forbidden` (`target:hold`, and by a person's own hand: not through `ci`, `ai`, `mcp`).
pub async fn lift(app: &App, caller: &Caller, target: TargetId, service: ServiceId) -> Result<(), AppError> {
    let _ = (app, caller, target, service);
    todo!()
}
