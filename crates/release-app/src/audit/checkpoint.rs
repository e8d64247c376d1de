//! `GET /audit/checkpoint`: the head of the chain, signed.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::canonical::Hash;
use release_domain::event::chain::Head;

/// `{seq, hash, note}`; the note is a C2SP signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub seq: u64,
    pub hash: Hash,
    pub note: String,
}

/// Signs the newest event.
///
/// # Errors
/// `Forbidden` (`audit:read` on all projects), `NotFound` (nothing has happened yet).
pub async fn checkpoint(app: &App, caller: &Caller) -> Result<Checkpoint, AppError> {
    super::authorize_all(app, caller).await?;
    let head = app.store.head().await?.ok_or(AppError::NotFound)?;
    Ok(signed(app, head))
}

/// The signed note of a head.
pub(crate) fn signed(app: &App, head: Head) -> Checkpoint {
    Checkpoint {
        seq: head.seq,
        hash: head.hash,
        note: app.signer.checkpoint(head.seq, head.hash),
    }
}
