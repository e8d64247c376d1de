//! Edit a draft: any edit voids the preview.

use super::draft::{self, DraftEdit};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::saving::Round;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::{self, Command, Presented};
use release_domain::ids::ReleaseId;

/// `if_match` is the version the caller read.
///
/// # Errors
/// `Stale`, `Invalid`, or the state takes no edit.
pub async fn edit(
    app: &App,
    call: &Call<'_, ReleaseView>,
    id: ReleaseId,
    if_match: u64,
    edit: DraftEdit,
) -> Result<Done<ReleaseView>, AppError> {
    app.authorize_release(call.caller, Permission::ReleaseEdit, id).await?;
    let edit = &edit;
    let work = app.decide_for(call, Permission::ReleaseEdit, id, move |dossier| async move {
        let release = &dossier.release;
        if release.version != if_match {
            return Err(AppError::Stale);
        }
        let standing = app.standing(call.caller, release).await?;
        let facts = app.facts(&dossier, call.caller.origin(), &standing, Presented::Newest);
        let same = Command::Edit(Box::new(release.draft.clone()));
        if let Err(refusal) = decide::gates(release, &same, &facts) {
            return Err(refusal.into());
        }
        let number = edit.revision.unwrap_or(release.draft.revision);
        let revision = app
            .store
            .service_revision(release.service.id, number)
            .await?
            .ok_or_else(|| AppError::invalid("/revision", "not_found", "the service has no such revision"))?;
        let draft = draft::edited(app, id, release.draft.clone(), edit.clone(), &revision)?;
        Ok(Round::new(Command::Edit(Box::new(draft)), facts).into())
    });
    call.run(app, Box::pin(work)).await
}
