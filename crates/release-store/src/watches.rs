//! Targets that are looked at: leases and fencing, as those of executions, and what was last seen.

use crate::column::{At, Doc, Id, count, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{observations, watches};
use crate::store::SqlStore;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use release_domain::ids::{ServiceId, TargetId};
use release_domain::observation::{Observation, SeenObject};
use release_domain::ports::{Due, NextLook, StoreError, Watch, Watches};
use release_domain::timestamp::Timestamp;

#[async_trait]
impl Watches for SqlStore {
    async fn claim_watch(
        &self,
        holder: &str,
        now: Timestamp,
        lease_secs: u32,
        on: Due,
    ) -> Result<Option<Watch>, StoreError> {
        // Most looks find nothing: they must not wait for the writer.
        if self.read(move |conn| waiting(conn, now, on, false)).await?.is_none() {
            return Ok(None);
        }
        let holder = holder.to_owned();
        self.keep(move |conn| {
            let Some((target, epoch, At(health_at), At(drift_at))) = waiting(conn, now, on, true)? else {
                return Ok(None);
            };
            let lease = (
                watches::epoch.eq(epoch + 1),
                watches::lease_holder.eq(Some(holder)),
                watches::lease_until.eq(Some(At(now.plus_secs(i64::from(lease_secs))))),
            );
            diesel::update(watches::table.find(target)).set(lease).execute(conn)?;
            Ok(Some(Watch {
                target: TargetId(target.0),
                epoch: uncount(epoch + 1),
                due: Due {
                    health: on.health && health_at <= now,
                    drift: on.drift && drift_at <= now,
                },
            }))
        })
        .await
    }

    async fn renew_watch(
        &self,
        target: TargetId,
        epoch: u64,
        now: Timestamp,
        lease_secs: u32,
    ) -> Result<bool, StoreError> {
        self.keep(move |conn| {
            let held = watches::table
                .find(Id(target.0))
                .filter(watches::epoch.eq(count(epoch)))
                .filter(watches::lease_holder.is_not_null());
            let until = watches::lease_until.eq(Some(At(now.plus_secs(i64::from(lease_secs)))));
            Ok(diesel::update(held).set(until).execute(conn)? > 0)
        })
        .await
    }

    async fn end_watch(&self, target: TargetId, epoch: u64, next: NextLook) -> Result<(), StoreError> {
        self.keep(move |conn| {
            let held = watches::table
                .find(Id(target.0))
                .filter(watches::epoch.eq(count(epoch)))
                .filter(watches::lease_holder.is_not_null());
            let free = (
                watches::lease_holder.eq(None::<String>),
                watches::lease_until.eq(None::<At>),
            );
            if diesel::update(held).set(free).execute(conn)? == 0 {
                return Ok(());
            }
            let row = watches::table.find(Id(target.0));
            if let Some(at) = next.health_at {
                diesel::update(row).set(watches::health_at.eq(At(at))).execute(conn)?;
            }
            if let Some(at) = next.drift_at {
                diesel::update(row).set(watches::drift_at.eq(At(at))).execute(conn)?;
            }
            Ok(())
        })
        .await
    }

    async fn seen_objects(&self, service: ServiceId, target: TargetId) -> Result<Vec<SeenObject>, StoreError> {
        self.read(move |conn| {
            let objects: Option<Option<Doc>> = observations::table
                .find((Id(target.0), Id(service.0)))
                .select(observations::objects)
                .first(conn)
                .optional()?;
            objects.flatten().map_or_else(|| Ok(Vec::new()), |doc| doc.read())
        })
        .await
    }
}

type Waiting = (Id, i64, At, At);

/// Something that is on is due, and nobody holds it, or somebody whose time is over.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_waiting(now: Timestamp, on: Due) -> _ {
    let now: At = At(now);
    let (health, drift): (bool, bool) = (on.health, on.drift);
    let health_is_due = health.into_sql::<Bool>().and(watches::health_at.le(now));
    let drift_is_due = drift.into_sql::<Bool>().and(watches::drift_at.le(now));
    let is_free = watches::lease_until
        .is_null()
        .or(watches::lease_until.assume_not_null().le(now));
    is_free.and(health_is_due.or(drift_is_due))
}

fn waiting(conn: &mut AnyConnection, now: Timestamp, on: Due, lock: bool) -> Result<Option<Waiting>, Failure> {
    let first = watches::table
        .filter(is_waiting(now, on))
        .order((watches::health_at.asc(), watches::target_id.asc()))
        .select((
            watches::target_id,
            watches::epoch,
            watches::health_at,
            watches::drift_at,
        ))
        .limit(1);
    Ok(match conn {
        // Another replica that is just claiming the first one does not hold this one up.
        AnyConnection::Pg(pg) if lock => first.for_update().skip_locked().first(pg).optional()?,
        AnyConnection::Pg(pg) => first.first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => first.first(sqlite).optional()?,
    })
}

#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn observation_columns() -> _ {
    (observations::version, observations::stands, observations::doc)
}

/// Version, whether it stands, what was seen.
pub(crate) type ObservationRow = Option<(i64, bool, Option<Doc>)>;

pub(crate) fn read_observation(row: ObservationRow) -> Result<Observation, Failure> {
    let Some((version, stands, doc)) = row else {
        return Ok(Observation::default());
    };
    Ok(Observation {
        version: uncount(version),
        stands,
        seen: doc.map(|doc| doc.read()).transpose()?,
    })
}
