//! Tickets, each with the release it is about.

use super::any::any_of;
use super::page::{BRANCHES, Order, asked, merge, split};
use super::releases::{ReleaseRow, read_release, release_columns};
use super::scope::within;
use crate::column::{At, Doc, Id, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{releases, tickets};
use crate::watch::newest_seq;
use diesel::prelude::*;
use release_domain::access::Scope;
use release_domain::approval::TicketStatus;
use release_domain::ids::{ReleaseId, TicketId};
use release_domain::ports::{Found, Page, TicketFilter, TicketRow, Visible};
use release_domain::timestamp::Timestamp;

pub(super) fn one(conn: &mut AnyConnection, id: TicketId) -> Result<Option<TicketRow>, Failure> {
    let row: Option<(Doc, ReleaseRow)> = tickets::table
        .inner_join(releases::table)
        .filter(tickets::id.eq(Id(id.0)))
        .select((tickets::doc, release_columns()))
        .first(conn)
        .optional()?;
    row.map(read).transpose()
}

pub(super) fn list(
    conn: &mut AnyConnection,
    filter: &TicketFilter,
    visible: &Visible,
    page: &Page<TicketId>,
) -> Result<Found<TicketRow, TicketId>, Failure> {
    let event_seq = newest_seq(conn)?;
    let found = branches(filter, visible)
        .into_iter()
        .map(|(filter, visible)| load(conn, &filter, &visible, page));
    merge(Order::Falling, page.limit, event_seq, found)
}

/// Pending ones whose time is over, those first that are over longest.
pub(super) fn overdue(
    conn: &mut AnyConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(ReleaseId, TicketId)>, Failure> {
    let rows: Vec<(Id, Id)> = tickets::table
        .filter(tickets::status.eq(TicketStatus::Pending.as_str()))
        .filter(tickets::expires_at.le(At(now)))
        .order((tickets::expires_at.asc(), tickets::id.asc()))
        .select((tickets::release_id, tickets::id))
        .limit(i64::from(limit))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(release, ticket)| (ReleaseId(release.0), TicketId(ticket.0)))
        .collect())
}

pub(super) fn open(conn: &mut AnyConnection) -> Result<u64, Failure> {
    let pending = tickets::table.filter(tickets::status.eq(TicketStatus::Pending.as_str()));
    let count: i64 = pending.count().get_result(conn)?;
    Ok(uncount(count))
}

/// Splits by the narrowest filter that is set, so that each branch walks an index that starts with it.
fn branches(filter: &TicketFilter, visible: &Visible) -> Vec<(TicketFilter, Visible)> {
    let with = |filter| (filter, visible.clone());
    if let Some(each) = split(&filter.release) {
        return each
            .into_iter()
            .map(|release| {
                with(TicketFilter {
                    release,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.requested_by) {
        return each
            .into_iter()
            .map(|requested_by| {
                with(TicketFilter {
                    requested_by,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.status) {
        return each
            .into_iter()
            .map(|status| {
                with(TicketFilter {
                    status,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.environment) {
        return each
            .into_iter()
            .map(|environment| {
                with(TicketFilter {
                    environment,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.project) {
        return each
            .into_iter()
            .map(|project| {
                with(TicketFilter {
                    project,
                    ..filter.clone()
                })
            })
            .collect();
    }
    match visible {
        Visible::Scopes(scopes) if !scopes.contains(&Scope::ALL) && scopes.len() <= BRANCHES => scopes
            .iter()
            .map(|scope| (filter.clone(), Visible::Scopes(vec![*scope])))
            .collect(),
        Visible::All | Visible::Scopes(_) => vec![with(filter.clone())],
    }
}

fn load(
    conn: &mut AnyConnection,
    filter: &TicketFilter,
    visible: &Visible,
    page: &Page<TicketId>,
) -> Result<Vec<(TicketId, TicketRow)>, Failure> {
    let joined = tickets::table.inner_join(releases::table);
    let mut query = joined
        .select((tickets::id, (tickets::doc, release_columns())))
        .into_boxed();
    query = any_of!(query, tickets::release_id, filter.release, |id| Id(id.0));
    query = any_of!(query, tickets::requested_by, filter.requested_by, |id| Id(*id));
    query = any_of!(query, tickets::status, filter.status, |s| s.as_str());
    query = any_of!(query, tickets::environment_id, filter.environment, |id| Id(id.0));
    query = any_of!(query, tickets::project_id, filter.project, |id| Id(id.0));
    query = any_of!(query, tickets::purpose, filter.purpose, |p| p.as_str());
    query = within!(query, visible, tickets, project_id, environment_id);
    if let Some(after) = page.after {
        query = query.filter(tickets::id.lt(Id(after.0)));
    }
    let rows: Vec<(Id, (Doc, ReleaseRow))> = query.order(tickets::id.desc()).limit(asked(page.limit)).load(conn)?;
    rows.into_iter()
        .map(|(id, row)| Ok((TicketId(id.0), read(row)?)))
        .collect()
}

fn read((ticket, release): (Doc, ReleaseRow)) -> Result<TicketRow, Failure> {
    Ok(TicketRow {
        ticket: ticket.read()?,
        release: read_release(release)?,
    })
}
