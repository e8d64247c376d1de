//! Executions as commits change them. Leases are the worker queue's ([`crate::jobs`]).

use super::one;
use crate::column::{At, Doc, Id, count};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{executions, object_states};
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::execution::{Execution, ExecutionOutcome, ObjectState};
use release_domain::ids::ExecutionId;
use release_domain::timestamp::Timestamp;
use std::collections::BTreeMap;

/// The partial unique index refuses a second one of the same service on the same target.
pub(super) fn start(conn: &mut AnyConnection, execution: &Execution) -> Result<(), Failure> {
    let row = (
        executions::id.eq(Id(execution.id.0)),
        executions::release_id.eq(Id(execution.release_id.0)),
        executions::service_id.eq(Id(execution.service_id.0)),
        executions::target_id.eq(Id(execution.target_id.0)),
        executions::kind.eq(execution.kind.as_str()),
        executions::epoch.eq(count(execution.epoch)),
        executions::lease_holder.eq(execution.lease.as_ref().map(|lease| lease.holder.as_str())),
        executions::lease_until.eq(execution.lease.as_ref().map(|lease| At(lease.until))),
        executions::cancel_requested.eq(execution.cancel_requested),
        executions::wrote.eq(execution.wrote),
        executions::queued_at.eq(At(execution.queued_at)),
        executions::started_at.eq(execution.started_at.map(At)),
        executions::progress_at.eq(At(execution.progress_at)),
        executions::outcome.eq(execution.outcome.map(ExecutionOutcome::as_str)),
        executions::ended_at.eq(execution.ended_at.map(At)),
        executions::doc.eq(Doc::of(execution)?),
    );
    diesel::insert_into(executions::table).values(row).execute(conn)?;
    super::observations::over(conn, execution.service_id, execution.target_id)
}

pub(super) fn stop(conn: &mut AnyConnection, id: ExecutionId) -> Result<(), Failure> {
    let open = executions::table.find(Id(id.0)).filter(executions::outcome.is_null());
    one(diesel::update(open)
        .set(executions::cancel_requested.eq(true))
        .execute(conn)?)
}

/// Sets what is new and never clears what was set.
pub(super) fn progress(
    conn: &mut AnyConnection,
    id: ExecutionId,
    at: Timestamp,
    started: bool,
    wrote: bool,
) -> Result<(), Failure> {
    let open = executions::table.find(Id(id.0)).filter(executions::outcome.is_null());
    let alive = executions::progress_at.eq(At(at));
    one(if wrote {
        diesel::update(open)
            .set((alive, executions::wrote.eq(true)))
            .execute(conn)?
    } else {
        diesel::update(open).set(alive).execute(conn)?
    })?;
    if started {
        let waiting = executions::table
            .find(Id(id.0))
            .filter(executions::started_at.is_null());
        diesel::update(waiting)
            .set(executions::started_at.eq(Some(At(at))))
            .execute(conn)?;
    }
    Ok(())
}

pub(super) fn end(
    conn: &mut AnyConnection,
    id: ExecutionId,
    outcome: ExecutionOutcome,
    at: Timestamp,
) -> Result<(), Failure> {
    let open = executions::table.find(Id(id.0)).filter(executions::outcome.is_null());
    let ended = (
        executions::outcome.eq(Some(outcome.as_str())),
        executions::ended_at.eq(Some(At(at))),
        executions::lease_holder.eq(None::<String>),
        executions::lease_until.eq(None::<At>),
    );
    one(diesel::update(open).set(ended).execute(conn)?)
}

pub(super) fn save_objects(
    conn: &mut AnyConnection,
    execution: ExecutionId,
    states: &[ObjectState],
) -> Result<(), Failure> {
    // Of two states of one object the later one stands: a batch may name each row once only.
    let newest: BTreeMap<&str, &ObjectState> = states.iter().map(|state| (state.key.as_str(), state)).collect();
    let row = |state: &&ObjectState| {
        Ok((
            object_states::execution_id.eq(Id(execution.0)),
            object_states::key.eq(state.key.clone()),
            object_states::doc.eq(Doc::of(*state)?),
        ))
    };
    let rows = newest.values().map(row).collect::<Result<Vec<_>, Failure>>()?;
    let key = (object_states::execution_id, object_states::key);
    let replaced = || object_states::doc.eq(excluded(object_states::doc));
    match conn {
        AnyConnection::Pg(pg) => {
            let insert = diesel::insert_into(object_states::table).values(rows);
            insert.on_conflict(key).do_update().set(replaced()).execute(pg)?;
        }
        AnyConnection::Sqlite(sqlite) => {
            for row in rows {
                let insert = diesel::insert_into(object_states::table).values(row);
                insert.on_conflict(key).do_update().set(replaced()).execute(sqlite)?;
            }
        }
    }
    Ok(())
}
