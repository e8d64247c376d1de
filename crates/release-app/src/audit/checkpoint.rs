//! `GET /audit/checkpoint`: the head of the chain, signed.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::canonical::Hash;

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
    let _ = (app, caller);
    todo!()
}
