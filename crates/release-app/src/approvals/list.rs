//! List tickets, newest first: what the caller may read, or what waits for the caller.

use super::{TicketView, shown};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view;
use release_domain::access::Permission;
use release_domain::approval::TicketStatus;
use release_domain::ids::TicketId;
use release_domain::ports::{Found, Page, TicketFilter, TicketRow, Visible};

/// `mine`: only pending ones that the caller can decide. Such a page may hold fewer than asked and still go on.
///
/// # Errors
/// The store or the permissions cannot be asked.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: &TicketFilter,
    mine: bool,
    page: Page<TicketId>,
) -> Result<Found<TicketView, TicketId>, AppError> {
    let mut visible = app.visible(caller, Permission::ReleaseRead).await?;
    let mut filter = filter.clone();
    if mine {
        filter.status = vec![TicketStatus::Pending];
        if visible == Visible::All {
            visible = app.visible(caller, Permission::ApprovalDecide).await?;
        }
    }
    let found = app.store.tickets(&filter, &visible, page).await?;
    let mut views = view::Page::new(app, caller);
    views.look(found.items.iter().map(|row| &row.release)).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for TicketRow { ticket, release } in found.items {
        // A release that went away between two reads is left out, not an error.
        let Some(facts) = views.facts(&release).await? else {
            continue;
        };
        let view = shown(ticket, release, &facts);
        if !mine || view.may_decide {
            items.push(view);
        }
    }
    Ok(Found {
        items,
        next: found.next,
        event_seq: found.event_seq,
    })
}
