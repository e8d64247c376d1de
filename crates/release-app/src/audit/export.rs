//! `GET /audit/export`: the events that fit, oldest first, and the checkpoint they stand under.

use super::checkpoint::{self, Checkpoint};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::event::chain::Head;
use release_domain::ports::{AuditFilter, Page, Visible};
use serde_json::Value;

/// Events are read in pages of this size, so that an export of millions holds a few in memory.
const PAGE: u32 = 200;

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
    /// The store's trouble. The export is cut short then: without its last line it does not pass for a whole one.
    pub async fn next(&mut self) -> Result<Vec<Value>, AppError> {
        if self.done {
            return Ok(Vec::new());
        }
        let page = Page {
            limit: PAGE,
            after: self.after,
        };
        let found = self.app.store.events(&self.filter, &self.visible, page).await?;
        self.after = found.next;
        self.done = found.next.is_none();
        Ok(found.items.into_iter().map(|(event, _)| event).collect())
    }

    /// The last line: `{checkpoint: {seq, hash, note}}`.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        checkpoint::signed(&self.app, self.head)
    }
}

/// Begins an export of what the caller has `audit:read` on.
///
/// # Errors
/// `Forbidden` (`audit:read` nowhere), `NotFound` (nothing has happened yet).
pub async fn export(app: &App, caller: &Caller, filter: AuditFilter) -> Result<Export, AppError> {
    let visible = app.visible(caller, Permission::AuditRead).await?;
    if visible == Visible::Scopes(Vec::new()) {
        // Refused and recorded: a download is no list to look at, and its checkpoint tells of everything.
        app.authorize(caller, Permission::AuditRead, Scope::ALL, ()).await?;
    }
    let head = app.store.head().await?.ok_or(AppError::NotFound)?;
    let to_seq = filter.to_seq.map_or(head.seq, |to| to.min(head.seq));
    Ok(Export {
        app: app.clone(),
        filter: AuditFilter {
            to_seq: Some(to_seq),
            ..filter
        },
        visible,
        head,
        after: None,
        done: false,
    })
}
