//! Preview a rollback: where it goes, what it would change, and whether it is covered.

use super::preview::{self, PreviewView};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::gates::rollback;
use release_domain::ids::ReleaseId;
use release_domain::preview::{PreviewKind, RollbackTo};
use release_domain::refusal::{CommandName, Refusal};

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
    let work = async {
        let dossier = app.settled(id).await?;
        preview::accepts(&dossier.release, CommandName::RollbackPreview)?;
        let standing = app.standing(call.caller, &dossier.release).await?;
        let facts = app.facts(
            &dossier,
            call.caller.origin(),
            &standing,
            release_domain::decide::Presented::Newest,
        );
        let refuse = async |refusal: Refusal| {
            Err(app
                .refuse(&dossier.release, CommandName::RollbackPreview, refusal, &facts)
                .await)
        };
        if let Err(refusal) = rollback::standing(&dossier.release, &facts) {
            return refuse(refusal).await;
        }
        let applied_here = match to {
            Some(RollbackTo::Release(named)) => was_applied_here(app, &dossier.release, named).await?,
            Some(RollbackTo::Uninstall) | None => false,
        };
        match rollback::destination(&dossier.release, to, applied_here) {
            Ok(to) => preview::make(app, call, id, PreviewKind::Rollback, Some(to)).await,
            Err(refusal) => refuse(refusal).await,
        }
    };
    call.run(app, work).await
}

/// Whether a release reached `applied` for the same service on the same target. An imported row never did here.
async fn was_applied_here(
    app: &App,
    release: &release_domain::release::Release,
    named: ReleaseId,
) -> Result<bool, AppError> {
    Ok(app.store.release(named).await?.is_some_and(|n| {
        n.compat.is_none()
            && n.applied_at.is_some()
            && n.service.id == release.service.id
            && n.target.id == release.target.id
    }))
}
