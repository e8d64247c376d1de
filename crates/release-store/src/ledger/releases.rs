//! Releases with the rows their previews and tickets have of their own.

use super::one;
use crate::column::{At, Doc, Id, count};
use crate::connection::{AnyConnection, each};
use crate::failure::{Failure, taken};
use crate::per_backend::PerBackend;
use crate::query::search;
use crate::schema::{diagnostics, preview_bodies, previews, releases, tickets};
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::approval::Ticket;
use release_domain::diagnostics::Diagnostic;
use release_domain::history::HistoricalRelease;
use release_domain::ids::{ExecutionId, ReleaseId, ServiceId, TargetId};
use release_domain::ports::PreviewBody;
use release_domain::preview::Preview;
use release_domain::release::Release;

pub(super) fn save(conn: &mut AnyConnection, release: &Release) -> Result<(), Failure> {
    let raw_status = release.compat.as_ref().map(|compat| compat.raw_status.as_str());
    let state = raw_status.is_none().then(|| release.state().as_str());
    let text = search_text(release);
    let changed = (
        releases::state.eq(state),
        releases::raw_status.eq(raw_status),
        releases::search.eq(&text),
        releases::version.eq(count(release.version)),
        releases::doc.eq(Doc::of(release)?),
    );
    if release.version == 1 {
        let fixed = (
            releases::id.eq(Id(release.id.0)),
            releases::project_id.eq(Id(release.project.id.0)),
            releases::number.eq(count(release.number)),
            releases::service_id.eq(Id(release.service.id.0)),
            releases::target_id.eq(Id(release.target.id.0)),
            releases::environment_id.eq(Id(release.environment.id.0)),
            releases::runtime_type.eq(release.runtime_type.as_str()),
            releases::created_by.eq(Id(release.created_by.id)),
            releases::channel.eq(release.channel.as_str()),
            releases::created_at.eq(At(release.created_at)),
            releases::is_current.eq(false),
        );
        let insert = diesel::insert_into(releases::table).values((fixed, changed));
        let insert = PerBackend(insert.on_conflict(releases::id).do_nothing());
        one(insert.execute(conn).map_err(|e| taken(e, "number"))?)?;
    } else {
        let before = releases::table
            .find(Id(release.id.0))
            .filter(releases::version.eq(count(release.version - 1)));
        one(diesel::update(before).set(changed).execute(conn)?)?;
    }
    for preview in [&release.apply_preview, &release.rollback_preview]
        .into_iter()
        .flatten()
    {
        save_preview(conn, release.id, preview)?;
    }
    for ticket in [&release.ticket, &release.review].into_iter().flatten() {
        save_ticket(conn, release, ticket)?;
    }
    Ok(())
}

/// Rows of one statement: its parameters stay below what either database takes.
const HISTORY_ROWS: usize = 500;

#[derive(Insertable)]
#[diesel(table_name = releases, treat_none_as_default_value = false)]
struct HistoryRow {
    id: Id,
    project_id: Id,
    number: i64,
    service_id: Id,
    target_id: Id,
    environment_id: Id,
    runtime_type: &'static str,
    state: Option<&'static str>,
    raw_status: Option<String>,
    created_by: Id,
    channel: &'static str,
    is_current: bool,
    created_at: At,
    search: String,
    version: i64,
    doc: Doc,
}

/// Rows of older systems. Each becomes a release only here, so that many of them are small while they wait.
pub(super) fn save_history(conn: &mut AnyConnection, history: &[HistoricalRelease]) -> Result<(), Failure> {
    for rows in history.chunks(HISTORY_ROWS) {
        let rows = rows.iter().map(history_row).collect::<Result<Vec<_>, _>>()?;
        let inserted = each!(conn, |c| diesel::insert_into(releases::table).values(&rows).execute(c));
        inserted.map_err(|e| taken(e, "number"))?;
    }
    Ok(())
}

fn history_row(row: &HistoricalRelease) -> Result<HistoryRow, Failure> {
    let release = row.release();
    Ok(HistoryRow {
        id: Id(release.id.0),
        project_id: Id(release.project.id.0),
        number: count(release.number),
        service_id: Id(release.service.id.0),
        target_id: Id(release.target.id.0),
        environment_id: Id(release.environment.id.0),
        runtime_type: release.runtime_type.as_str(),
        state: None,
        raw_status: Some(row.raw_status.clone()),
        created_by: Id(release.created_by.id),
        channel: release.channel.as_str(),
        is_current: false,
        created_at: At(release.created_at),
        search: search_text(&release),
        version: count(release.version),
        doc: Doc::of(&release)?,
    })
}

