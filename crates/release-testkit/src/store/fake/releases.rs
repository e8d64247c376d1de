//! Reading releases, previews, tickets and what executions left.

use super::tables::Tables;
use super::{FakeStore, any_of, below, search};
use async_trait::async_trait;
use release_domain::access::Scope;
use release_domain::approval::{Ticket, TicketStatus};
use release_domain::catalogue::{Environment, Target};
use release_domain::diagnostics::Diagnostic;
use release_domain::execution::{ExecutionKind, ObjectState};
use release_domain::ids::{EnvironmentId, ExecutionId, PreviewId, ProjectId, ReleaseId, TargetId, TicketId};
use release_domain::ports::{
    Dossier, Found, Page, PreviewBody, ReleaseFilter, ReleaseQueries, StoreError, TicketFilter, TicketRow, Visible,
};
use release_domain::preview::Preview;
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use std::sync::Arc;

/// Whether one of the scopes covers a thing there; `None` stands above all projects (or environments).
pub(super) fn visible_at(visible: &Visible, project: Option<ProjectId>, environment: Option<EnvironmentId>) -> bool {
    let covers = |scope: &Scope| {
        (scope.project.is_none() || scope.project == project)
            && (scope.environment.is_none() || scope.environment == environment)
    };
    match visible {
        Visible::All => true,
        Visible::Scopes(scopes) => scopes.iter().any(covers),
    }
}

fn release_fits(filter: &ReleaseFilter, release: &Release) -> bool {
    let number = release.number.to_string();
    let fields = [
        number.as_str(),
        &release.service.key,
        &release.service.name,
        &release.target.key,
        &release.target.name,
        &release.draft.app_version,
        release.draft.reason.as_deref().unwrap_or(""),
    ];
    any_of(&filter.project, &release.project.id)
        && any_of(&filter.service, &release.service.id)
        && any_of(&filter.target, &release.target.id)
        && any_of(&filter.environment, &release.environment.id)
        && any_of(&filter.runtime_type, &release.runtime_type)
        && any_of(&filter.lifecycle_state, &release.state())
        && any_of(&filter.created_by, &release.created_by.id)
        && any_of(&filter.channel, &release.channel)
        && filter.is_current.is_none_or(|asked| asked == release.is_current)
        && filter.since.is_none_or(|since| release.created_at >= since)
        && filter.until.is_none_or(|until| release.created_at < until)
        && search::fits(&filter.q, &fields)
}

fn ticket_fits(filter: &TicketFilter, ticket: &Ticket, release: &Release) -> bool {
    any_of(&filter.status, &ticket.status)
        && any_of(&filter.project, &release.project.id)
        && any_of(&filter.environment, &release.environment.id)
        && any_of(&filter.requested_by, &ticket.requested_by.id)
        && any_of(&filter.release, &release.id)
        && any_of(&filter.purpose, &ticket.purpose)
}

impl Tables {
    fn dossier(&self, id: ReleaseId, now: Timestamp) -> Option<Dossier> {
        let release = self.releases.get(&id)?;
        let (service, target) = (release.service.id, release.target.id);
        let here = self
            .executions
            .values()
            .filter(|e| e.service_id == service && e.target_id == target);
        let applies = here.filter(|e| e.kind == ExecutionKind::Apply);
        Some(Dossier {
            environment: Environment::clone(self.environments.get(&release.environment.id)?),
            target: Target::clone(self.targets.get(&target)?),
            freezes: self.freezes(now),
            hold: self.holds.get(&(target, service)).cloned(),
            running: self.open_execution(service, target).map(|e| e.release_id),
            current: self.current(service, target).map(|r| r.id),
            last_attempt: applies.max_by_key(|e| (e.queued_at, e.id)).map(|e| e.release_id),
            observation: self.observation(service, target),
            policy_version: self.policy_version,
            release: Release::clone(release),
        })
    }

    fn ticket_row(&self, (ticket, release): &(Arc<Ticket>, ReleaseId)) -> Option<TicketRow> {
        Some(TicketRow {
            ticket: Ticket::clone(ticket),
            release: Release::clone(self.releases.get(release)?),
        })
    }
}

#[async_trait]
impl ReleaseQueries for FakeStore {
    async fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError> {
        Ok(self.call()?.tables.releases.get(&id).map(|r| Release::clone(r)))
    }

    async fn dossier(&self, id: ReleaseId, now: Timestamp) -> Result<Option<Dossier>, StoreError> {
        Ok(self.call()?.tables.dossier(id, now))
    }

