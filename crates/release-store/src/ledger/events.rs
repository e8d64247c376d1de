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

/// Seals and appends the events, in order.
pub(crate) fn append(conn: &mut AnyConnection, drafts: Vec<EventDraft>) -> Result<Vec<Event>, Failure> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    if let AnyConnection::Pg(pg) = conn {
        diesel::select(pg_advisory_xact_lock(HEAD_LOCK)).execute(pg)?;
    }
    let mut global = head(conn)?;
    let mut releases: HashMap<ReleaseId, Option<Head>> = HashMap::new();
    let mut events = Vec::with_capacity(drafts.len());
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let place = draft.place;
        let release = draft.release.as_ref().map(|r| r.id);
        let before = match release {
            Some(id) => match releases.get(&id) {
                Some(known) => *known,
                None => release_head(conn, id)?,
            },
            None => None,
        };
        let event = chain::seal(draft, global, before)
            .map_err(|error| StoreError::Corrupt(format!("an event cannot be sealed: {error}")))?;
        let hash = event.hash;
        global = Some(Head { seq: event.seq, hash });
        if let (Some(id), Some(seq)) = (release, event.release_seq) {
            releases.insert(id, Some(Head { seq, hash }));
        }
        rows.push(row(&event, place)?);
        events.push(event);
    }
    each!(conn, |c| diesel::insert_into(timeline::table).values(&rows).execute(c))?;
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
