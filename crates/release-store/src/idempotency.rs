//! Idempotency keys: reserved before the work, answered in the work's own transaction ([`crate::ledger`]).

use crate::column::{At, Doc, Id};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::per_backend::PerBackend;
use crate::schema::idempotency_keys;
use crate::store::SqlStore;
use async_trait::async_trait;
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::canonical::Hash;
use release_domain::ids::UserId;
use release_domain::ports::{ANSWER_KEPT_SECS, IN_FLIGHT_SECS, Idempotency, Reserved, StoreError};
use release_domain::timestamp::Timestamp;

/// Keys dropped with each new reservation: more than come in, so that they never pile up, and few enough to be quick.
const PURGED: i64 = 4;

#[async_trait]
impl Idempotency for SqlStore {
    async fn reserve(
        &self,
        actor: UserId,
        key: &str,
        fingerprint: Hash,
        now: Timestamp,
    ) -> Result<Reserved, StoreError> {
        let key = key.to_owned();
        self.keep(move |conn| reserve(conn, actor, &key, fingerprint, now))
            .await
    }

    async fn forget(&self, actor: UserId, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.keep(move |conn| {
            // An answer stays: its commit was taken, whatever its caller was told.
            let open = idempotency_keys::table
                .find((Id(actor.0), &key))
                .filter(idempotency_keys::answer.is_null());
            diesel::delete(open).execute(conn)?;
            Ok(())
        })
        .await
    }
}

fn reserve(
    conn: &mut AnyConnection,
    actor: UserId,
    key: &str,
    fingerprint: Hash,
    now: Timestamp,
) -> Result<Reserved, Failure> {
    let row = || {
        (
            idempotency_keys::actor_id.eq(Id(actor.0)),
            idempotency_keys::key.eq(key),
            idempotency_keys::fingerprint.eq(fingerprint.as_bytes().as_slice()),
            idempotency_keys::reserved_at.eq(At(now)),
            idempotency_keys::answer.eq(None::<Doc>),
        )
    };
    purge(conn, now)?;
    let insert = diesel::insert_into(idempotency_keys::table).values(row());
    let key_of = (idempotency_keys::actor_id, idempotency_keys::key);
    // Whoever inserts has it; two at once are told apart by the database.
    if PerBackend(insert.on_conflict(key_of).do_nothing()).execute(conn)? == 1 {
        return Ok(Reserved::New);
    }
    let columns = (
        idempotency_keys::fingerprint,
        idempotency_keys::reserved_at,
        idempotency_keys::answer,
    );
    let found = idempotency_keys::table.find((Id(actor.0), key)).select(columns);
    let found: Option<(Vec<u8>, At, Option<Doc>)> = match conn {
        AnyConnection::Pg(pg) => found.for_update().first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => found.first(sqlite).optional()?,
    };
    if let Some((known, At(reserved_at), answer)) = found {
        let kept = if answer.is_some() {
            ANSWER_KEPT_SECS
        } else {
            IN_FLIGHT_SECS
        };
        if now < reserved_at.plus_secs(i64::from(kept)) {
            return Ok(match answer {
                _ if known != fingerprint.as_bytes() => Reserved::OtherRequest,
                None => Reserved::InFlight,
                Some(doc) => Reserved::Answered(doc.read()?),
            });
        }
    }
    let insert = diesel::insert_into(idempotency_keys::table).values(row());
    PerBackend(insert.on_conflict(key_of).do_update().set((
        idempotency_keys::fingerprint.eq(excluded(idempotency_keys::fingerprint)),
        idempotency_keys::reserved_at.eq(excluded(idempotency_keys::reserved_at)),
        idempotency_keys::answer.eq(excluded(idempotency_keys::answer)),
    )))
    .execute(conn)?;
    Ok(Reserved::New)
}

/// Drops a few keys that no longer stand for anything.
fn purge(conn: &mut AnyConnection, now: Timestamp) -> Result<(), Failure> {
    let over = At(now.plus_secs(-i64::from(ANSWER_KEPT_SECS)));
    let old: Vec<(Id, String)> = idempotency_keys::table
        .filter(idempotency_keys::reserved_at.le(over))
        .order(idempotency_keys::reserved_at.asc())
        .select((idempotency_keys::actor_id, idempotency_keys::key))
        .limit(PURGED)
        .load(conn)?;
    for (actor, key) in old {
        diesel::delete(idempotency_keys::table.find((actor, key))).execute(conn)?;
    }
    Ok(())
}
