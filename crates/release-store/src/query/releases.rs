//! Releases, and what belongs to one.

use super::historical;
use crate::column::{At, Doc, Id, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::ledger::POLICY_VERSION;
use crate::remembered::Question;
use crate::schema::{
    counters, diagnostics, environments, executions, freezes, holds, object_states, observations, preview_bodies,
    previews, releases, targets,
};
use crate::store::SqlStore;
use crate::watches::{ObservationRow, observation_columns, read_observation};
use async_trait::async_trait;
use diesel::prelude::*;
use release_domain::decide::Hold;
use release_domain::diagnostics::Diagnostic;
use release_domain::execution::{ExecutionKind, ObjectState};
use release_domain::freeze::Freeze;
use release_domain::ids::{ExecutionId, PreviewId, ReleaseId, TargetId, TicketId};
use release_domain::ports::{
    Dossier, Found, Page, PreviewBody, ReleaseFilter, ReleaseQueries, StoreError, TicketFilter, TicketRow, Visible,
};
use release_domain::preview::Preview;
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;

/// A release's document and what stands beside it.
pub(super) type ReleaseRow = (Doc, bool, Option<String>);

#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn release_columns() -> _ {
    (releases::doc, releases::is_current, releases::raw_status)
}

pub(super) fn read_release((doc, is_current, raw_status): ReleaseRow) -> Result<Release, Failure> {
    let mut release: Release = doc.read()?;
    release.is_current = is_current;
    if let Some(raw_status) = raw_status {
        let (lifecycle, compat) = historical::read(raw_status);
        release.lifecycle = lifecycle;
        release.compat = Some(compat);
    }
    Ok(release)
}

#[async_trait]
impl ReleaseQueries for SqlStore {
    async fn release(&self, id: ReleaseId) -> Result<Option<Release>, StoreError> {
        self.read(move |conn| {
            let row = releases::table.find(Id(id.0)).select(release_columns());
            row.first(conn).optional()?.map(read_release).transpose()
        })
        .await
    }

    async fn dossier(&self, id: ReleaseId, now: Timestamp) -> Result<Option<Dossier>, StoreError> {
        let read = || self.read(move |conn| Ok(dossiers(conn, &[id], now)?.pop()));
        let (looked_at, known) = self
            .remembered()
            .answer(Question::Dossier(id), async { Ok((now, read().await?)) })
            .await?;
        if now < looked_at {
            // Freezes that were over then may not be over for whoever looks from before.
            return read().await;
        }
        Ok(known.map(|dossier: Dossier| at(dossier, now)))
    }

    async fn dossiers(&self, ids: &[ReleaseId], now: Timestamp) -> Result<Vec<Dossier>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = ids.to_vec();
        self.read(move |conn| dossiers(conn, &ids, now)).await
    }

    async fn releases(
        &self,
        filter: &ReleaseFilter,
        visible: &Visible,
        page: Page<ReleaseId>,
    ) -> Result<Found<Release, ReleaseId>, StoreError> {
        let (filter, visible) = (filter.clone(), visible.clone());
        self.read(move |conn| super::release_list::list(conn, &filter, &visible, &page))
            .await
    }

    async fn preview_by_token(&self, token_hash: &str) -> Result<Option<(Preview, ReleaseId)>, StoreError> {
        let token_hash = token_hash.to_owned();
        self.read(move |conn| {
            let found: Option<(Doc, Id)> = previews::table
                .filter(previews::token_hash.eq(token_hash))
                .select((previews::doc, previews::release_id))
                .first(conn)
                .optional()?;
            found
                .map(|(doc, release)| Ok((doc.read()?, ReleaseId(release.0))))
                .transpose()
        })
        .await
    }

    async fn preview_body(&self, id: PreviewId) -> Result<Option<PreviewBody>, StoreError> {
        self.read(move |conn| {
            let doc: Option<Doc> = preview_bodies::table
                .find(Id(id.0))
                .select(preview_bodies::doc)
                .first(conn)
                .optional()?;
            doc.map(|doc| doc.read()).transpose()
        })
        .await
    }

    async fn object_states(&self, execution: ExecutionId) -> Result<Vec<ObjectState>, StoreError> {
        self.read(move |conn| {
            let docs: Vec<Doc> = object_states::table
                .filter(object_states::execution_id.eq(Id(execution.0)))
                .order(object_states::key.asc())
                .select(object_states::doc)
                .load(conn)?;
            docs.iter().map(Doc::read).collect()
        })
        .await
    }

    async fn diagnostics(&self, release: ReleaseId) -> Result<Vec<Diagnostic>, StoreError> {
        self.read(move |conn| {
            let rows: Vec<(Option<Id>, Doc)> = diagnostics::table
                .filter(diagnostics::release_id.eq(Id(release.0)))
                .order(diagnostics::n.asc())
                .select((diagnostics::execution_id, diagnostics::doc))
                .load(conn)?;
            let read = rows.into_iter().map(|(execution, doc)| Ok((execution, doc.read()?)));
            let mut found = read.collect::<Result<Vec<(_, Diagnostic)>, Failure>>()?;
            // Stable: what was collected together stays in its order.
            found.sort_by_key(|(execution, diagnostic)| std::cmp::Reverse((diagnostic.collected_at, *execution)));
            Ok(found.into_iter().map(|(_, diagnostic)| diagnostic).collect())
        })
        .await
    }

    async fn ticket(&self, id: TicketId) -> Result<Option<TicketRow>, StoreError> {
        self.read(move |conn| super::tickets::one(conn, id)).await
    }

    async fn tickets(
        &self,
        filter: &TicketFilter,
        visible: &Visible,
        page: Page<TicketId>,
    ) -> Result<Found<TicketRow, TicketId>, StoreError> {
        let (filter, visible) = (filter.clone(), visible.clone());
        self.read(move |conn| super::tickets::list(conn, &filter, &visible, &page))
            .await
    }

    async fn overdue_tickets(&self, now: Timestamp, limit: u32) -> Result<Vec<(ReleaseId, TicketId)>, StoreError> {
        self.read(move |conn| super::tickets::overdue(conn, now, limit)).await
    }

    async fn tickets_open(&self) -> Result<u64, StoreError> {
        self.read(super::tickets::open).await
    }

    async fn current_on(&self, target: TargetId) -> Result<Vec<Release>, StoreError> {
        self.read(move |conn| {
            let rows: Vec<ReleaseRow> = releases::table
                .filter(releases::target_id.eq(Id(target.0)))
                .filter(releases::is_current)
                .order(releases::id.asc())
                .select(release_columns())
                .load(conn)?;
            rows.into_iter().map(read_release).collect()
        })
        .await
    }
}

