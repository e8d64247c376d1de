//! Delete a service that was never released.

use super::{find_to_write, newest};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::error::AppError;
use release_domain::ids::ServiceId;
use release_domain::ports::{Commit, Deletion, Write};

/// # Errors
/// `NotFound`, `Forbidden`, `Stale`, `InUse`.
pub async fn delete(app: &App, caller: &Caller, id: ServiceId, if_match: u64) -> Result<(), AppError> {
    rounds(move || deleted(app, caller, id, if_match)).await
}

async fn deleted(app: &App, caller: &Caller, id: ServiceId, if_match: u64) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let service = find_to_write(app, caller, id).await?;
    if service.version != if_match {
        return Err(AppError::Stale.into());
    }
    let version = service.version;
    let standing = newest(app, &service).await?;
    let before = (service, standing);
    let event = changed::service("deleted", (Some(&before), None), &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::Service { id, version })],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
