//! Apply an approved release: every gate, one more look at the target, and a job is queued.

use super::starting;
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::Command;
use release_domain::ids::ReleaseId;
use release_domain::preview::PreviewKind;

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
    let work = app.decide_for(call, Permission::ReleaseApply, id, move |dossier| async move {
        let command = match break_glass {
            Some(reason) => Command::BreakGlass { reason: reason.clone() },
            None => Command::Apply,
        };
        starting::looked_at(app, call.caller, &dossier, (PreviewKind::Apply, command), token).await
    });
    call.run(app, Box::pin(work)).await
}
