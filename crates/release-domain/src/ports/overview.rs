//! What the overview counts and compares, each in one look however much there is.

use super::query::Visible;
use super::store::StoreError;
use crate::ids::{EnvironmentId, ProjectId, ServiceId};
use crate::observation::Observation;
use crate::release::Release;
use crate::timestamp::Timestamp;
use async_trait::async_trait;
use uuid::Uuid;

/// How executions ended within a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Applies that succeeded.
    pub applied: u64,
    /// Applies and rollbacks that failed.
    pub failed: u64,
    /// Rollbacks that succeeded.
    pub rolled_back: u64,
}

/// Targets by their newest probe; one that was never probed counts nowhere. A held one counts beside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetCounts {
    pub reachable: u64,
    pub unreachable: u64,
    /// Automation of at least one service stands still there.
    pub held: u64,
}

/// What stands in the cells of services × environments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellReleases {
    /// What is current, of every target, and what was seen of it.
    pub current: Vec<(Release, Observation)>,
    /// The newest of each service in each environment.
    pub newest: Vec<Release>,
}

/// An empty list of projects asks nothing.
#[async_trait]
pub trait OverviewQueries: Send + Sync {
    /// Failed releases of one creator that no newer release of the same service on the same target has followed,
    /// newest first. What older systems called failed is history and asks nothing of anybody.
    async fn unanswered_failures(
        &self,
        created_by: Uuid,
        project: &[ProjectId],
        visible: &Visible,
        limit: u32,
    ) -> Result<Vec<Release>, StoreError>;
    /// Executions that ended at or after each instant and before the next: one count less than instants.
    async fn ended_between(
        &self,
        instants: &[Timestamp],
        project: &[ProjectId],
        visible: &Visible,
    ) -> Result<Vec<Ended>, StoreError>;
    async fn target_counts(&self, project: &[ProjectId], visible: &Visible) -> Result<TargetCounts, StoreError>;
    /// In no order.
    async fn cells(&self, services: &[ServiceId], environments: &[EnvironmentId]) -> Result<CellReleases, StoreError>;
}
