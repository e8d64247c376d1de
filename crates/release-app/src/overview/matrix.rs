//! Which version of each service stands in each environment.

use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::CatalogueKey;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::catalogue::{EnvironmentReference, Reference};
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId};
use release_domain::lifecycle::LifecycleState;
use release_domain::observation::{Drift, Health, Observation};
use release_domain::ports::{CatalogueFilter, Found, Page};
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use std::collections::BTreeMap;

/// Services on a page.
pub const MAX_SERVICES: u32 = 50;
/// Environments beside each other; more are reached by a filter.
pub const MAX_ENVIRONMENTS: u32 = 12;

/// What a matrix is asked.
#[derive(Clone, Debug)]
pub struct MatrixQuery {
    pub project: Vec<ProjectId>,
    pub environment: Vec<EnvironmentId>,
    /// Words in key or name of a service.
    pub q: Vec<String>,
    pub page: Page<CatalogueKey>,
}

/// A release that is current on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    pub release: (ReleaseId, u64),
    pub target: Reference<TargetId>,
    pub app_version: String,
    pub applied_at: Option<Timestamp>,
    pub health: Health,
    pub drift: Drift,
}

/// The newest release, wherever it has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    pub release: (ReleaseId, u64),
    pub lifecycle_state: LifecycleState,
}

/// One service in one environment. Where nothing was ever drafted there is no cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub environment: EnvironmentId,
    /// By target key.
    pub current: Vec<Current>,
    pub last: Newest,
}

/// A service and its cells, in the order of the environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub service: Reference<ServiceId>,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// By key, at most [`MAX_ENVIRONMENTS`].
    pub environments: Vec<EnvironmentReference>,
    pub rows: Found<Row, CatalogueKey>,
}

/// # Errors
/// The store's or the authorizer's trouble.
pub async fn matrix(app: &App, caller: &Caller, query: MatrixQuery) -> Result<Matrix, AppError> {
    let visible = app.visible(caller, Permission::ReleaseRead).await?;
    let above = app.visible_above(caller, Permission::CatalogueRead).await?;
    let columns = CatalogueFilter {
        project: query.project.clone(),
        environment: query.environment,
        ..CatalogueFilter::default()
    };
    let first = Page {
        limit: MAX_ENVIRONMENTS,
        after: None,
    };
    let environments = app.store.environments(&columns, &visible, first).await?.items;
    let rows = CatalogueFilter {
        project: query.project,
        q: query.q,
        ..CatalogueFilter::default()
    };
    let services = app.store.services(&rows, &above, query.page).await?;
    let service_ids: Vec<_> = services.items.iter().map(|service| service.id).collect();
    let environment_ids: Vec<_> = environments.iter().map(|environment| environment.id).collect();
    let found = app.store.cells(&service_ids, &environment_ids).await?;
    let mut cells = cells(found.current, found.newest);
    let mut row = |service: Reference<ServiceId>| Row {
        cells: environment_ids
            .iter()
            .filter_map(|environment| cells.remove(&(service.id, *environment)))
            .collect(),
        service,
    };
    Ok(Matrix {
        rows: Found {
            items: services.items.iter().map(|service| row(service.reference())).collect(),
            next: services.next,
            event_seq: services.event_seq,
        },
        environments: environments.iter().map(|environment| environment.reference()).collect(),
    })
}

fn cells(current: Vec<(Release, Observation)>, newest: Vec<Release>) -> BTreeMap<(ServiceId, EnvironmentId), Cell> {
    let mut cells: BTreeMap<_, _> = newest
        .into_iter()
        .map(|release| {
            let cell = Cell {
                environment: release.environment.id,
                current: Vec::new(),
                last: Newest {
                    release: (release.id, release.number),
                    lifecycle_state: release.state(),
                },
            };
            ((release.service.id, release.environment.id), cell)
        })
        .collect();
    for (release, observation) in current {
        let (health, drift) = observation.shown(release.id);
        if let Some(cell) = cells.get_mut(&(release.service.id, release.environment.id)) {
            cell.current.push(Current {
                release: (release.id, release.number),
                target: release.target,
                app_version: release.draft.app_version,
                applied_at: release.applied_at,
                health,
                drift,
            });
        }
    }
    for cell in cells.values_mut() {
        cell.current.sort_by(|a, b| a.target.key.cmp(&b.target.key));
    }
    cells
}
