//! What the overview counts and compares.

use super::any::any_of;
use super::releases::{ReleaseRow, read_release, release_columns};
use super::scope::within;
use crate::column::{At, Doc, Id, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{environments, executions, holds, observations, releases, services, targets};
use crate::store::SqlStore;
use crate::watches::{ObservationRow, observation_columns, read_observation};
use async_trait::async_trait;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;
use release_domain::catalogue::{Reachability, Target};
use release_domain::execution::{ExecutionKind, ExecutionOutcome};
use release_domain::ids::{EnvironmentId, ProjectId, ServiceId};
use release_domain::lifecycle::LifecycleState;
use release_domain::observation::Observation;
use release_domain::ports::{CellReleases, Ended, OverviewQueries, StoreError, TargetCounts, Visible};
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use uuid::Uuid;

/// Targets that are counted at most: far more than one installation has.
const TARGETS_COUNTED: i64 = 10_000;

#[async_trait]
impl OverviewQueries for SqlStore {
    async fn unanswered_failures(
        &self,
        created_by: Uuid,
        project: &[ProjectId],
        visible: &Visible,
        limit: u32,
    ) -> Result<Vec<Release>, StoreError> {
        let (project, visible) = (project.to_vec(), visible.clone());
        self.read(move |conn| unanswered_failures(conn, created_by, &project, &visible, limit))
            .await
    }

    async fn ended_between(
        &self,
        instants: &[Timestamp],
        project: &[ProjectId],
        visible: &Visible,
    ) -> Result<Vec<Ended>, StoreError> {
        let (instants, project, visible) = (instants.to_vec(), project.to_vec(), visible.clone());
        self.read(move |conn| {
            let spans = instants.windows(2);
            spans
                .map(|span| ended(conn, span[0], span[1], &project, &visible))
                .collect()
        })
        .await
    }

    async fn target_counts(&self, project: &[ProjectId], visible: &Visible) -> Result<TargetCounts, StoreError> {
        let (project, visible) = (project.to_vec(), visible.clone());
        self.read(move |conn| target_counts(conn, &project, &visible)).await
    }

    async fn cells(&self, services: &[ServiceId], environments: &[EnvironmentId]) -> Result<CellReleases, StoreError> {
        let services: Vec<_> = services.iter().map(|id| Id(id.0)).collect();
        let environments: Vec<_> = environments.iter().map(|id| Id(id.0)).collect();
        self.read(move |conn| {
            Ok(CellReleases {
                current: current(conn, &services, &environments)?,
                newest: newest(conn, &services, &environments)?,
            })
        })
        .await
    }
}

fn unanswered_failures(
    conn: &mut AnyConnection,
    created_by: Uuid,
    project: &[ProjectId],
    visible: &Visible,
    limit: u32,
) -> Result<Vec<Release>, Failure> {
    let newer = diesel::alias!(releases as newer);
    let followed = newer
        .filter(newer.field(releases::service_id).eq(releases::service_id))
        .filter(newer.field(releases::target_id).eq(releases::target_id))
        .filter(newer.field(releases::id).gt(releases::id));
    let mut query = releases::table
        .filter(releases::created_by.eq(Id(created_by)))
        .filter(releases::state.eq(LifecycleState::Failed.as_str()))
        .filter(not(exists(followed)))
        .select(release_columns())
        .into_boxed();
    query = any_of!(query, releases::project_id, project, |id| Id(id.0));
    query = within!(query, visible, releases, project_id, environment_id);
    let rows: Vec<ReleaseRow> = query.order(releases::id.desc()).limit(i64::from(limit)).load(conn)?;
    rows.into_iter().map(read_release).collect()
}

/// Project and environment, kind and outcome, how many.
type Counted = ((Id, Id), (String, Option<String>), i64);

/// Counted for each environment, and those that are asked for added up here: so every caller's question is the same walk
/// along the executions of the span, never one along all releases of a project.
fn ended(
    conn: &mut AnyConnection,
    from: Timestamp,
    until: Timestamp,
    project: &[ProjectId],
    visible: &Visible,
) -> Result<Ended, Failure> {
    let place = (releases::project_id, releases::environment_id);
    let how = (executions::kind, executions::outcome);
    let rows: Vec<Counted> = executions::table
        .inner_join(releases::table.on(releases::id.eq(executions::release_id)))
        .filter(executions::ended_at.ge(At(from)))
        .filter(executions::ended_at.lt(At(until)))
        .group_by((place, how))
        .select((place, how, count_star()))
        .load(conn)?;
    let mut ended = Ended::default();
    for ((of, at), (kind, outcome), count) in rows {
        let (of, at) = (ProjectId(of.0), EnvironmentId(at.0));
        if !(project.is_empty() || project.contains(&of)) || !covers(visible, of, at) {
            continue;
        }
        let succeeded = outcome.as_deref() == Some(ExecutionOutcome::Succeeded.as_str());
        let counted = match (succeeded, kind == ExecutionKind::Apply.as_str()) {
            (true, true) => &mut ended.applied,
            (true, false) => &mut ended.rolled_back,
            (false, _) => &mut ended.failed,
        };
        *counted += uncount(count);
    }
    Ok(ended)
}

fn covers(visible: &Visible, project: ProjectId, environment: EnvironmentId) -> bool {
    match visible {
        Visible::All => true,
        Visible::Scopes(scopes) => scopes.iter().any(|scope| {
            scope.project.is_none_or(|p| p == project) && scope.environment.is_none_or(|e| e == environment)
        }),
    }
}

fn target_counts(conn: &mut AnyConnection, project: &[ProjectId], visible: &Visible) -> Result<TargetCounts, Failure> {
    let held = holds::table.filter(holds::target_id.eq(targets::id));
    let mut query = targets::table.select((targets::doc, exists(held))).into_boxed();
    query = any_of!(query, targets::project_id, project, |id| Id(id.0));
    query = within!(query, visible, targets, project_id, environment_id);
    let rows: Vec<(Doc, bool)> = query
        .order((targets::key.asc(), targets::id.asc()))
        .limit(TARGETS_COUNTED)
        .load(conn)?;
    let mut counts = TargetCounts::default();
    for (doc, held) in rows {
        let target: Target = doc.read()?;
        match target.status.reachability {
            Reachability::Reachable => counts.reachable += 1,
            Reachability::Unreachable => counts.unreachable += 1,
            Reachability::Unknown => {}
        }
        counts.held += u64::from(held);
    }
    Ok(counts)
}

fn current(
    conn: &mut AnyConnection,
    services: &[Id],
    environments: &[Id],
) -> Result<Vec<(Release, Observation)>, Failure> {
    let seen = observations::service_id
        .eq(releases::service_id)
        .and(observations::target_id.eq(releases::target_id));
    let rows: Vec<(ReleaseRow, ObservationRow)> = releases::table
        .left_join(observations::table.on(seen))
        .filter(releases::is_current)
        .filter(releases::service_id.eq_any(services))
        .filter(releases::environment_id.eq_any(environments))
        .select((release_columns(), observation_columns().nullable()))
        .load(conn)?;
    let read = |(release, observation)| Ok((read_release(release)?, read_observation(observation)?));
    rows.into_iter().map(read).collect()
}

/// One step into an index for each cell, whatever lies below it.
fn newest(conn: &mut AnyConnection, services: &[Id], environments: &[Id]) -> Result<Vec<Release>, Failure> {
    let newest = releases::table
        .filter(releases::service_id.eq(services::id))
        .filter(releases::environment_id.eq(environments::id))
        .order(releases::id.desc())
        .select(releases::id)
        .limit(1);
    let ids: Vec<Option<Id>> = services::table
        .inner_join(environments::table.on(environments::project_id.eq(services::project_id)))
        .filter(services::id.eq_any(services))
        .filter(environments::id.eq_any(environments))
        .select(newest.single_value())
        .load(conn)?;
    let ids: Vec<Id> = ids.into_iter().flatten().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<ReleaseRow> = releases::table
        .filter(releases::id.eq_any(ids))
        .select(release_columns())
        .load(conn)?;
    rows.into_iter().map(read_release).collect()
}
