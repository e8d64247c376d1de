//! `/targets/{id}/holds`: automation of a service that stands still on a target since a rollback.

mod lift;
mod list;

pub use lift::lift;
pub use list::list;

use super::references::References;
use crate::app::App;
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

/// What is held on a target, for whoever was let to see it.
pub(super) async fn on(app: &App, target: TargetId, references: &mut References) -> Result<Vec<HoldView>, AppError> {
    let mut views = Vec::new();
    for hold in app.store.holds(target).await? {
        views.push(HoldView {
            service: references.service(app, hold.service).await?,
            release_id: hold.release,
            since: hold.since,
        });
    }
    Ok(views)
}
