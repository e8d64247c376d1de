//! Delete a target that nothing was released to.

use super::find;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::TargetId;
use release_domain::ports::{Commit, Deletion, Write};

/// # Errors
/// `NotFound`, `Forbidden`, `Stale`, `InUse`.
pub async fn delete(app: &App, caller: &Caller, id: TargetId, if_match: u64) -> Result<(), AppError> {
    rounds(move || deleted(app, caller, id, if_match)).await
}

async fn deleted(app: &App, caller: &Caller, id: TargetId, if_match: u64) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let before = find(app, caller, Permission::TargetWrite, id).await?;
    if before.version != if_match {
        return Err(AppError::Stale.into());
    }
    let event = changed::target("deleted", (Some(&before), None), &caller.origin(), app.now());
    let version = before.version;
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::Target { id, version })],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
