//! Reading the catalogue, freezes and holds.

use super::releases::visible_at;
use super::tables::Tables;
use super::{FakeStore, above, any_of, below, search};
use async_trait::async_trait;
use release_domain::catalogue::{Environment, PolicyRevision, Project, RuntimeType, Service, ServiceRevision, Target};
use release_domain::decide::Hold;
use release_domain::freeze::Freeze;
use release_domain::ids::{EnvironmentId, FreezeId, ProjectId, ServiceId, TargetId};
use release_domain::ports::{CatalogueFilter, CatalogueQueries, Found, Page, StoreError, Visible};
use release_domain::timestamp::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

type ByKey = (String, Uuid);

/// What a catalogue list looks at.
struct Listed<'a> {
    key: &'a str,
    id: Uuid,
    name: &'a str,
    project: ProjectId,
    environment: Option<EnvironmentId>,
    runtime_type: Option<RuntimeType>,
}

impl FakeStore {
    fn listed<Id, Row: Clone>(
        &self,
        rows: impl Fn(&Tables) -> &BTreeMap<Id, Arc<Row>>,
        (filter, visible, page): (&CatalogueFilter, &Visible, Page<ByKey>),
        look: impl Fn(&Row) -> Listed<'_>,
    ) -> Result<Found<Row, ByKey>, StoreError> {
        let state = self.call()?;
        let mut found: Vec<_> = rows(&state.tables)
            .values()
            .filter_map(|row| {
                let listed = look(row);
                let fits = any_of(&filter.project, &listed.project)
                    && listed.environment.is_none_or(|id| any_of(&filter.environment, &id))
                    && listed.runtime_type.is_none_or(|t| any_of(&filter.runtime_type, &t))
                    && search::fits(&filter.q, &[listed.key, listed.name])
                    && visible_at(visible, Some(listed.project), listed.environment);
                let key = (listed.key.to_owned(), listed.id);
                (fits && above(&page, &key)).then(|| (key, Row::clone(row)))
            })
            .collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(state.page(found.into_iter(), page.limit))
    }
}

impl Tables {
    /// Not lifted and not over.
    pub(super) fn freezes(&self, now: Timestamp) -> Vec<Freeze> {
        let waiting_or_on = |f: &&Arc<Freeze>| f.lifted_at.is_none() && f.ends_at.is_none_or(|end| now < end);
        let freezes = self.freezes.values().filter(waiting_or_on);
        freezes.map(|f| Freeze::clone(f)).collect()
    }
}

#[async_trait]
impl CatalogueQueries for FakeStore {
    async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        Ok(self.call()?.tables.projects.get(&id).map(|p| Project::clone(p)))
    }

    async fn environment(&self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        Ok(self.call()?.tables.environments.get(&id).map(|e| Environment::clone(e)))
    }

    async fn service(&self, id: ServiceId) -> Result<Option<Service>, StoreError> {
        Ok(self.call()?.tables.services.get(&id).map(|s| Service::clone(s)))
    }

    async fn target(&self, id: TargetId) -> Result<Option<Target>, StoreError> {
        Ok(self.call()?.tables.targets.get(&id).map(|t| Target::clone(t)))
    }

    async fn service_revision(&self, id: ServiceId, number: u32) -> Result<Option<ServiceRevision>, StoreError> {
        let state = self.call()?;
        let revision = state.tables.service_revisions.get(&(id, number));
        Ok(revision.map(|r| ServiceRevision::clone(r)))
    }

    async fn projects(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Project, ByKey>, StoreError> {
        self.listed(
            |t| &t.projects,
            (filter, visible, page),
            |p| Listed {
                key: &p.key,
                id: p.id.0,
                name: &p.name,
                project: p.id,
                environment: None,
                runtime_type: None,
            },
        )
    }

    async fn environments(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Environment, ByKey>, StoreError> {
        self.listed(
            |t| &t.environments,
            (filter, visible, page),
            |e| Listed {
                key: &e.key,
                id: e.id.0,
                name: &e.name,
                project: e.project_id,
                environment: Some(e.id),
                runtime_type: None,
            },
        )
    }

    async fn services(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Service, ByKey>, StoreError> {
        self.listed(
            |t| &t.services,
            (filter, visible, page),
            |s| Listed {
                key: &s.key,
                id: s.id.0,
                name: &s.name,
                project: s.project_id,
                environment: None,
                runtime_type: Some(s.runtime_type),
            },
        )
    }

    async fn targets(
        &self,
        filter: &CatalogueFilter,
        visible: &Visible,
        page: Page<ByKey>,
    ) -> Result<Found<Target, ByKey>, StoreError> {
        self.listed(
            |t| &t.targets,
            (filter, visible, page),
            |t| Listed {
                key: &t.key,
                id: t.id.0,
                name: &t.name,
                project: t.project_id,
                environment: Some(t.environment_id),
                runtime_type: Some(t.runtime_type),
            },
        )
    }

    async fn service_revisions(
        &self,
        id: ServiceId,
        page: Page<u32>,
    ) -> Result<Found<ServiceRevision, u32>, StoreError> {
        let state = self.call()?;
        let rows = state.tables.service_revisions.range((id, 0)..=(id, u32::MAX)).rev();
        let rows = rows.filter(|((_, number), _)| below(&page, number));
        Ok(state.page(
            rows.map(|((_, number), row)| (*number, ServiceRevision::clone(row))),
            page.limit,
        ))
    }

    async fn policy_revisions(
        &self,
        id: EnvironmentId,
        page: Page<u32>,
    ) -> Result<Found<PolicyRevision, u32>, StoreError> {
        let state = self.call()?;
        let rows = state.tables.policy_revisions.range((id, 0)..=(id, u32::MAX)).rev();
        let rows = rows.filter(|((_, number), _)| below(&page, number));
        Ok(state.page(
            rows.map(|((_, number), row)| (*number, PolicyRevision::clone(row))),
            page.limit,
        ))
    }

    async fn freezes(&self, now: Timestamp) -> Result<Vec<Freeze>, StoreError> {
        Ok(self.call()?.tables.freezes(now))
    }

    async fn freeze(&self, id: FreezeId) -> Result<Option<Freeze>, StoreError> {
        Ok(self.call()?.tables.freezes.get(&id).map(|f| Freeze::clone(f)))
    }

    async fn holds(&self, target: TargetId) -> Result<Vec<Hold>, StoreError> {
        let state = self.call()?;
        let holds = state.tables.holds.values().filter(|h| h.target == target);
        Ok(holds.cloned().collect())
    }
}
