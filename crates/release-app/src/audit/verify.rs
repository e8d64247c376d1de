//! `GET /audit/verify`: does the chain hold?

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::event::chain::{FirstBad, Head};

/// The most events one call checks, so that a page can show progress.
pub const MAX_VERIFIED: u64 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub ok: bool,
    /// Events checked in this call.
    pub checked: u64,
    /// The newest event of the store; `None` where nothing has happened yet.
    pub head: Option<Head>,
    /// Where the next call goes on; `None` at the end.
    pub next_seq: Option<u64>,
    pub first_bad: Option<FirstBad>,
}

/// Checks events `from_seq` (default 1) to `to_seq` (default: the head), at most [`MAX_VERIFIED`] of them.
///
/// # Errors
/// `Forbidden` (`audit:read` on all projects), `InvalidQuery` (`from_seq` past `to_seq`, or 0).
pub async fn verify(
    app: &App,
    caller: &Caller,
    from_seq: Option<u64>,
    to_seq: Option<u64>,
) -> Result<Verified, AppError> {
    let _ = (app, caller, from_seq, to_seq);
    todo!()
}
