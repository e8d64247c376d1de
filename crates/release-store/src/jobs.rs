//! The queue of executions: leases and fencing.

use crate::column::{At, Doc, Id, count, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{counters, executions};
use crate::store::SqlStore;
use async_trait::async_trait;
use diesel::prelude::*;
use release_domain::execution::{Execution, Lease};
use release_domain::ids::ExecutionId;
use release_domain::ports::{Claim, Jobs, StoreError};
use release_domain::timestamp::Timestamp;

/// The counter that every claim raises: an epoch given once is never given again, whatever it was for.
pub(crate) const EPOCH: &str = "epoch";

#[async_trait]
impl Jobs for SqlStore {
    async fn claim(&self, holder: &str, now: Timestamp, lease_secs: u32) -> Result<Option<Claim>, StoreError> {
        // Most looks find nothing: they must not wait for the writer.
        if self.read(move |conn| oldest(conn, now)).await?.is_none() {
            return Ok(None);
        }
        let holder = holder.to_owned();
        self.keep(move |conn| claim(conn, holder, now, lease_secs)).await
    }

    async fn renew(
        &self,
        id: ExecutionId,
        epoch: u64,
        now: Timestamp,
        lease_secs: u32,
    ) -> Result<Option<Execution>, StoreError> {
        self.keep(move |conn| {
            let held = executions::table
                .find(Id(id.0))
                .filter(executions::epoch.eq(count(epoch)))
                .filter(executions::outcome.is_null())
                .filter(executions::lease_holder.is_not_null());
            let until = executions::lease_until.eq(Some(At(now.plus_secs(i64::from(lease_secs)))));
            let renewed = diesel::update(held).set(until).returning(columns());
            renewed.get_result::<Row>(conn).optional()?.map(Row::read).transpose()
        })
        .await
    }

    async fn give_back(&self, id: ExecutionId, epoch: u64) -> Result<(), StoreError> {
        self.keep(move |conn| {
            let held = executions::table
                .find(Id(id.0))
                .filter(executions::epoch.eq(count(epoch)));
            let free = (
                executions::lease_holder.eq(None::<String>),
                executions::lease_until.eq(None::<At>),
            );
            diesel::update(held).set(free).execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.read(move |conn| {
            let row = executions::table.find(Id(id.0)).select(columns());
            row.first::<Row>(conn).optional()?.map(Row::read).transpose()
        })
        .await
    }

    async fn queue_age_secs(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.read(move |conn| {
            let waiting = executions::table
                .filter(executions::outcome.is_null())
                .filter(unclaimed(now));
            let oldest: Option<At> = waiting
                .order((executions::queued_at.asc(), executions::id.asc()))
                .select(executions::queued_at)
                .first(conn)
                .optional()?;
            Ok(oldest.map_or(0, |At(at)| u64::try_from(now.secs_since(at)).unwrap_or(0)))
        })
        .await
    }
}

/// Held by nobody, or by somebody whose time is over.
#[diesel::dsl::auto_type(no_type_alias)]
fn unclaimed(now: Timestamp) -> _ {
    let over: At = At(now);
    executions::lease_until
        .is_null()
        .or(executions::lease_until.assume_not_null().le(over))
}

fn oldest(conn: &mut AnyConnection, now: Timestamp) -> Result<Option<(Id, i64)>, Failure> {
    let waiting = executions::table
        .filter(executions::outcome.is_null())
        .filter(unclaimed(now))
        .order((executions::queued_at.asc(), executions::id.asc()))
        .select((executions::id, executions::epoch))
        .limit(1);
    Ok(match conn {
        // Another replica that is just claiming it does not hold this one up.
        AnyConnection::Pg(pg) => waiting.first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => waiting.first(sqlite).optional()?,
    })
}

fn oldest_locked(conn: &mut AnyConnection, now: Timestamp) -> Result<Option<(Id, i64)>, Failure> {
    match conn {
        AnyConnection::Pg(pg) => {
            let waiting = executions::table
                .filter(executions::outcome.is_null())
                .filter(unclaimed(now))
                .order((executions::queued_at.asc(), executions::id.asc()))
                .select((executions::id, executions::epoch))
                .limit(1);
            // Another replica that is just claiming the first one does not hold this one up.
            Ok(waiting.for_update().skip_locked().first(pg).optional()?)
        }
        AnyConnection::Sqlite(_) => oldest(conn, now),
    }
}

fn claim(conn: &mut AnyConnection, holder: String, now: Timestamp, lease_secs: u32) -> Result<Option<Claim>, Failure> {
    let Some((id, before)) = oldest_locked(conn, now)? else {
        return Ok(None);
    };
    let raised = diesel::update(counters::table.find(EPOCH)).set(counters::value.eq(counters::value + 1));
    let epoch: i64 = raised.returning(counters::value).get_result(conn)?;
    let lease = (
        executions::epoch.eq(epoch),
        executions::lease_holder.eq(Some(holder)),
        executions::lease_until.eq(Some(At(now.plus_secs(i64::from(lease_secs))))),
    );
    let row: Row = diesel::update(executions::table.find(id))
        .set(lease)
        .returning(columns())
        .get_result(conn)?;
    Ok(Some(Claim {
        execution: row.read()?,
        resumed: before > 0,
    }))
}

/// The document says what never changes, the columns what does.
#[derive(Queryable)]
struct Row {
    epoch: i64,
    lease_holder: Option<String>,
    lease_until: Option<At>,
    cancel_requested: bool,
    wrote: bool,
    started_at: Option<At>,
    progress_at: At,
    outcome: Option<String>,
    ended_at: Option<At>,
    doc: Doc,
}

#[diesel::dsl::auto_type(no_type_alias)]
fn columns() -> _ {
    (
        executions::epoch,
        executions::lease_holder,
        executions::lease_until,
        executions::cancel_requested,
        executions::wrote,
        executions::started_at,
        executions::progress_at,
        executions::outcome,
        executions::ended_at,
        executions::doc,
    )
}

impl Row {
    fn read(self) -> Result<Execution, Failure> {
        let fixed: Execution = self.doc.read()?;
        let outcome = self.outcome.map(|word| word.parse());
        Ok(Execution {
            epoch: uncount(self.epoch),
            lease: self
                .lease_holder
                .zip(self.lease_until)
                .map(|(holder, At(until))| Lease { holder, until }),
            cancel_requested: self.cancel_requested,
            wrote: self.wrote,
            started_at: self.started_at.map(|At(at)| at),
            progress_at: self.progress_at.0,
            outcome: outcome
                .transpose()
                .map_err(|_| Failure::corrupt("an execution has an unknown outcome"))?,
            ended_at: self.ended_at.map(|At(at)| at),
            ..fixed
        })
    }
}
