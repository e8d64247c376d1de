//! People, roles, tokens and sessions; failed sign-ins.

use super::page::{Order, asked, merge};
use crate::column::{At, Doc, Id};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::ledger::policy_version;
use crate::remembered::Question;
use crate::schema::{grants, roles, sessions, sign_in_failures, tokens, users};
use crate::store::SqlStore;
use crate::watch::newest_seq;
use async_trait::async_trait;
use diesel::prelude::*;
use release_domain::access::{Session, Token, User};
use release_domain::ids::{SessionId, TokenId, UserId};
use release_domain::ports::{AccessPolicy, AccessQueries, Found, Page, SignInFailures, StoreError};
use release_domain::timestamp::Timestamp;
use uuid::Uuid;

/// Failures kept of one address: past the throttle's own limits more tell nothing.
const KEPT_OF_ADDRESS: i64 = 200;

type TokenRow = (Doc, Option<At>);
type SessionRow = (Doc, At);

fn read_token((doc, last_used_at): TokenRow) -> Result<Token, Failure> {
    let token: Token = doc.read()?;
    Ok(Token {
        last_used_at: last_used_at.map(|At(at)| at),
        ..token
    })
}

fn read_session((doc, At(last_seen_at)): SessionRow) -> Result<Session, Failure> {
    let session: Session = doc.read()?;
    Ok(Session {
        last_seen_at,
        ..session
    })
}

