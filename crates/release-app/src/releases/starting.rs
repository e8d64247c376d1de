//! What apply and rollback have in common: nothing is started that was not shown, and that is not still so.

use super::planning;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::saving::{Round, Turn};
use release_domain::decide::{self, Command};
use release_domain::ports::Dossier;
use release_domain::preview::PreviewKind;
use release_domain::refusal::{PreviewReason, Refusal};

/// The turn of a command that starts an execution: every gate, and once all are open a look at the target.
///
/// # Errors
/// As [`planning::again`].
pub async fn looked_at<'a>(
    app: &App,
    caller: &Caller,
    dossier: &Dossier,
    (kind, command): (PreviewKind, Command),
    token: Option<&str>,
) -> Result<Turn<'a>, AppError> {
    let release = &dossier.release;
    let standing = app.standing(caller, release).await?;
    let facts = app.facts(dossier, caller.origin(), &standing, app.presented(token).await?);
    let Some(preview) = release.preview(kind) else {
        return Ok(Round::new(command, facts).into());
    };
    if decide::gates(release, &command, &facts).is_err() {
        return Ok(Round::new(command, facts).into());
    }
    let planned = planning::again(app, dossier, preview).await?;
    // Looking took its time: preview, freezes and ticket are judged by the time it is now.
    let mut facts = app.facts(dossier, facts.origin, &standing, facts.token);
    if planned.checks_failed() && planned.plan_hash == preview.plan_hash {
        // The target is as it was, what is allowed there is not.
        let refusal = Refusal::PreviewRequired(PreviewReason::ChecksFailed);
        return Ok(Turn::refuse(release, command.name(), refusal, &facts));
    }
    facts.live_plan = Some(planned.plan_hash);
    Ok(Round::new(command, facts).into())
}
