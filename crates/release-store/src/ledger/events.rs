//! The timeline's end: each event gets its place in the same transaction as the change it tells of.

use crate::column::{At, Doc, Id, count, uncount};
use crate::connection::{AnyConnection, each};
use crate::failure::Failure;
use crate::schema::timeline;
use diesel::prelude::*;
use release_domain::canonical::Hash;
use release_domain::event::chain::{self, Head};
use release_domain::event::{Event, EventDraft, EventPlace};
use release_domain::ids::ReleaseId;
use release_domain::ports::StoreError;
use std::collections::HashMap;

/// PostgreSQL's advisory lock for the head of the chain: whoever holds it appends, until their transaction ends. A row
/// lock would do the same and write a row each time.
const HEAD_LOCK: i64 = 0x7265_6c5f_6865_6164;

diesel::define_sql_function! {
    /// Answers nothing; called for the lock alone.
    fn pg_advisory_xact_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

/// Nobody else appends until this transaction ends. On SQLite the transaction itself is that lock.
pub(crate) fn lock_head(conn: &mut AnyConnection) -> Result<(), Failure> {
    if let AnyConnection::Pg(pg) = conn {
        diesel::select(pg_advisory_xact_lock(HEAD_LOCK)).execute(pg)?;
    }
    Ok(())
}

/// The heads that this transaction has looked up or made: with the lock held nobody else moves them.
#[derive(Clone, Default)]
pub(crate) struct Heads {
    /// `None`: not looked up yet.
    global: Option<Option<Head>>,
    releases: HashMap<ReleaseId, Option<Head>>,
}

impl Heads {
    fn global(&mut self, conn: &mut AnyConnection) -> Result<Option<Head>, Failure> {
        if let Some(known) = self.global {
            return Ok(known);
        }
        let found = head(conn)?;
        self.global = Some(found);
        Ok(found)
    }

    fn release(&mut self, conn: &mut AnyConnection, release: ReleaseId) -> Result<Option<Head>, Failure> {
        if let Some(known) = self.releases.get(&release) {
            return Ok(*known);
        }
        let found = release_head(conn, release)?;
        self.releases.insert(release, found);
        Ok(found)
    }

    fn advance(&mut self, event: &Event) {
        let hash = event.hash;
        self.global = Some(Some(Head { seq: event.seq, hash }));
        if let (Some(release), Some(seq)) = (&event.release, event.release_seq) {
            self.releases.insert(release.id, Some(Head { seq, hash }));
        }
    }
}

/// Seals and appends the events, in order. The head must be locked.
pub(crate) fn append(
    conn: &mut AnyConnection,
    heads: &mut Heads,
    drafts: Vec<EventDraft>,
) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::with_capacity(drafts.len());
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let place = draft.place;
        let global = heads.global(conn)?;
        let release = match &draft.release {
            Some(release) => heads.release(conn, release.id)?,
            None => None,
        };
        let event = chain::seal(draft, global, release)
            .map_err(|error| StoreError::Corrupt(format!("an event cannot be sealed: {error}")))?;
        heads.advance(&event);
        rows.push(row(&event, place)?);
        events.push(event);
    }
    if !rows.is_empty() {
        each!(conn, |c| diesel::insert_into(timeline::table).values(&rows).execute(c))?;
    }
    Ok(events)
}

/// The newest event of the store.
pub(crate) fn head(conn: &mut AnyConnection) -> Result<Option<Head>, Failure> {
    let newest: Option<(i64, Vec<u8>)> = timeline::table
        .order(timeline::seq.desc())
        .select((timeline::seq, timeline::hash))
        .first(conn)
        .optional()?;
    newest.map(|(seq, hash)| link(seq, &hash)).transpose()
}

fn release_head(conn: &mut AnyConnection, release: ReleaseId) -> Result<Option<Head>, Failure> {
    let newest: Option<(Option<i64>, Vec<u8>)> = timeline::table
        .filter(timeline::release_id.eq(Id(release.0)))
        .order(timeline::seq.desc())
        .select((timeline::release_seq, timeline::hash))
        .first(conn)
        .optional()?;
    newest.map(|(seq, hash)| link(seq.unwrap_or(0), &hash)).transpose()
}

fn link(seq: i64, hash: &[u8]) -> Result<Head, Failure> {
    let hash = hash
        .try_into()
        .map_err(|_| Failure::corrupt("an event's hash has not 32 bytes"))?;
    Ok(Head {
        seq: uncount(seq),
        hash: Hash::from_bytes(hash),
    })
}

#[derive(Insertable)]
#[diesel(table_name = timeline, treat_none_as_default_value = false)]
struct Row {
    seq: i64,
    release_id: Option<Id>,
    release_seq: Option<i64>,
    event_type: &'static str,
    occurred_at: At,
    actor_id: Id,
    channel: &'static str,
    correlation_id: Option<Id>,
    project_id: Option<Id>,
    environment_id: Option<Id>,
    service_id: Option<Id>,
    target_id: Option<Id>,
    about_release_id: Option<Id>,
    hash: Vec<u8>,
    doc: Doc,
}

fn row(event: &Event, place: EventPlace) -> Result<Row, Failure> {
    Ok(Row {
        seq: count(event.seq),
        release_id: event.release.as_ref().map(|r| Id(r.id.0)),
        release_seq: event.release_seq.map(count),
        event_type: event.data.event_type(),
        occurred_at: At(event.occurred_at),
        actor_id: Id(event.actor.id),
        channel: event.channel.as_str(),
        correlation_id: event.correlation_id.map(|id| Id(id.0)),
        project_id: place.project.map(|id| Id(id.0)),
        environment_id: place.environment.map(|id| Id(id.0)),
        service_id: place.service.map(|id| Id(id.0)),
        target_id: place.target.map(|id| Id(id.0)),
        about_release_id: place.about_release.map(|id| Id(id.0)),
        hash: event.hash.as_bytes().to_vec(),
        doc: Doc::of(event)?,
    })
}
