//! The overview and the matrix of services × environments.

use crate::common::{EnvironmentReference, Reference};
use crate::cursor;
use crate::release::Release;
use crate::runtime::{Drift, Health};
use crate::scalar::Time;
use crate::word;
use release_app::overview as app;
use release_domain::catalogue;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Targets by their newest probe; one that was never probed counts nowhere, a held one beside.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetCounts {
    pub reachable: u64,
    pub unreachable: u64,
    pub held: u64,
}

/// How executions ended on one day of the asked time zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Day {
    #[schema(format = Date)]
    pub date: String,
    /// Applies that succeeded.
    pub applied: u64,
    /// Applies and rollbacks that failed.
    pub failed: u64,
    /// Rollbacks that succeeded.
    pub rolled_back: u64,
}

/// What somebody sees first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Overview {
    /// Tickets that the caller can decide; 100 means that many or more.
    #[schema(maximum = 100)]
    pub approvals: u64,
    /// The caller's own with no newer release of that service on that target, newest first.
    #[schema(max_items = 20)]
    pub failed: Vec<Release>,
    /// Newest first.
    #[schema(max_items = 20)]
    pub in_flight: Vec<Release>,
    pub targets: TargetCounts,
    /// The last 30, oldest first.
    pub days: Vec<Day>,
}

impl From<app::Overview> for Overview {
    fn from(overview: app::Overview) -> Self {
        Self {
            approvals: overview.approvals,
            failed: overview.failed.iter().map(Release::listed).collect(),
            in_flight: overview.in_flight.iter().map(Release::listed).collect(),
            targets: TargetCounts {
                reachable: overview.targets.reachable,
                unreachable: overview.targets.unreachable,
                held: overview.targets.held,
            },
            days: overview.days.into_iter().map(Day::from).collect(),
        }
    }
}

impl From<app::Day> for Day {
    fn from(day: app::Day) -> Self {
        Self {
            date: day.date.to_string(),
            applied: day.ended.applied,
            failed: day.ended.failed,
            rolled_back: day.ended.rolled_back,
        }
    }
}

/// `{id, number}`: how a release is named elsewhere.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleaseReference {
    pub id: Uuid,
    pub number: u64,
}

impl From<(ReleaseId, u64)> for ReleaseReference {
    fn from((id, number): (ReleaseId, u64)) -> Self {
        Self { id: id.0, number }
    }
}

/// A release that is current on one target.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CurrentRelease {
    pub release: ReleaseReference,
    pub target: Reference,
    pub app_version: String,
    #[schema(required = true)]
    pub applied_at: Option<Time>,
    pub health: Health,
    pub drift: Drift,
}

/// The newest release, wherever it has come to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewestRelease {
    pub release: ReleaseReference,
    #[schema(value_type = word::LifecycleState)]
    pub lifecycle_state: LifecycleState,
}

/// One service in one environment; there is no cell where no release was ever made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatrixCell {
    pub environment_id: Uuid,
    /// By target key.
    pub current: Vec<CurrentRelease>,
    pub last: NewestRelease,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatrixRow {
    pub service: Reference,
    /// In the order of `environments`.
    pub cells: Vec<MatrixCell>,
}

/// Services by key, beside each other what stands in each environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Matrix {
    /// By key.
    #[schema(max_items = 12, value_type = Vec<EnvironmentReference>)]
    pub environments: Vec<catalogue::EnvironmentReference>,
    pub items: Vec<MatrixRow>,
    /// Goes on from here; null at the end.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// The newest event when this was read: a stream started here misses nothing.
    pub event_seq: u64,
}

impl Matrix {
    /// `name` binds the cursor to its list.
    #[must_use]
    pub fn listed(name: &str, matrix: app::Matrix) -> Self {
        Self {
            environments: matrix.environments,
            items: matrix.rows.items.into_iter().map(MatrixRow::from).collect(),
            next_cursor: matrix.rows.next.map(|key| cursor::encode(name, &key)),
            event_seq: matrix.rows.event_seq,
        }
    }
}

impl From<app::Row> for MatrixRow {
    fn from(row: app::Row) -> Self {
        Self {
            service: (&row.service).into(),
            cells: row.cells.into_iter().map(MatrixCell::from).collect(),
        }
    }
}

impl From<app::Cell> for MatrixCell {
    fn from(cell: app::Cell) -> Self {
        Self {
            environment_id: cell.environment.0,
            current: cell.current.into_iter().map(CurrentRelease::from).collect(),
            last: NewestRelease {
                release: cell.last.release.into(),
                lifecycle_state: cell.last.lifecycle_state,
            },
        }
    }
}

impl From<app::Current> for CurrentRelease {
    fn from(current: app::Current) -> Self {
        Self {
            release: current.release.into(),
            target: (&current.target).into(),
            app_version: current.app_version,
            applied_at: current.applied_at.map(Time),
            health: current.health.into(),
            drift: current.drift.into(),
        }
    }
}
