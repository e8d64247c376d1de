//! All that an auditor wants to know of one release, read together.

use crate::app::App;
use crate::approvals::{TicketView, shown};
use crate::audit::{Checkpoint, signed};
use crate::caller::Caller;
use crate::catalogue::masking;
use crate::error::AppError;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::canonical::Hash;
use release_domain::catalogue::{PolicyRevision, ServiceRevision};
use release_domain::diagnostics::Diagnostic;
use release_domain::event::chain::Head;
use release_domain::event::{EventData, PreviewIssued};
use release_domain::ids::ReleaseId;
use release_domain::ports::{Page, PreviewBody, TicketFilter, Visible};
use release_domain::release::Release;
use serde_json::Value;

/// Read in pages of this size.
const PAGE: u32 = 200;
/// Plans that are kept: a release that was previewed more often shows its newest ones, and says how many it left out.
const MAX_PLANS: usize = 200;
/// Policy revisions looked through for those that stood while the release went its way.
const MAX_REVISIONS: usize = 1_000;

/// A plan that was shown, and when.
#[derive(Clone, Debug)]
pub struct ShownPlan {
    pub issued: PreviewIssued,
    pub body: PreviewBody,
}

#[derive(Clone, Debug)]
pub struct Evidence {
    pub release: ReleaseView,
    /// Masked, whoever asks.
    pub revision: Option<ServiceRevision>,
    /// Oldest first.
    pub plans: Vec<ShownPlan>,
    pub plans_left_out: usize,
    /// Newest first, with their decisions.
    pub tickets: Vec<TicketView>,
    /// The environment's policy from the release's beginning to its newest change, newest first.
    pub policies: Vec<PolicyRevision>,
    /// Exactly as they were sealed.
    pub timeline: Vec<Value>,
    pub diagnostics: Vec<Diagnostic>,
    /// Of the release's newest event: with it, that its end was cut off shows.
    pub checkpoint: Checkpoint,
}

/// # Errors
/// `Forbidden` (`release:read`, `timeline:read` and `diagnostics:read` are all needed), `NotFound`; also for a row of an
/// older system, which has no timeline of its own.
pub async fn evidence(app: &App, caller: &Caller, id: ReleaseId) -> Result<Evidence, AppError> {
    for permission in [
        Permission::ReleaseRead,
        Permission::TimelineRead,
        Permission::DiagnosticsRead,
    ] {
        app.authorize_release(caller, permission, id).await?;
    }
    let dossier = app.settled(id).await?;
    let timeline = timeline(app, id).await?;
    let head = timeline.last().and_then(head_of).ok_or(AppError::NotFound)?;
    let (plans, plans_left_out) = plans(app, &timeline).await?;
    let release = &dossier.release;
    let revision = app
        .store
        .service_revision(release.service.id, release.draft.revision)
        .await?;
    let facts = app.decider_facts(caller, &dossier).await?;
    let tickets = tickets(app, id).await?;
    let tickets = tickets
        .into_iter()
        .map(|ticket| shown(ticket, release.clone(), &facts))
        .collect();
    Ok(Evidence {
        revision: revision.map(masking::revision),
        plans,
        plans_left_out,
        tickets,
        policies: policies(app, release).await?,
        diagnostics: app.store.diagnostics(id).await?,
        checkpoint: signed(app, head),
        timeline,
        release: app.view(caller, &dossier).await?,
    })
}

async fn timeline(app: &App, id: ReleaseId) -> Result<Vec<Value>, AppError> {
    let mut events = Vec::new();
    let mut after = None;
    loop {
        let found = app.store.timeline(id, Page { limit: PAGE, after }).await?;
        events.extend(found.items);
        match found.next {
            Some(next) => after = Some(next),
            None => return Ok(events),
        }
    }
}

fn head_of(event: &Value) -> Option<Head> {
    Some(Head {
        seq: event["seq"].as_u64()?,
        hash: Hash::parse(event["hash"].as_str()?)?,
    })
}

/// The plans that were shown, as the timeline tells of them, and how many older ones are left out.
async fn plans(app: &App, timeline: &[Value]) -> Result<(Vec<ShownPlan>, usize), AppError> {
    let issued: Vec<PreviewIssued> = timeline.iter().filter_map(issued).collect();
    let left_out = issued.len().saturating_sub(MAX_PLANS);
    let mut plans = Vec::new();
    for issued in issued.into_iter().skip(left_out) {
        if let Some(body) = app.store.preview_body(issued.preview_id).await? {
            plans.push(ShownPlan { issued, body });
        }
    }
    Ok((plans, left_out))
}

fn issued(event: &Value) -> Option<PreviewIssued> {
    let told = serde_json::json!({"event_type": event["event_type"], "data": event["data"]});
    let EventData::PreviewIssued(issued) = serde_json::from_value(told).ok()? else {
        return None;
    };
    Some(issued)
}

async fn tickets(app: &App, id: ReleaseId) -> Result<Vec<release_domain::approval::Ticket>, AppError> {
    let filter = TicketFilter {
        release: vec![id],
        ..TicketFilter::default()
    };
    let mut tickets = Vec::new();
    let mut after = None;
    loop {
        let page = Page { limit: PAGE, after };
        let found = app.store.tickets(&filter, &Visible::All, page).await?;
        tickets.extend(found.items.into_iter().map(|row| row.ticket));
        match found.next {
            Some(next) => after = Some(next),
            None => return Ok(tickets),
        }
    }
}

async fn policies(app: &App, release: &Release) -> Result<Vec<PolicyRevision>, AppError> {
    let mut stood = Vec::new();
    let mut seen = 0;
    let mut after = None;
    loop {
        let page = Page { limit: PAGE, after };
        let found = app.store.policy_revisions(release.environment.id, page).await?;
        for revision in found.items {
            seen += 1;
            let before = revision.at <= release.created_at;
            if revision.at <= release.updated_at {
                stood.push(revision);
            }
            if before || seen >= MAX_REVISIONS {
                return Ok(stood);
            }
        }
        match found.next {
            Some(next) => after = Some(next),
            None => return Ok(stood),
        }
    }
}
