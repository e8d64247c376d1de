//! List releases, newest first: what the caller may read.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view::{self, ReleaseView};
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use release_domain::ports::{Found, Page, ReleaseFilter};

/// Each item shows what this caller may do with it.
///
/// # Errors
/// The store or the permissions cannot be asked.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: &ReleaseFilter,
    page: Page<ReleaseId>,
) -> Result<Found<ReleaseView, ReleaseId>, AppError> {
    let visible = app.visible(caller, Permission::ReleaseRead).await?;
    let found = app.store.releases(filter, &visible, page).await?;
    let mut views = view::Page::new(app, caller);
    views.look(found.items.iter()).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for release in found.items {
        items.extend(views.view(release).await?);
    }
    Ok(Found {
        items,
        next: found.next,
        event_seq: found.event_seq,
    })
}