/// A release, its environment and target, what is held, running, attempted last and current there, the policy version,
/// what was seen there.
type DossierRow = (
    ReleaseRow,
    Doc,
    Doc,
    Option<(Id, At)>,
    Option<Id>,
    Option<Id>,
    Option<Id>,
    Option<i64>,
    ObservationRow,
);

/// The dossier as a later look finds it, where nothing but time has passed.
fn at(mut dossier: Dossier, now: Timestamp) -> Dossier {
    dossier
        .freezes
        .retain(|freeze| freeze.ends_at.is_none_or(|end| end > now));
    dossier
}

/// In two statements, however many. The policy version comes with the first, so what is read after it can only be
/// newer: a commit guarded by that version then fails rather than rests on a mixture. Releases that are not there are
/// left out.
fn dossiers(conn: &mut AnyConnection, ids: &[ReleaseId], now: Timestamp) -> Result<Vec<Dossier>, Failure> {
    let current = diesel::alias!(releases as current);
    let here = executions::service_id
        .eq(releases::service_id)
        .and(executions::target_id.eq(releases::target_id));
    let running = executions::table
        .filter(here)
        .filter(executions::outcome.is_null())
        .select(executions::release_id);
    let attempt = executions::table
        .filter(here)
        .filter(executions::kind.eq(ExecutionKind::Apply.as_str()))
        .order((executions::queued_at.desc(), executions::id.desc()))
        .select(executions::release_id)
        .limit(1);
    let now_current = current
        .filter(current.field(releases::service_id).eq(releases::service_id))
        .filter(current.field(releases::target_id).eq(releases::target_id))
        .filter(current.field(releases::is_current))
        .select(current.field(releases::id));
    let version = counters::table
        .filter(counters::name.eq(POLICY_VERSION))
        .select(counters::value);
    let held = holds::service_id
        .eq(releases::service_id)
        .and(holds::target_id.eq(releases::target_id));
    let seen = observations::service_id
        .eq(releases::service_id)
        .and(observations::target_id.eq(releases::target_id));
    let query = releases::table
        .inner_join(environments::table)
        .inner_join(targets::table)
        .left_join(holds::table.on(held))
        .left_join(observations::table.on(seen))
        .select((
            release_columns(),
            environments::doc,
            targets::doc,
            (holds::release_id, holds::since).nullable(),
            running.single_value(),
            attempt.single_value(),
            now_current.single_value(),
            version.single_value(),
            observation_columns().nullable(),
        ));
    let rows: Vec<DossierRow> = match ids {
        [id] => query.filter(releases::id.eq(Id(id.0))).load(conn)?,
        several => query
            .filter(releases::id.eq_any(several.iter().map(|id| Id(id.0)).collect::<Vec<_>>()))
            .load(conn)?,
    };
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let freezes = standing_freezes(conn, now)?;
    rows.into_iter().map(|row| read_dossier(row, freezes.clone())).collect()
}

fn read_dossier(
    (release, environment, target, hold, running, attempt, current, version, observation): DossierRow,
    freezes: Vec<Freeze>,
) -> Result<Dossier, Failure> {
    let release = read_release(release)?;
    Ok(Dossier {
        environment: environment.read()?,
        target: target.read()?,
        freezes,
        hold: hold.map(|(rolled_back, At(since))| Hold {
            service: release.service.id,
            target: release.target.id,
            release: ReleaseId(rolled_back.0),
            since,
        }),
        running: running.map(|id| ReleaseId(id.0)),
        current: current.map(|id| ReleaseId(id.0)),
        last_attempt: attempt.map(|id| ReleaseId(id.0)),
        observation: read_observation(observation)?,
        policy_version: uncount(version.unwrap_or(0)),
        release,
    })
}

/// Not lifted and not over.
pub(super) fn standing_freezes(conn: &mut AnyConnection, now: Timestamp) -> Result<Vec<Freeze>, Failure> {
    let docs: Vec<Doc> = freezes::table
        .filter(freezes::lifted_at.is_null())
        .filter(
            freezes::ends_at
                .is_null()
                .or(freezes::ends_at.assume_not_null().gt(At(now))),
        )
        .order(freezes::id.asc())
        .select(freezes::doc)
        .load(conn)?;
    docs.iter().map(Doc::read).collect()
}
