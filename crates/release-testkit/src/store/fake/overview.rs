//! What the overview counts and compares.

use super::releases::visible_at;
use super::{FakeStore, any_of};
use async_trait::async_trait;
use release_domain::catalogue::Reachability;
use release_domain::execution::{ExecutionKind, ExecutionOutcome};
use release_domain::ids::{EnvironmentId, ProjectId, ServiceId};
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{CellReleases, Ended, OverviewQueries, StoreError, TargetCounts, Visible};
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

#[async_trait]
impl OverviewQueries for FakeStore {
    async fn unanswered_failures(
        &self,
        created_by: Uuid,
        project: &[ProjectId],
        visible: &Visible,
        limit: u32,
    ) -> Result<Vec<Release>, StoreError> {
        let state = self.call()?;
        let all = &state.tables.releases;
        let followed = |failed: &Release| {
            let mut newer = all.values().filter(|r| r.id > failed.id);
            newer.any(|r| r.service.id == failed.service.id && r.target.id == failed.target.id)
        };
        let fitting = all.values().rev().filter(|r| {
            r.created_by.id == created_by
                && r.state() == LifecycleState::Failed
                && r.compat.is_none()
                && any_of(project, &r.project.id)
                && visible_at(visible, Some(r.project.id), Some(r.environment.id))
                && !followed(r)
        });
        Ok(fitting.take(limit as usize).map(|r| Release::clone(r)).collect())
    }

    async fn ended_between(
        &self,
        instants: &[Timestamp],
        project: &[ProjectId],
        visible: &Visible,
    ) -> Result<Vec<Ended>, StoreError> {
        let state = self.call()?;
        let mut counts = vec![Ended::default(); instants.len().saturating_sub(1)];
        for execution in state.tables.executions.values() {
            let Some(release) = state.tables.releases.get(&execution.release_id) else {
                continue;
            };
            let (Some(outcome), Some(at)) = (execution.outcome, execution.ended_at) else {
                continue;
            };
            let span = instants.windows(2).position(|span| (span[0]..span[1]).contains(&at));
            let seen = any_of(project, &release.project.id)
                && visible_at(visible, Some(release.project.id), Some(release.environment.id));
            if let Some(ended) = span.filter(|_| seen).and_then(|span| counts.get_mut(span)) {
                match (outcome, execution.kind) {
                    (ExecutionOutcome::Succeeded, ExecutionKind::Apply) => ended.applied += 1,
                    (ExecutionOutcome::Succeeded, ExecutionKind::Rollback) => ended.rolled_back += 1,
                    (ExecutionOutcome::Failed, _) => ended.failed += 1,
                }
            }
        }
        Ok(counts)
    }

    async fn target_counts(&self, project: &[ProjectId], visible: &Visible) -> Result<TargetCounts, StoreError> {
        let state = self.call()?;
        let mut counts = TargetCounts::default();
        for target in state.tables.targets.values() {
            if !any_of(project, &target.project_id)
                || !visible_at(visible, Some(target.project_id), Some(target.environment_id))
            {
                continue;
            }
            match target.status.reachability {
                Reachability::Reachable => counts.reachable += 1,
                Reachability::Unreachable => counts.unreachable += 1,
                Reachability::Unknown => {}
            }
            let held = state.tables.holds.keys().any(|(on, _)| *on == target.id);
            counts.held += u64::from(held);
        }
        Ok(counts)
    }

    async fn cells(&self, services: &[ServiceId], environments: &[EnvironmentId]) -> Result<CellReleases, StoreError> {
        let state = self.call()?;
        let mut found = CellReleases::default();
        let mut newest = BTreeMap::new();
        let of_cells = |r: &Release| services.contains(&r.service.id) && environments.contains(&r.environment.id);
        // Oldest first: the last one of a cell stays.
        for release in state.tables.releases.values().filter(|r| of_cells(r)) {
            if release.is_current {
                let seen = state.tables.observation(release.service.id, release.target.id);
                found.current.push((Release::clone(release), seen));
            }
            newest.insert((release.service.id, release.environment.id), release);
        }
        found.newest = newest.into_values().map(|r| Release::clone(r)).collect();
        Ok(found)
    }
}