/// The fields that `q` looks in.
fn search_text(release: &Release) -> String {
    search::text(&[
        &release.number.to_string(),
        &release.service.key,
        &release.service.name,
        &release.target.key,
        &release.target.name,
        &release.draft.app_version,
        release.draft.reason.as_deref().unwrap_or(""),
    ])
}

fn save_preview(conn: &mut AnyConnection, release: ReleaseId, preview: &Preview) -> Result<(), Failure> {
    let row = (
        previews::id.eq(Id(preview.id.0)),
        previews::release_id.eq(Id(release.0)),
        previews::kind.eq(preview.kind.as_str()),
        previews::token_hash.eq(&preview.token_hash),
        previews::issued_at.eq(At(preview.issued_at)),
        previews::expires_at.eq(At(preview.expires_at)),
        previews::consumed_at.eq(preview.consumed_at.map(At)),
        previews::doc.eq(Doc::of(preview)?),
    );
    let upsert = diesel::insert_into(previews::table)
        .values(row)
        .on_conflict(previews::id)
        .do_update()
        .set((
            previews::consumed_at.eq(excluded(previews::consumed_at)),
            previews::expires_at.eq(excluded(previews::expires_at)),
            previews::doc.eq(excluded(previews::doc)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}

fn save_ticket(conn: &mut AnyConnection, release: &Release, ticket: &Ticket) -> Result<(), Failure> {
    let row = (
        tickets::id.eq(Id(ticket.id.0)),
        tickets::release_id.eq(Id(release.id.0)),
        tickets::purpose.eq(ticket.purpose.as_str()),
        tickets::status.eq(ticket.status.as_str()),
        tickets::project_id.eq(Id(release.project.id.0)),
        tickets::environment_id.eq(Id(release.environment.id.0)),
        tickets::requested_by.eq(Id(ticket.requested_by.id)),
        tickets::expires_at.eq(ticket.expires_at.map(At)),
        tickets::doc.eq(Doc::of(ticket)?),
    );
    let upsert = diesel::insert_into(tickets::table)
        .values(row)
        .on_conflict(tickets::id)
        .do_update()
        .set((
            tickets::status.eq(excluded(tickets::status)),
            tickets::expires_at.eq(excluded(tickets::expires_at)),
            tickets::doc.eq(excluded(tickets::doc)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}

pub(super) fn save_body(conn: &mut AnyConnection, body: &PreviewBody) -> Result<(), Failure> {
    let row = (
        preview_bodies::preview_id.eq(Id(body.preview_id.0)),
        preview_bodies::release_id.eq(Id(body.release_id.0)),
        preview_bodies::doc.eq(Doc::of(body)?),
    );
    diesel::insert_into(preview_bodies::table).values(row).execute(conn)?;
    Ok(())
}

/// Moves the flag; the database itself keeps it on one release at most. It is asked for without a value, as the partial
/// index has it: a value could be either.
pub(super) fn set_current(
    conn: &mut AnyConnection,
    service: ServiceId,
    target: TargetId,
    release: Option<ReleaseId>,
) -> Result<(), Failure> {
    let here = releases::service_id
        .eq(Id(service.0))
        .and(releases::target_id.eq(Id(target.0)));
    let before = releases::table.filter(here).filter(releases::is_current);
    diesel::update(before)
        .set(releases::is_current.eq(false))
        .execute(conn)?;
    let Some(release) = release else { return Ok(()) };
    let now = releases::table
        .find(Id(release.0))
        .filter(here)
        .filter(releases::raw_status.is_null());
    one(diesel::update(now).set(releases::is_current.eq(true)).execute(conn)?)
}

pub(super) fn add_diagnostics(
    conn: &mut AnyConnection,
    release: ReleaseId,
    execution: Option<ExecutionId>,
    items: &[Diagnostic],
) -> Result<(), Failure> {
    let row = |item| {
        Ok((
            diagnostics::release_id.eq(Id(release.0)),
            diagnostics::execution_id.eq(execution.map(|id| Id(id.0))),
            diagnostics::doc.eq(Doc::of(item)?),
        ))
    };
    let rows = items.iter().map(row).collect::<Result<Vec<_>, Failure>>()?;
    each!(conn, |c| diesel::insert_into(diagnostics::table)
        .values(rows)
        .execute(c))?;
    Ok(())
}
