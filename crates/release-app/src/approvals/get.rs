//! Read one ticket with the plan it asks about.

use super::{TicketView, shown};
use crate::app::App;
use crate::authorized::scope_of;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::TicketId;
use release_domain::plan::{Check, Plan};

#[derive(Clone, Debug)]
pub struct TicketDetail {
    pub ticket: TicketView,
    /// The plan of that hash; `None` once a newer preview shows another.
    pub plan: Option<Plan>,
    pub checks: Vec<Check>,
    pub warnings: Vec<Check>,
}

/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn get(app: &App, caller: &Caller, id: TicketId) -> Result<TicketDetail, AppError> {
    let found = app.store.ticket(id).await?;
    let found = found.map(|row| {
        let scope = scope_of(&row.release);
        (row, scope)
    });
    let row = app
        .authorize_found(caller, Permission::ReleaseRead, found)
        .await?
        .into_inner();
    let dossier = app.settled(row.release.id).await?;
    // Settling may have expired it.
    let ticket = app.store.ticket(id).await?.ok_or(AppError::NotFound)?.ticket;
    let previews = [&dossier.release.apply_preview, &dossier.release.rollback_preview];
    let preview = previews
        .into_iter()
        .flatten()
        .find(|p| p.plan_hash == ticket.plan_hash)
        .map(|p| p.id);
    let body = match preview {
        Some(preview) => app.store.preview_body(preview).await?,
        None => None,
    };
    let facts = app.decider_facts(caller, &dossier).await?;
    let ticket = shown(ticket, dossier.release, &facts);
    Ok(match body {
        Some(body) => TicketDetail {
            ticket,
            plan: Some(body.plan),
            checks: body.checks,
            warnings: body.warnings,
        },
        None => TicketDetail {
            ticket,
            plan: None,
            checks: Vec::new(),
            warnings: Vec::new(),
        },
    })
}
