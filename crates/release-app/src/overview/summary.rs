//! What waits for the caller, what runs, and how the last days went.

use super::days::days;
use crate::app::App;
use crate::approvals;
use crate::caller::Caller;
use crate::error::{AppError, FieldError};
use crate::view::{self, ReleaseView};
use release_domain::access::Permission;
use release_domain::ids::ProjectId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{Ended, Page, ReleaseFilter, TargetCounts, TicketFilter};
use release_domain::release::Release;
use time::Date;

/// Releases in one list of the overview.
pub const LISTED: u32 = 20;
/// Days that are counted, today's among them.
pub const DAYS: u32 = 30;
/// Tickets that the caller can decide are counted up to here: a page says "99+".
pub const COUNTED_APPROVALS: u64 = 100;
/// Pages of pending tickets that are looked at for those.
const PAGES_OF_TICKETS: usize = 5;
const TICKETS_A_PAGE: u32 = 200;
const UTC: &str = "UTC";

/// One local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub ended: Ended,
}

/// What somebody sees first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Tickets that the caller can decide, at most [`COUNTED_APPROVALS`].
    pub approvals: u64,
    /// The caller's own that nothing newer has followed.
    pub failed: Vec<ReleaseView>,
    pub in_flight: Vec<ReleaseView>,
    pub targets: TargetCounts,
    /// Oldest first.
    pub days: Vec<Day>,
}

/// # Errors
/// `InvalidQuery` for a zone nobody knows; else the store's or the authorizer's trouble.
pub async fn overview(
    app: &App,
    caller: &Caller,
    project: &[ProjectId],
    time_zone: Option<&str>,
) -> Result<Overview, AppError> {
    let zone = time_zone.unwrap_or(UTC);
    let (dates, instants) = days(app.zones.as_ref(), zone, app.now(), DAYS).ok_or_else(|| {
        let unknown = FieldError::new("/time_zone", "invalid_value", "this is no IANA time zone");
        AppError::InvalidQuery(vec![unknown])
    })?;
    let visible = app.visible(caller, Permission::ReleaseRead).await?;
    let catalogue = app.visible(caller, Permission::CatalogueRead).await?;
    let failed = app
        .store
        .unanswered_failures(caller.user.0, project, &visible, LISTED)
        .await?;
    let running = ReleaseFilter {
        project: project.to_vec(),
        lifecycle_state: vec![LifecycleState::Applying, LifecycleState::Rollback],
        ..ReleaseFilter::default()
    };
    let page = Page {
        limit: LISTED,
        after: None,
    };
    let in_flight = app.store.releases(&running, &visible, page).await?.items;
    let ended = app.store.ended_between(&instants, project, &visible).await?;
    let mut views = view::Page::new(app, caller);
    Ok(Overview {
        approvals: waiting(app, caller, project).await?,
        failed: shown(&mut views, failed).await?,
        in_flight: shown(&mut views, in_flight).await?,
        targets: app.store.target_counts(project, &catalogue).await?,
        days: dates
            .into_iter()
            .zip(ended)
            .map(|(date, ended)| Day { date, ended })
            .collect(),
    })
}

async fn shown(views: &mut view::Page<'_>, releases: Vec<Release>) -> Result<Vec<ReleaseView>, AppError> {
    let mut shown = Vec::with_capacity(releases.len());
    for release in releases {
        shown.extend(views.view(release).await?);
    }
    Ok(shown)
}

async fn waiting(app: &App, caller: &Caller, project: &[ProjectId]) -> Result<u64, AppError> {
    let filter = TicketFilter {
        project: project.to_vec(),
        ..TicketFilter::default()
    };
    let (mut count, mut after) = (0, None);
    for _ in 0..PAGES_OF_TICKETS {
        let page = Page {
            limit: TICKETS_A_PAGE,
            after,
        };
        let found = approvals::list::list(app, caller, &filter, true, page).await?;
        count += found.items.len() as u64;
        if found.next.is_none() || count >= COUNTED_APPROVALS {
            break;
        }
        after = found.next;
    }
    Ok(count.min(COUNTED_APPROVALS))
}
