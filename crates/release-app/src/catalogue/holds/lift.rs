//! Let automation of a service go on after a rollback.

use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed::Tell;
use crate::catalogue::targets::find;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::event::{EventData, EventDraft};
use release_domain::ids::{ServiceId, TargetId};
use release_domain::ports::{Commit, Deletion, Write};

/// Lifts the hold of a service; nothing happens where there is none.
///
/// # Errors
/// `NotFound`, `Forbidden` (`target:hold`, and by a person's own hand: not through `ci`, `ai`, `mcp`).
pub async fn lift(app: &App, caller: &Caller, target: TargetId, service: ServiceId) -> Result<(), AppError> {
    rounds(move || lifted(app, caller, target, service)).await
}

async fn lifted(app: &App, caller: &Caller, target: TargetId, service: ServiceId) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let found = find(app, caller, Permission::TargetHold, target).await?;
    if !caller.origin().is_person() {
        // A hold stops automation until somebody has looked: automation cannot be the one to lift it.
        let denied = app.denied(caller, Permission::TargetHold, found.place(), None).await;
        return Err(denied.into());
    }
    let holds = app.store.holds(target).await?;
    let Some(hold) = holds.into_iter().find(|hold| hold.service == service) else {
        return Ok(());
    };
    let release = app.store.release(hold.release).await?.ok_or(AppError::NotFound)?;
    let data = EventData::HoldLifted {
        release_id: hold.release,
    };
    let event = EventDraft::of_release(&release, &caller.origin(), app.now(), data);
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::Hold { service, target })],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
