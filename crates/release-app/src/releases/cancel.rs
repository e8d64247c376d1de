//! Cancel a release, or tell its running apply to stop.

use crate::app::App;
use crate::authorized::scope_of;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::facts::Round;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::{Command, Presented};
use release_domain::ids::ReleaseId;

/// `release:cancel`, or `release:cancel_own` for whoever created, edited or submitted it.
///
/// # Errors
/// The state takes no cancel.
pub async fn cancel(
    app: &App,
    call: &Call<'_, ReleaseView>,
    id: ReleaseId,
    reason: String,
) -> Result<Done<ReleaseView>, AppError> {
    let own = match app.store.release(id).await? {
        Some(release) if release.requesters.contains(&call.caller.user) => {
            app.may(call.caller, Permission::ReleaseCancelOwn, scope_of(&release))
                .await?
        }
        Some(_) | None => false,
    };
    if !own {
        app.authorize_release(call.caller, Permission::ReleaseCancel, id)
            .await?;
    }
    let reason = &reason;
    let work = app.decide_for(call, id, move |dossier| async move {
        let standing = app.standing(call.caller, &dossier.release).await?;
        let facts = app.facts(&dossier, call.caller.origin(), &standing, Presented::Newest);
        Ok(Round::new(Command::Cancel { reason: reason.clone() }, facts))
    });
    call.run(app, work).await
}
