//! Roll a release back, by a rollback preview's token.

use super::planning;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::facts::Round;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::{self, Command};
use release_domain::ids::ReleaseId;

/// A reason is a sentence, not a document.
const MAX_REASON_CHARS: usize = 2_000;

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
    let work = app.decide_for(call, id, move |dossier| async move {
        let command = Command::Rollback {
            reason: reason.clone(),
            automatic: false,
        };
        let standing = app.standing(call.caller, &dossier.release).await?;
        let mut facts = app.facts(&dossier, call.caller.origin(), &standing, app.presented(token).await?);
        if decide::gates(&dossier.release, &command, &facts).is_ok()
            && let Some(preview) = &dossier.release.rollback_preview
        {
            facts.live_plan = Some(planning::again(app, &dossier, preview).await?.plan_hash);
        }
        Ok(Round::new(command, facts))
    });
    call.run(app, work).await
}
