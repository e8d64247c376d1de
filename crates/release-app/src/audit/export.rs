//! `GET /audit/export`: the events that fit, oldest first, and the checkpoint they stand under.

use super::checkpoint::Checkpoint;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::event::chain::Head;
use release_domain::ports::{AuditFilter, Visible};
use serde_json::Value;

/// An export under way; it ends at the head that stood when it began.
pub struct Export {
    app: App,
    filter: AuditFilter,
    visible: Visible,
    head: Head,
    after: Option<u64>,
    done: bool,
}

impl Export {
    /// The next events, a line each; empty at the end.
    ///
    /// # Errors
    /// The store's trouble.
    pub async fn next(&mut self) -> Result<Vec<Value>, AppError> {
        let _ = (&self.app, &self.filter, &self.visible, self.head, self.after, self.done);
        todo!()
    }

    /// The last line: `{checkpoint: {seq, hash, note}}`.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        todo!()
    }
}

/// Begins an export.
///
/// # Errors
/// `Forbidden` (`audit:read` nowhere), `NotFound` (nothing has happened yet).
pub async fn export(app: &App, caller: &Caller, filter: AuditFilter) -> Result<Export, AppError> {
    let _ = (app, caller, filter);
    todo!()
}