#[async_trait]
impl AccessQueries for SqlStore {
    async fn access_policy(&self) -> Result<AccessPolicy, StoreError> {
        self.read(|conn| conn.snapshot(access_policy)).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |conn| {
            let doc: Option<Doc> = users::table.find(Id(id.0)).select(users::doc).first(conn).optional()?;
            doc.map(|doc| doc.read()).transpose()
        })
        .await
    }

    async fn user_by_name(&self, username: &str) -> Result<Option<User>, StoreError> {
        let username = username.to_owned();
        self.read(move |conn| {
            let named = users::table.filter(users::username.eq(username)).select(users::doc);
            let doc: Option<Doc> = named.first(conn).optional()?;
            doc.map(|doc| doc.read()).transpose()
        })
        .await
    }

    async fn users(&self, page: Page<(String, Uuid)>) -> Result<Found<User, (String, Uuid)>, StoreError> {
        self.read(move |conn| {
            let event_seq = newest_seq(conn)?;
            let mut query = users::table
                .select((users::username, users::id, users::doc))
                .into_boxed();
            if let Some((username, _)) = &page.after {
                query = query.filter(users::username.gt(username.clone()));
            }
            let rows: Vec<(String, Id, Doc)> =
                query.order(users::username.asc()).limit(asked(page.limit)).load(conn)?;
            let rows = rows
                .into_iter()
                .map(|(username, id, doc)| Ok(((username, id.0), doc.read()?)));
            merge(
                Order::Rising,
                page.limit,
                event_seq,
                [rows.collect::<Result<Vec<_>, Failure>>()],
            )
        })
        .await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.read(move |conn| {
            let row = tokens::table.find(Id(id.0)).select((tokens::doc, tokens::last_used_at));
            row.first(conn).optional()?.map(read_token).transpose()
        })
        .await
    }

    async fn token_by_hash(&self, hash: &str) -> Result<Option<(Token, User)>, StoreError> {
        let question = Question::Token(hash.to_owned());
        let hash = hash.to_owned();
        let read = self.read(move |conn| {
            let row: Option<(TokenRow, Doc)> = tokens::table
                .inner_join(users::table)
                .filter(tokens::hash.eq(hash))
                .select(((tokens::doc, tokens::last_used_at), users::doc))
                .first(conn)
                .optional()?;
            row.map(|(token, user)| Ok((read_token(token)?, user.read()?)))
                .transpose()
        });
        self.remembered().answer(question, read).await
    }

    async fn tokens(&self, owner: Option<UserId>, page: Page<TokenId>) -> Result<Found<Token, TokenId>, StoreError> {
        self.read(move |conn| {
            let event_seq = newest_seq(conn)?;
            let mut query = tokens::table
                .select((tokens::id, (tokens::doc, tokens::last_used_at)))
                .into_boxed();
            if let Some(owner) = owner {
                query = query.filter(tokens::owner_id.eq(Id(owner.0)));
            }
            if let Some(after) = page.after {
                query = query.filter(tokens::id.lt(Id(after.0)));
            }
            let rows: Vec<(Id, TokenRow)> = query.order(tokens::id.desc()).limit(asked(page.limit)).load(conn)?;
            let rows = rows.into_iter().map(|(id, row)| Ok((TokenId(id.0), read_token(row)?)));
            merge(
                Order::Falling,
                page.limit,
                event_seq,
                [rows.collect::<Result<Vec<_>, Failure>>()],
            )
        })
        .await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.read(move |conn| {
            let row = sessions::table
                .find(Id(id.0))
                .select((sessions::doc, sessions::last_seen_at));
            row.first(conn).optional()?.map(read_session).transpose()
        })
        .await
    }

    async fn session_by_hash(&self, hash: &str) -> Result<Option<(Session, User)>, StoreError> {
        let question = Question::Session(hash.to_owned());
        let hash = hash.to_owned();
        let read = self.read(move |conn| {
            let row: Option<(SessionRow, Doc)> = sessions::table
                .inner_join(users::table)
                .filter(sessions::hash.eq(hash))
                .select(((sessions::doc, sessions::last_seen_at), users::doc))
                .first(conn)
                .optional()?;
            row.map(|(session, user)| Ok((read_session(session)?, user.read()?)))
                .transpose()
        });
        self.remembered().answer(question, read).await
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.read(move |conn| {
            let rows: Vec<SessionRow> = sessions::table
                .filter(sessions::user_id.eq(Id(user.0)))
                .order(sessions::id.desc())
                .select((sessions::doc, sessions::last_seen_at))
                .load(conn)?;
            rows.into_iter().map(read_session).collect()
        })
        .await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.keep(move |conn| {
            let earlier = sessions::table.find(Id(id.0)).filter(sessions::last_seen_at.lt(At(at)));
            diesel::update(earlier)
                .set(sessions::last_seen_at.eq(At(at)))
                .execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn touch_token(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
        self.keep(move |conn| {
            let earlier = tokens::last_used_at
                .is_null()
                .or(tokens::last_used_at.assume_not_null().lt(At(at)));
            let token = tokens::table.find(Id(id.0)).filter(earlier);
            diesel::update(token)
                .set(tokens::last_used_at.eq(Some(At(at))))
                .execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn sign_in_failures(
        &self,
        username: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<SignInFailures, StoreError> {
        let (username, address) = (username.to_owned(), address.to_owned());
        self.read(move |conn| {
            // Bounded when written: one address has a few hundred rows at most.
            let rows: Vec<(String, At)> = sign_in_failures::table
                .filter(sign_in_failures::address.eq(address))
                .filter(sign_in_failures::at.ge(At(since)))
                .order(sign_in_failures::at.asc())
                .select((sign_in_failures::username, sign_in_failures::at))
                .load(conn)?;
            let of_account = || rows.iter().filter(|(name, _)| *name == username);
            Ok(SignInFailures {
                of_account: u32::try_from(of_account().count()).unwrap_or(u32::MAX),
                of_address: u32::try_from(rows.len()).unwrap_or(u32::MAX),
                oldest: of_account().next().or(rows.first()).map(|(_, At(at))| *at),
            })
        })
        .await
    }

    async fn record_sign_in_failure(
        &self,
        username: &str,
        address: &str,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let (username, address) = (username.to_owned(), address.to_owned());
        self.keep(move |conn| {
            let over = sign_in_failures::table.filter(sign_in_failures::at.lt(At(since)));
            diesel::delete(over).execute(conn)?;
            let known = sign_in_failures::table.filter(sign_in_failures::address.eq(&address));
            let known: i64 = known.count().get_result(conn)?;
            if known >= KEPT_OF_ADDRESS {
                return Ok(());
            }
            let row = (
                sign_in_failures::username.eq(username),
                sign_in_failures::address.eq(address),
                sign_in_failures::at.eq(At(at)),
            );
            diesel::insert_into(sign_in_failures::table).values(row).execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn clear_sign_in_failures(&self, username: &str, address: &str) -> Result<(), StoreError> {
        let (username, address) = (username.to_owned(), address.to_owned());
        self.keep(move |conn| {
            let cleared = sign_in_failures::table
                .filter(sign_in_failures::address.eq(address))
                .filter(sign_in_failures::username.eq(username));
            diesel::delete(cleared).execute(conn)?;
            Ok(())
        })
        .await
    }
}

/// In one snapshot: roles and grants of exactly that version.
fn access_policy(conn: &mut AnyConnection) -> Result<AccessPolicy, Failure> {
    let version = policy_version(conn)?;
    let roles: Vec<Doc> = roles::table.order(roles::id.asc()).select(roles::doc).load(conn)?;
    let grants: Vec<Doc> = grants::table.order(grants::id.asc()).select(grants::doc).load(conn)?;
    Ok(AccessPolicy {
        version,
        roles: roles.iter().map(Doc::read).collect::<Result<_, _>>()?,
        grants: grants.iter().map(Doc::read).collect::<Result<_, _>>()?,
    })
}
