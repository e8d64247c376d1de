//! Preview a rollback: where it goes, what it would change, and whether it is covered.

use super::preview::{self, Asked, PreviewView};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::saving::Needs;
use release_domain::access::Permission;
use release_domain::decide::Facts;
use release_domain::gates::rollback;
use release_domain::ids::ReleaseId;
use release_domain::preview::RollbackTo;
use release_domain::refusal::Refusal;
use release_domain::release::Release;

/// `to` is the release that was current when this one's apply started, where it is left out.
///
/// # Errors
/// `rollback_unavailable`, or as [`preview::preview`].
pub async fn rollback_preview(
    app: &App,
    call: &Call<'_, PreviewView>,
    id: ReleaseId,
    to: Option<RollbackTo>,
) -> Result<Done<PreviewView>, AppError> {
    app.authorize_release(call.caller, Permission::ReleaseRollback, id)
        .await?;
    let needs = Needs::from(Permission::ReleaseRollback);
    call.run(app, Box::pin(preview::make(app, call, needs, id, Asked::Rollback(to))))
        .await
}

/// Where a rollback of this release goes, or why it goes nowhere.
pub(super) async fn destination(
    app: &App,
    release: &Release,
    facts: &Facts,
    asked: Option<RollbackTo>,
) -> Result<Result<RollbackTo, Refusal>, AppError> {
    if let Err(refusal) = rollback::standing(release, facts) {
        return Ok(Err(refusal));
    }
    let applied_here = match asked {
        Some(RollbackTo::Release(named)) => was_applied_here(app, release, named).await?,
        Some(RollbackTo::Uninstall) | None => false,
    };
    Ok(rollback::destination(release, asked, applied_here))
}

/// Whether a release reached `applied` for the same service on the same target. An imported row never did here.
async fn was_applied_here(app: &App, release: &Release, named: ReleaseId) -> Result<bool, AppError> {
    Ok(app.store.release(named).await?.is_some_and(|n| {
        n.compat.is_none()
            && n.applied_at.is_some()
            && n.service.id == release.service.id
            && n.target.id == release.target.id
    }))
}
