//! Stop the line.

use super::{FreezeView, NewFreeze, place, scope_of, subject, view};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::event::{EventData, EventDraft, EventPlace};
use release_domain::freeze::{Freeze, FreezeScope};
use release_domain::ports::{Commit, Write};

/// A reason is a sentence, not a document.
const MAX_REASON_CHARS: usize = 2_000;

/// # Errors
/// `Forbidden` (`freeze:write` on what it stops; also where that is not there and the caller may not freeze
/// everything), `Invalid` at `/name`, `/reason`, `/project_id`, `/environment_id`, `/target_id`, `/ends_at`.
pub async fn create(app: &App, call: &Call<'_, FreezeView>, new: NewFreeze) -> Result<Done<FreezeView>, AppError> {
    authorize(app, call.caller, new.scope).await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn authorize(app: &App, caller: &Caller, scope: FreezeScope) -> Result<EventPlace, AppError> {
    let found = place(app, scope).await?.map(|place| (place, scope_of(&place)));
    match app.authorize_found(caller, Permission::FreezeWrite, found).await {
        Ok(proof) => Ok(proof.into_inner()),
        // Whoever may freeze everything is told that what they named is not there.
        Err(AppError::NotFound) => {
            let pointer = match scope {
                FreezeScope::Everything => "",
                FreezeScope::Project(_) => "/project_id",
                FreezeScope::Environment(_) => "/environment_id",
                FreezeScope::Target(_) => "/target_id",
            };
            Err(AppError::invalid(
                pointer,
                "not_found",
                "there is no such thing to freeze",
            ))
        }
        Err(error) => Err(error),
    }
}

async fn made(app: &App, call: &Call<'_, FreezeView>, new: &NewFreeze) -> Result<FreezeView, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    let place = authorize(app, caller, new.scope).await?;
    let now = app.now();
    let starts_at = new.starts_at.unwrap_or(now);
    let mut fields = Fields::default();
    fields.name("/name", &new.name);
    fields.line("/reason", &new.reason, MAX_REASON_CHARS);
    if new.ends_at.is_some_and(|end| end <= starts_at || end <= now) {
        fields.wrong(
            "/ends_at",
            "invalid_value",
            "must lie in the future and after the start",
        );
    }
    fields.done()?;
    let origin = caller.origin();
    let freeze = Freeze {
        id: app.id(),
        name: new.name.clone(),
        reason: new.reason.clone(),
        scope: new.scope,
        starts_at,
        ends_at: new.ends_at,
        covers_rollback: new.covers_rollback,
        by: origin.actor.clone(),
        lifted_at: None,
    };
    let data = EventData::FreezeSet {
        name: freeze.name.clone(),
        reason: freeze.reason.clone(),
        scope: scope_word(new.scope).into(),
        ends_at: freeze.ends_at,
        covers_rollback: freeze.covers_rollback,
    };
    let event = EventDraft::of_subject(subject(&freeze), place, &origin, now, data);
    let made = view(app, caller, freeze.clone(), &place).await?;
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Freeze(freeze)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}

fn scope_word(scope: FreezeScope) -> &'static str {
    match scope {
        FreezeScope::Everything => "everything",
        FreezeScope::Project(_) => "project",
        FreezeScope::Environment(_) => "environment",
        FreezeScope::Target(_) => "target",
    }
}
