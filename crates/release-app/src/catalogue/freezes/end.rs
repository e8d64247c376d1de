//! Let the line go on.

use super::{place, scope_of, subject};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::event::{EventData, EventDraft};
use release_domain::freeze::Freeze;
use release_domain::ids::FreezeId;
use release_domain::ports::{Commit, Write};

/// Ends a freeze before its time; one that is over stays over.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn end(app: &App, caller: &Caller, id: FreezeId) -> Result<(), AppError> {
    rounds(move || ended(app, caller, id)).await
}

async fn ended(app: &App, caller: &Caller, id: FreezeId) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let found = match app.store.freeze(id).await? {
        // What it stopped may be gone; then it is everybody's who may freeze everything.
        Some(freeze) => {
            let place = place(app, freeze.scope).await?.unwrap_or_default();
            Some(((freeze, place), scope_of(&place)))
        }
        None => None,
    };
    let proof = app.authorize_found(caller, Permission::FreezeWrite, found).await?;
    let (freeze, place) = proof.into_inner();
    let now = app.now();
    if freeze.lifted_at.is_some() || freeze.ends_at.is_some_and(|end| end <= now) {
        return Ok(());
    }
    let data = EventData::FreezeLifted {
        name: freeze.name.clone(),
    };
    let event = EventDraft::of_subject(subject(&freeze), place, &caller.origin(), now, data);
    let lifted = Freeze {
        lifted_at: Some(now),
        ..freeze
    };
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Freeze(lifted)],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
