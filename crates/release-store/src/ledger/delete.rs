//! Deleting: foreign keys say what is still in use, versions what has changed since.

use crate::column::{Id, count};
use crate::connection::AnyConnection;
use crate::failure::{Failure, in_use};
use crate::schema::{environments, grants, holds, projects, roles, services, sessions, targets, tokens, users};
use diesel::prelude::*;
use release_domain::ids::{SessionId, UserId};
use release_domain::ports::Deletion;

/// Deletes the row of that very version and counts it; another version is a conflict, no row at all is nothing to do.
macro_rules! delete_versioned {
    ($conn:expr, $table:ident, $id:expr, $version:expr) => {{
        let row = $table::table.find(Id($id.0));
        let this_version = row.filter($table::version.eq(count(*$version)));
        let gone = diesel::delete(this_version).execute($conn).map_err(in_use)?;
        if gone == 0 {
            let left: i64 = row.count().get_result($conn)?;
            if left > 0 {
                return Err(Failure::conflict());
            }
        }
        gone
    }};
}

/// Says whether that raises the policy version.
pub(super) fn delete(conn: &mut AnyConnection, deletion: &Deletion) -> Result<bool, Failure> {
    Ok(match deletion {
        Deletion::Project { id, version } => {
            delete_versioned!(conn, projects, id, version);
            false
        }
        Deletion::Environment { id, version } => delete_versioned!(conn, environments, id, version) > 0,
        Deletion::Service { id, version } => {
            delete_versioned!(conn, services, id, version);
            false
        }
        Deletion::Target { id, version } => {
            delete_versioned!(conn, targets, id, version);
            false
        }
        Deletion::Hold { service, target } => {
            diesel::delete(holds::table.find((Id(target.0), Id(service.0)))).execute(conn)? > 0
        }
        Deletion::User(id) => diesel::delete(users::table.find(Id(id.0))).execute(conn)? > 0,
        Deletion::Role(key) => {
            let role = roles::table.filter(roles::key.eq(&key.0));
            diesel::delete(role).execute(conn).map_err(in_use)? > 0
        }
        Deletion::Grant(id) => diesel::delete(grants::table.find(Id(id.0))).execute(conn)? > 0,
        Deletion::Token(id) => {
            diesel::delete(tokens::table.find(Id(id.0))).execute(conn)?;
            false
        }
        Deletion::Session(id) => {
            diesel::delete(sessions::table.find(Id(id.0))).execute(conn)?;
            false
        }
        Deletion::Sessions { user, but } => {
            delete_sessions(conn, *user, *but)?;
            false
        }
    })
}

fn delete_sessions(conn: &mut AnyConnection, user: UserId, but: Option<SessionId>) -> Result<(), Failure> {
    let of_user = sessions::table.filter(sessions::user_id.eq(Id(user.0)));
    match but {
        Some(kept) => diesel::delete(of_user.filter(sessions::id.ne(Id(kept.0)))).execute(conn)?,
        None => diesel::delete(of_user).execute(conn)?,
    };
    Ok(())
}
