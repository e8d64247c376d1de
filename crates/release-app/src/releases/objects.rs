//! Read where each object of a release stands, or look now.

use super::planning;
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::open_target;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::execution::{ObjectState, ObjectStatus};
use release_domain::ids::ReleaseId;
use release_domain::ports::ObjectProgress;
use release_domain::refusal::{Refusal, RollbackReason};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectsView {
    pub items: Vec<ObjectState>,
}

/// Of the newest execution; empty before the first.
///
/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn objects(app: &App, caller: &Caller, id: ReleaseId) -> Result<ObjectsView, AppError> {
    let release = app
        .authorize_release(caller, Permission::ReleaseRead, id)
        .await?
        .into_inner();
    let items = match release.executions.last() {
        Some(execution) => app.store.object_states(execution.id).await?,
        None => Vec::new(),
    };
    Ok(ObjectsView { items })
}

/// Looks at the target now; writes nothing there. A current release only.
///
/// # Errors
/// `Forbidden`, not current, or the target's trouble.
pub async fn observe(app: &App, caller: &Caller, id: ReleaseId) -> Result<ObjectsView, AppError> {
    let release = app
        .authorize_release(caller, Permission::TargetProbe, id)
        .await?
        .into_inner();
    if !release.is_current {
        return Err(AppError::Refused(Refusal::RollbackUnavailable(
            RollbackReason::NotCurrent,
        )));
    }
    let target = app.store.target(release.target.id).await?.ok_or(AppError::NotFound)?;
    let Some(desired) = planning::applied_desired(app, &release).await? else {
        return Ok(ObjectsView { items: Vec::new() });
    };
    let access = open_target(app, &target).await?;
    let seen = app
        .runtime(release.runtime_type)?
        .observe(&access, &desired)
        .await
        .map_err(AppError::Target)?;
    let now = app.now();
    Ok(ObjectsView {
        items: seen.objects.into_iter().map(|o| state(o, now)).collect(),
    })
}

/// An object's progress as it is kept.
#[must_use]
pub fn state(progress: ObjectProgress, now: release_domain::timestamp::Timestamp) -> ObjectState {
    ObjectState {
        key: progress.key,
        resource: progress.resource,
        action: progress.action,
        status: progress.status,
        ready: progress.ready,
        total: progress.total,
        message: progress.message,
        since: now,
    }
}

/// Whether an object has reached what it was to reach.
#[must_use]
pub const fn is_done(status: ObjectStatus) -> bool {
    match status {
        ObjectStatus::Healthy | ObjectStatus::Skipped => true,
        ObjectStatus::Pending
        | ObjectStatus::InProgress
        | ObjectStatus::Degraded
        | ObjectStatus::Failed
        | ObjectStatus::Missing
        | ObjectStatus::Unknown => false,
    }
}
