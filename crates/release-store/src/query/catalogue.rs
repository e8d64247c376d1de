//! Projects, environments, services, targets, their revisions, freezes and holds.

use super::any::any_of;
use super::page::{Order, asked, merge};
use super::releases::standing_freezes;
use super::scope::within;
use super::search;
use crate::column::{At, Doc, Id};
use crate::failure::Failure;
use crate::ledger::ordinal;
use crate::schema::{environments, freezes, holds, policy_revisions, projects, service_revisions, services, targets};
use crate::store::SqlStore;
use crate::watch::newest_seq;
use async_trait::async_trait;
use diesel::prelude::*;
use release_domain::catalogue::{Environment, PolicyRevision, Project, Service, ServiceRevision, Target};
use release_domain::decide::Hold;
use release_domain::freeze::Freeze;
use release_domain::ids::{EnvironmentId, FreezeId, ProjectId, ReleaseId, ServiceId, TargetId};
use release_domain::ports::{CatalogueFilter, CatalogueQueries, Found, Page, StoreError, Visible};
use release_domain::timestamp::Timestamp;
use uuid::Uuid;

type ByKey = (String, Uuid);

/// One row by its id.
macro_rules! one {
    ($store:expr, $table:ident, $key:expr) => {{
        let key = $key;
        $store
            .read(move |conn| {
                let doc: Option<Doc> = $table::table.find(key).select($table::doc).first(conn).optional()?;
                doc.map(|doc| doc.read()).transpose()
            })
            .await
    }};
}

/// A page by `(key, id)`: `$narrow` adds what the table's own columns are filtered by.
macro_rules! by_key {
    ($store:expr, $table:ident, $filter:expr, $visible:expr, $page:expr, |$query:ident, $f:ident, $v:ident| $narrow:expr) => {{
        let ($f, $v, page): (CatalogueFilter, Visible, Page<ByKey>) = ($filter.clone(), $visible.clone(), $page);
        $store
            .read(move |conn| {
                let event_seq = newest_seq(conn)?;
                let mut $query = $table::table
                    .select(($table::key, $table::id, $table::doc))
                    .into_boxed();
                $query = $narrow;
                for word in &$f.q {
                    $query = $query.filter($table::search.like(search::pattern(word)).escape('\\'));
                }
                if let Some((key, id)) = &page.after {
                    // The first half alone is what an index can start at.
                    let past = $table::key.gt(key.clone()).or($table::id.gt(Id(*id)));
                    $query = $query.filter($table::key.ge(key.clone())).filter(past);
                }
                let rows: Vec<(String, Id, Doc)> = $query
                    .order(($table::key.asc(), $table::id.asc()))
                    .limit(asked(page.limit))
                    .load(conn)?;
                let rows = rows.into_iter().map(|(key, id, doc)| Ok(((key, id.0), doc.read()?)));
                merge(
                    Order::Rising,
                    page.limit,
                    event_seq,
                    [rows.collect::<Result<Vec<_>, Failure>>()],
                )
            })
            .await
    }};
}

/// A page of numbered revisions, newest first.
macro_rules! by_number {
    ($store:expr, $table:ident, $owner:ident, $id:expr, $page:expr) => {{
        let (owner, page): (Id, Page<u32>) = (Id($id.0), $page);
        $store
            .read(move |conn| {
                let event_seq = newest_seq(conn)?;
                let below = page.after.map_or(i32::MAX, ordinal);
                let rows: Vec<(i32, Doc)> = $table::table
                    .filter($table::$owner.eq(owner))
                    .filter($table::number.lt(below))
                    .order($table::number.desc())
                    .select(($table::number, $table::doc))
                    .limit(asked(page.limit))
                    .load(conn)?;
                let rows = rows
                    .into_iter()
                    .map(|(n, doc)| Ok((u32::try_from(n).unwrap_or(0), doc.read()?)));
                merge(
                    Order::Falling,
                    page.limit,
                    event_seq,
                    [rows.collect::<Result<Vec<_>, Failure>>()],
                )
            })
            .await
    }};
}

#[async_trait]
impl CatalogueQueries for SqlStore {
    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        one!(self, projects, Id(id.0))
    }

    async fn environment(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        one!(self, environments, Id(id.0))
    }

    async fn service(&self, id: ServiceId) -> Result<Option<Service>, StoreError> {
        one!(self, services, Id(id.0))
    }

    async fn target(&self, id: TargetId) -> Result<Option<Target>, StoreError> {
        one!(self, targets, Id(id.0))
    }

    async fn service_revision(&self, id: ServiceId, number: u32) -> Result<Option<ServiceRevision>, StoreError> {
        one!(self, service_revisions, (Id(id.0), ordinal(number)))
    }

    async fn projects(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Project, ByKey>, StoreError> {
        by_key!(self, projects, filter, visible, page, |query, f, v| {
            let query = any_of!(query, projects::id, f.project, |id| Id(id.0));
            within!(query, &v, projects, id, none)
        })
    }

    async fn environments(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Environment, ByKey>, StoreError> {
        by_key!(self, environments, filter, visible, page, |query, f, v| {
            let query = any_of!(query, environments::project_id, f.project, |id| Id(id.0));
            let query = any_of!(query, environments::id, f.environment, |id| Id(id.0));
            within!(query, &v, environments, project_id, id)
        })
    }

    async fn services(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Service, ByKey>, StoreError> {
        by_key!(self, services, filter, visible, page, |query, f, v| {
            let query = any_of!(query, services::project_id, f.project, |id| Id(id.0));
            let query = any_of!(query, services::runtime_type, f.runtime_type, |t| t.as_str());
            within!(query, &v, services, project_id, none)
        })
    }

    async fn targets(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Target, ByKey>, StoreError> {
        by_key!(self, targets, filter, visible, page, |query, f, v| {
            let query = any_of!(query, targets::project_id, f.project, |id| Id(id.0));
            let query = any_of!(query, targets::environment_id, f.environment, |id| Id(id.0));
            let query = any_of!(query, targets::runtime_type, f.runtime_type, |t| t.as_str());
            within!(query, &v, targets, project_id, environment_id)
        })
    }

    async fn service_revisions(
        &self,
        id: ServiceId,
        page: Page<u32>,
    ) -> Result<Found<ServiceRevision, u32>, StoreError> {
        by_number!(self, service_revisions, service_id, id, page)
    }

    async fn policy_revisions(
        &self,
        id: EnvironmentId,
        page: Page<u32>,
    ) -> Result<Found<PolicyRevision, u32>, StoreError> {
        by_number!(self, policy_revisions, environment_id, id, page)
    }

    async fn freezes(&self, now: Timestamp) -> Result<Vec<Freeze>, StoreError> {
        self.read(move |conn| standing_freezes(conn, now)).await
    }

    async fn freeze(&self, id: FreezeId) -> Result<Option<Freeze>, StoreError> {
        one!(self, freezes, Id(id.0))
    }

    async fn holds(&self, target: TargetId) -> Result<Vec<Hold>, StoreError> {
        self.read(move |conn| {
            let rows: Vec<(Id, Id, At)> = holds::table
                .filter(holds::target_id.eq(Id(target.0)))
                .order(holds::service_id.asc())
                .select((holds::service_id, holds::release_id, holds::since))
                .load(conn)?;
            let hold = |(service, release, At(since)): (Id, Id, At)| Hold {
                service: ServiceId(service.0),
                target,
                release: ReleaseId(release.0),
                since,
            };
            Ok(rows.into_iter().map(hold).collect())
        })
        .await
    }
}