    async fn dossiers(&self, ids: &[ReleaseId], now: Timestamp) -> Result<Vec<Dossier>, StoreError> {
        let state = self.call()?;
        Ok(ids.iter().filter_map(|id| state.tables.dossier(*id, now)).collect())
    }

    async fn releases(
        &self,
        filter: &ReleaseFilter,
        visible: &Visible,
        page: Page<ReleaseId>,
    ) -> Result<Found<Release, ReleaseId>, StoreError> {
        let state = self.call()?;
        let newest_first = state.tables.releases.values().rev();
        let fitting = newest_first.filter(|r| {
            below(&page, &r.id)
                && visible_at(visible, Some(r.project.id), Some(r.environment.id))
                && release_fits(filter, r)
        });
        Ok(state.page(fitting.map(|r| (r.id, Release::clone(r))), page.limit))
    }

    async fn preview_by_token(&self, token_hash: &str) -> Result<Option<(Preview, ReleaseId)>, StoreError> {
        let state = self.call()?;
        let found = state
            .tables
            .previews
            .values()
            .find(|(preview, _)| preview.token_hash == token_hash);
        Ok(found.map(|(preview, release)| (Preview::clone(preview), *release)))
    }

    async fn preview_body(&self, id: PreviewId) -> Result<Option<PreviewBody>, StoreError> {
        Ok(self.call()?.tables.bodies.get(&id).map(|b| PreviewBody::clone(b)))
    }

    async fn object_states(&self, execution: ExecutionId) -> Result<Vec<ObjectState>, StoreError> {
        let state = self.call()?;
        let states = state.tables.objects.get(&execution);
        Ok(states.map(|s| s.values().cloned().collect()).unwrap_or_default())
    }

    async fn diagnostics(&self, release: ReleaseId) -> Result<Vec<Diagnostic>, StoreError> {
        let state = self.call()?;
        let mut rows: Vec<_> = state
            .tables
            .diagnostics
            .iter()
            .filter(|(of, ..)| *of == release)
            .collect();
        // Stable: what was collected together stays in its order.
        rows.sort_by_key(|(_, execution, diagnostic)| std::cmp::Reverse((diagnostic.collected_at, *execution)));
        Ok(rows
            .into_iter()
            .map(|(.., diagnostic)| Diagnostic::clone(diagnostic))
            .collect())
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<TicketRow>, StoreError> {
        let state = self.call()?;
        Ok(state
            .tables
            .tickets
            .get(&id)
            .and_then(|row| state.tables.ticket_row(row)))
    }

    async fn tickets(
        &self,
        filter: &TicketFilter,
        visible: &Visible,
        page: Page<TicketId>,
    ) -> Result<Found<TicketRow, TicketId>, StoreError> {
        let state = self.call()?;
        let rows = state
            .tables
            .tickets
            .values()
            .rev()
            .filter_map(|row| state.tables.ticket_row(row));
        let fitting = rows.filter(|TicketRow { ticket, release }| {
            below(&page, &ticket.id)
                && visible_at(visible, Some(release.project.id), Some(release.environment.id))
                && ticket_fits(filter, ticket, release)
        });
        Ok(state.page(fitting.map(|row| (row.ticket.id, row)), page.limit))
    }

    async fn overdue_tickets(&self, now: Timestamp, limit: u32) -> Result<Vec<(ReleaseId, TicketId)>, StoreError> {
        let state = self.call()?;
        let rows = state.tables.tickets.values();
        let mut overdue: Vec<_> = rows.filter(|(ticket, _)| ticket.is_overdue(now)).collect();
        overdue.sort_by_key(|(ticket, _)| (ticket.expires_at, ticket.id));
        let first = overdue.into_iter().take(limit as usize);
        Ok(first.map(|(ticket, release)| (*release, ticket.id)).collect())
    }

    async fn tickets_open(&self) -> Result<u64, StoreError> {
        let state = self.call()?;
        let open = state
            .tables
            .tickets
            .values()
            .filter(|(ticket, _)| ticket.status == TicketStatus::Pending);
        Ok(open.count() as u64)
    }

    async fn current_on(&self, target: TargetId) -> Result<Vec<Release>, StoreError> {
        let state = self.call()?;
        let current = state
            .tables
            .releases
            .values()
            .filter(|r| r.is_current && r.target.id == target);
        Ok(current.map(|r| Release::clone(r)).collect())
    }
}
