//! Users, roles, grants, tokens and sessions.

use super::one;
use crate::column::{At, Doc, Id, count};
use crate::connection::AnyConnection;
use crate::failure::{Failure, taken};
use crate::per_backend::PerBackend;
use crate::schema::{grants, roles, sessions, tokens, users};
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::access::{Grant, Role, Session, Subject, Token, User};

pub(super) fn save_user(conn: &mut AnyConnection, user: &User) -> Result<(), Failure> {
    let row = (
        users::username.eq(&user.username),
        users::version.eq(count(user.version)),
        users::doc.eq(Doc::of(user)?),
    );
    if user.version == 1 {
        let insert = diesel::insert_into(users::table).values((users::id.eq(Id(user.id.0)), row));
        let insert = PerBackend(insert.on_conflict(users::id).do_nothing());
        return one(insert.execute(conn).map_err(|e| taken(e, "user"))?);
    }
    let before = users::table
        .find(Id(user.id.0))
        .filter(users::version.eq(count(user.version.saturating_sub(1))));
    one(diesel::update(before)
        .set(row)
        .execute(conn)
        .map_err(|e| taken(e, "user"))?)
}

pub(super) fn save_role(conn: &mut AnyConnection, role: &Role) -> Result<(), Failure> {
    let row = (
        roles::id.eq(Id(role.id.0)),
        roles::key.eq(&role.key.0),
        roles::doc.eq(Doc::of(role)?),
    );
    let upsert = diesel::insert_into(roles::table)
        .values(row)
        .on_conflict(roles::id)
        .do_update()
        .set((roles::key.eq(excluded(roles::key)), roles::doc.eq(excluded(roles::doc))));
    PerBackend(upsert).execute(conn).map_err(|e| taken(e, "role"))?;
    Ok(())
}

pub(super) fn save_grant(conn: &mut AnyConnection, grant: &Grant) -> Result<(), Failure> {
    let user = match &grant.subject {
        Subject::User(id) | Subject::ServiceAccount(id) => Some(Id(id.0)),
        Subject::Group(_) => None,
    };
    let row = (
        grants::id.eq(Id(grant.id.0)),
        grants::user_id.eq(user),
        grants::role.eq(&grant.role.0),
        grants::project_id.eq(grant.scope.project.map(|id| Id(id.0))),
        grants::environment_id.eq(grant.scope.environment.map(|id| Id(id.0))),
        grants::doc.eq(Doc::of(grant)?),
    );
    let upsert = diesel::insert_into(grants::table)
        .values(row)
        .on_conflict(grants::id)
        .do_update()
        .set((
            grants::user_id.eq(excluded(grants::user_id)),
            grants::role.eq(excluded(grants::role)),
            grants::project_id.eq(excluded(grants::project_id)),
            grants::environment_id.eq(excluded(grants::environment_id)),
            grants::doc.eq(excluded(grants::doc)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}

pub(super) fn save_token(conn: &mut AnyConnection, token: &Token) -> Result<(), Failure> {
    let row = (
        tokens::id.eq(Id(token.id.0)),
        tokens::owner_id.eq(Id(token.owner.0)),
        tokens::hash.eq(&token.hash),
        tokens::last_used_at.eq(token.last_used_at.map(At)),
        tokens::doc.eq(Doc::of(token)?),
    );
    let upsert = diesel::insert_into(tokens::table)
        .values(row)
        .on_conflict(tokens::id)
        .do_update()
        .set((
            tokens::owner_id.eq(excluded(tokens::owner_id)),
            tokens::hash.eq(excluded(tokens::hash)),
            tokens::last_used_at.eq(excluded(tokens::last_used_at)),
            tokens::doc.eq(excluded(tokens::doc)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}

pub(super) fn save_session(conn: &mut AnyConnection, session: &Session) -> Result<(), Failure> {
    let row = (
        sessions::id.eq(Id(session.id.0)),
        sessions::user_id.eq(Id(session.user.0)),
        sessions::hash.eq(&session.hash),
        sessions::last_seen_at.eq(At(session.last_seen_at)),
        sessions::doc.eq(Doc::of(session)?),
    );
    let upsert = diesel::insert_into(sessions::table)
        .values(row)
        .on_conflict(sessions::id)
        .do_update()
        .set((
            sessions::user_id.eq(excluded(sessions::user_id)),
            sessions::hash.eq(excluded(sessions::hash)),
            sessions::last_seen_at.eq(excluded(sessions::last_seen_at)),
            sessions::doc.eq(excluded(sessions::doc)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}
