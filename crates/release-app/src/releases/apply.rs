//! Apply an approved release: every gate, one more look at the target, and a job is queued.

use super::planning;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::facts::Round;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::{self, Command};
use release_domain::ids::ReleaseId;

/// A reason for breaking the glass is a sentence, not a document.
const MAX_REASON_CHARS: usize = 2_000;

/// `break_glass` is the reason for passing approval, freezes and holds.
///
/// # Errors
/// The first gate that is closed, drift last; the target's trouble where it cannot be looked at.
pub async fn apply(
    app: &App,
    call: &Call<'_, ReleaseView>,
    id: ReleaseId,
    token: Option<&str>,
    break_glass: Option<String>,
) -> Result<Done<ReleaseView>, AppError> {
    app.authorize_release(call.caller, Permission::ReleaseApply, id).await?;
    if let Some(reason) = &break_glass {
        let chars = reason.trim().chars().count();
        if chars == 0 || chars > MAX_REASON_CHARS {
            let message = format!("breaking the glass needs a reason of 1 to {MAX_REASON_CHARS} characters");
            return Err(AppError::invalid("/break_glass/reason", "invalid_value", message));
        }
    }
    let break_glass = &break_glass;
    let work = app.decide_for(call, id, move |dossier| async move {
        let command = match break_glass {
            Some(reason) => Command::BreakGlass { reason: reason.clone() },
            None => Command::Apply,
        };
        let standing = app.standing(call.caller, &dossier.release).await?;
        let mut facts = app.facts(&dossier, call.caller.origin(), &standing, app.presented(token).await?);
        // The target is looked at only once every other gate is open.
        if decide::gates(&dossier.release, &command, &facts).is_ok()
            && let Some(preview) = &dossier.release.apply_preview
        {
            facts.live_plan = Some(planning::again(app, &dossier, preview).await?.plan_hash);
        }
        Ok(Round::new(command, facts))
    });
    call.run(app, work).await
}
