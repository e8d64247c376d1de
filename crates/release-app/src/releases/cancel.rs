//! Cancel a release, or tell its running apply to stop.

use super::draft::MAX_REASON_CHARS;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::saving::{Needs, Round};
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::{Command, Presented};
use release_domain::ids::ReleaseId;

/// `release:cancel`, or `release:cancel_own` for whoever created, edited or submitted it.
const NEEDS: Needs = Needs {
    permission: Permission::ReleaseCancel,
    own: Some(Permission::ReleaseCancelOwn),
};

/// # Errors
/// The state takes no cancel.
pub async fn cancel(
    app: &App,
    call: &Call<'_, ReleaseView>,
    id: ReleaseId,
    reason: String,
) -> Result<Done<ReleaseView>, AppError> {
    app.authorize_release_for(call.caller, NEEDS, id).await?;
    if reason.chars().count() > MAX_REASON_CHARS {
        return Err(AppError::invalid(
            "/reason",
            "too_long",
            format!("at most {MAX_REASON_CHARS} characters"),
        ));
    }
    let reason = &reason;
    let work = app.decide_for(call, NEEDS, id, move |dossier| async move {
        let standing = app.standing(call.caller, &dossier.release).await?;
        let facts = app.facts(&dossier, call.caller.origin(), &standing, Presented::Newest);
        Ok(Round::new(Command::Cancel { reason: reason.clone() }, facts).into())
    });
    call.run(app, Box::pin(work)).await
}
