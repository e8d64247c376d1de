//! Roll a release back, by a rollback preview's token.

use super::draft::MAX_REASON_CHARS;
use super::starting;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::Command;
use release_domain::ids::ReleaseId;
use release_domain::preview::PreviewKind;

/// # Errors
/// `rollback_unavailable`, the preview gate, `approval_required` (a ticket has been opened), a freeze that covers
/// rollbacks, a busy target, or drift.
pub async fn rollback(
    app: &App,
    call: &Call<'_, ReleaseView>,
    id: ReleaseId,
    token: Option<&str>,
    reason: String,
) -> Result<Done<ReleaseView>, AppError> {
    app.authorize_release(call.caller, Permission::ReleaseRollback, id)
        .await?;
    if reason.chars().count() > MAX_REASON_CHARS {
        return Err(AppError::invalid(
            "/reason",
            "too_long",
            format!("at most {MAX_REASON_CHARS} characters"),
        ));
    }
    let reason = &reason;
    let work = app.decide_for(call, Permission::ReleaseRollback, id, move |dossier| async move {
        let command = Command::Rollback {
            reason: reason.clone(),
            automatic: false,
        };
        starting::looked_at(app, call.caller, &dossier, (PreviewKind::Rollback, command), token).await
    });
    call.run(app, Box::pin(work)).await
}
