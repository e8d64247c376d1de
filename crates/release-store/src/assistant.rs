//! The assistant's sessions: rows of their own, in no commit and no event.

use crate::column::{At, Doc, Id, count, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::per_backend::PerBackend;
use crate::query::page::{Order, asked, merge};
use crate::schema::{assistant_confirmations, assistant_entries, assistant_sessions, assistant_tokens};
use crate::store::SqlStore;
use crate::watch::newest_seq;
use async_trait::async_trait;
use diesel::dsl::{exists, max, select};
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::assistant::{AssistantEntry, AssistantSession, Confirmation, EntryContent, Settled, Spent};
use release_domain::ids::{AssistantSessionId, ConfirmationId, UserId};
use release_domain::ports::{AssistantSessions, Found, Page, StoreError};
use release_domain::timestamp::Timestamp;
use uuid::Uuid;

type SessionRow = (Id, Id, String, At, At);
type ConfirmationRow = (Doc, Option<String>, Option<At>);

const SESSION: (
    assistant_sessions::id,
    assistant_sessions::owner_id,
    assistant_sessions::title,
    assistant_sessions::created_at,
    assistant_sessions::updated_at,
) = (
    assistant_sessions::id,
    assistant_sessions::owner_id,
    assistant_sessions::title,
    assistant_sessions::created_at,
    assistant_sessions::updated_at,
);
const CONFIRMATION: (
    assistant_confirmations::doc,
    assistant_confirmations::answer,
    assistant_confirmations::settled_at,
) = (
    assistant_confirmations::doc,
    assistant_confirmations::answer,
    assistant_confirmations::settled_at,
);

fn read_session((id, owner, title, At(created_at), At(updated_at)): SessionRow) -> AssistantSession {
    AssistantSession {
        id: AssistantSessionId(id.0),
        owner: UserId(owner.0),
        title,
        created_at,
        updated_at,
    }
}

fn read_confirmation((doc, answer, settled_at): ConfirmationRow) -> Result<Confirmation, Failure> {
    let settled = match (answer, settled_at) {
        (Some(answer), Some(At(at))) => Some(Settled {
            answer: answer
                .parse()
                .map_err(|_| Failure::corrupt("a confirmation's answer is no word of ours"))?,
            at,
        }),
        _ => None,
    };
    Ok(Confirmation { settled, ..doc.read()? })
}

#[async_trait]
impl AssistantSessions for SqlStore {
    async fn assistant_session(&self, id: AssistantSessionId) -> Result<Option<AssistantSession>, StoreError> {
        self.read(move |conn| {
            let row = assistant_sessions::table.find(Id(id.0)).select(SESSION);
            Ok(row.first(conn).optional()?.map(read_session))
        })
        .await
    }

    async fn assistant_sessions(
        &self,
        owner: UserId,
        page: Page<AssistantSessionId>,
    ) -> Result<Found<AssistantSession, AssistantSessionId>, StoreError> {
        self.read(move |conn| {
            let event_seq = newest_seq(conn)?;
            let mut query = assistant_sessions::table
                .filter(assistant_sessions::owner_id.eq(Id(owner.0)))
                .select(SESSION)
                .into_boxed();
            if let Some(after) = page.after {
                query = query.filter(assistant_sessions::id.lt(Id(after.0)));
            }
            let rows: Vec<SessionRow> = query
                .order(assistant_sessions::id.desc())
                .limit(asked(page.limit))
                .load(conn)?;
            let rows = rows.into_iter().map(read_session).map(|s| (s.id, s)).collect();
            merge(Order::Falling, page.limit, event_seq, [Ok(rows)])
        })
        .await
    }

    async fn begin_assistant_session(&self, session: &AssistantSession) -> Result<(), StoreError> {
        let session = session.clone();
        self.keep(move |conn| {
            let row = (
                assistant_sessions::id.eq(Id(session.id.0)),
                assistant_sessions::owner_id.eq(Id(session.owner.0)),
                assistant_sessions::title.eq(session.title),
                assistant_sessions::created_at.eq(At(session.created_at)),
                assistant_sessions::updated_at.eq(At(session.updated_at)),
                assistant_sessions::tokens.eq(0),
            );
            diesel::insert_into(assistant_sessions::table)
                .values(row)
                .execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn name_assistant_session(&self, id: AssistantSessionId, title: &str) -> Result<(), StoreError> {
        let title = assistant_sessions::title.eq(title.to_owned());
        self.keep(move |conn| {
            diesel::update(assistant_sessions::table.find(Id(id.0)))
                .set(title)
                .execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn delete_assistant_session(&self, id: AssistantSessionId) -> Result<(), StoreError> {
        self.keep(move |conn| {
            diesel::delete(assistant_sessions::table.find(Id(id.0))).execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn assistant_entries(&self, id: AssistantSessionId) -> Result<Vec<AssistantEntry>, StoreError> {
        self.read(move |conn| {
            let docs: Vec<Doc> = assistant_entries::table
                .filter(assistant_entries::session_id.eq(Id(id.0)))
                .order(assistant_entries::number.asc())
                .select(assistant_entries::doc)
                .load(conn)?;
            docs.iter().map(Doc::read).collect()
        })
        .await
    }

    async fn add_assistant_entry(
        &self,
        id: AssistantSessionId,
        at: Timestamp,
        content: &EntryContent,
        confirmation: Option<&Confirmation>,
    ) -> Result<Option<u32>, StoreError> {
        let (content, confirmation) = (content.clone(), confirmation.cloned());
        self.keep(move |conn| add_entry(conn, id, at, content, confirmation.as_ref()))
            .await
    }

    async fn confirmation(&self, id: ConfirmationId) -> Result<Option<Confirmation>, StoreError> {
        self.read(move |conn| {
            let row = assistant_confirmations::table.find(Id(id.0)).select(CONFIRMATION);
            row.first(conn).optional()?.map(read_confirmation).transpose()
        })
        .await
    }

    async fn confirmations(&self, session: AssistantSessionId) -> Result<Vec<Confirmation>, StoreError> {
        self.read(move |conn| {
            let of_session = assistant_confirmations::session_id.eq(Id(session.0));
            let rows: Vec<ConfirmationRow> = assistant_confirmations::table
                .filter(of_session)
                .select(CONFIRMATION)
                .load(conn)?;
            rows.into_iter().map(read_confirmation).collect()
        })
        .await
    }

    async fn settle_confirmation(&self, id: ConfirmationId, settled: Settled) -> Result<bool, StoreError> {
        self.keep(move |conn| {
            let open = assistant_confirmations::table
                .find(Id(id.0))
                .filter(assistant_confirmations::settled_at.is_null());
            let set = (
                assistant_confirmations::answer.eq(Some(settled.answer.as_str())),
                assistant_confirmations::settled_at.eq(Some(At(settled.at))),
            );
            Ok(diesel::update(open).set(set).execute(conn)? == 1)
        })
        .await
    }

    async fn claim_turn(
        &self,
        id: AssistantSessionId,
        turn: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.keep(move |conn| {
            let over = assistant_sessions::turn_until.le(Some(At(now)));
            let free = assistant_sessions::table
                .find(Id(id.0))
                .filter(assistant_sessions::turn_id.is_null().or(over.assume_not_null()));
            let held = (
                assistant_sessions::turn_id.eq(Some(Id(turn))),
                assistant_sessions::turn_until.eq(Some(At(until))),
            );
            Ok(diesel::update(free).set(held).execute(conn)? == 1)
        })
        .await
    }

    async fn holds_turn(&self, id: AssistantSessionId, turn: Uuid) -> Result<bool, StoreError> {
        self.read(move |conn| {
            let held = assistant_sessions::table
                .find(Id(id.0))
                .filter(assistant_sessions::turn_id.eq(Some(Id(turn))));
            Ok(select(exists(held)).get_result(conn)?)
        })
        .await
    }

    async fn end_turn(&self, id: AssistantSessionId) -> Result<(), StoreError> {
        self.keep(move |conn| {
            let free = (
                assistant_sessions::turn_id.eq(None::<Id>),
                assistant_sessions::turn_until.eq(None::<At>),
            );
            diesel::update(assistant_sessions::table.find(Id(id.0)))
                .set(free)
                .execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn spend_tokens(&self, id: AssistantSessionId, day: u32, tokens: u64) -> Result<Spent, StoreError> {
        self.keep(move |conn| {
            let session = assistant_sessions::table.find(Id(id.0));
            let more = assistant_sessions::tokens.eq(assistant_sessions::tokens + count(tokens));
            if diesel::update(session).set(more).execute(conn)? == 0 {
                return Ok(Spent::default());
            }
            let (owner, _) = owner_and_tokens(conn, id)?.unwrap_or((Id(Uuid::nil()), 0));
            let row = (
                assistant_tokens::owner_id.eq(owner),
                assistant_tokens::day.eq(numbered(day)),
                assistant_tokens::tokens.eq(count(tokens)),
            );
            let insert = diesel::insert_into(assistant_tokens::table).values(row);
            let sum = assistant_tokens::tokens.eq(assistant_tokens::tokens + excluded(assistant_tokens::tokens));
            let key = (assistant_tokens::owner_id, assistant_tokens::day);
            PerBackend(insert.on_conflict(key).do_update().set(sum)).execute(conn)?;
            spent(conn, id, day)
        })
        .await
    }

    async fn spent_tokens(&self, id: AssistantSessionId, day: u32) -> Result<Spent, StoreError> {
        self.read(move |conn| spent(conn, id, day)).await
    }
}

/// The row of the session is locked first: two entries at once get two numbers.
fn add_entry(
    conn: &mut AnyConnection,
    id: AssistantSessionId,
    at: Timestamp,
    content: EntryContent,
    confirmation: Option<&Confirmation>,
) -> Result<Option<u32>, Failure> {
    let row = assistant_sessions::table
        .find(Id(id.0))
        .select(assistant_sessions::updated_at);
    let found: Option<At> = match conn {
        AnyConnection::Pg(pg) => row.for_update().first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => row.first(sqlite).optional()?,
    };
    let Some(At(before)) = found else {
        return Ok(None);
    };
    let newest: Option<i32> = assistant_entries::table
        .filter(assistant_entries::session_id.eq(Id(id.0)))
        .select(max(assistant_entries::number))
        .first(conn)?;
    let number = newest.unwrap_or(0) + 1;
    let entry = AssistantEntry {
        number: number.unsigned_abs(),
        at,
        content,
    };
    let row = (
        assistant_entries::session_id.eq(Id(id.0)),
        assistant_entries::number.eq(number),
        assistant_entries::doc.eq(Doc::of(&entry)?),
    );
    diesel::insert_into(assistant_entries::table)
        .values(row)
        .execute(conn)?;
    let updated = assistant_sessions::updated_at.eq(At(before.max(at)));
    diesel::update(assistant_sessions::table.find(Id(id.0)))
        .set(updated)
        .execute(conn)?;
    if let Some(confirmation) = confirmation {
        let row = (
            assistant_confirmations::id.eq(Id(confirmation.id.0)),
            assistant_confirmations::session_id.eq(Id(id.0)),
            assistant_confirmations::doc.eq(Doc::of(confirmation)?),
        );
        diesel::insert_into(assistant_confirmations::table)
            .values(row)
            .execute(conn)?;
    }
    Ok(Some(entry.number))
}

fn owner_and_tokens(conn: &mut AnyConnection, id: AssistantSessionId) -> Result<Option<(Id, i64)>, Failure> {
    let columns = (assistant_sessions::owner_id, assistant_sessions::tokens);
    let row = assistant_sessions::table.find(Id(id.0)).select(columns);
    Ok(row.first(conn).optional()?)
}

fn spent(conn: &mut AnyConnection, id: AssistantSessionId, day: u32) -> Result<Spent, Failure> {
    let Some((owner, in_session)) = owner_and_tokens(conn, id)? else {
        return Ok(Spent::default());
    };
    let of_day = assistant_tokens::table.find((owner, numbered(day)));
    let in_day: Option<i64> = of_day.select(assistant_tokens::tokens).first(conn).optional()?;
    Ok(Spent {
        in_session: uncount(in_session),
        in_day: uncount(in_day.unwrap_or(0)),
    })
}

/// A day as the column keeps it; the last one lies millions of years ahead.
fn numbered(day: u32) -> i32 {
    i32::try_from(day).unwrap_or(i32::MAX)
}
