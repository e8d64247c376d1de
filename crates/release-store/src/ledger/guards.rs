//! What must still hold when a commit is written.

use super::policy_version;
use crate::column::{Id, count};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{executions, releases, watches};
use diesel::prelude::*;
use release_domain::ids::{ExecutionId, ReleaseId, TargetId};
use release_domain::ports::{CommitError, Guard};

pub(super) fn check(conn: &mut AnyConnection, guards: &[Guard]) -> Result<(), Failure> {
    for guard in guards {
        match guard {
            Guard::PolicyVersion(version) => {
                if policy_version(conn)? != *version {
                    return Err(Failure::conflict());
                }
            }
            Guard::Fence { execution, epoch } => match lock_execution(conn, *execution)? {
                Some((held, None)) if held == count(*epoch) => {}
                Some(_) | None => return Err(CommitError::Fenced.into()),
            },
            Guard::Watch { target, epoch } => {
                if lock_watch(conn, *target)? != Some(count(*epoch)) {
                    return Err(CommitError::Fenced.into());
                }
            }
            Guard::Unchanged { release, version } => {
                if version_of(conn, *release)? != Some(count(*version)) {
                    return Err(Failure::conflict());
                }
            }
        }
    }
    Ok(())
}

/// Epoch and outcome of an execution, which no worker can take over until this transaction ends.
fn lock_execution(conn: &mut AnyConnection, id: ExecutionId) -> Result<Option<(i64, Option<String>)>, Failure> {
    let row = executions::table
        .find(Id(id.0))
        .select((executions::epoch, executions::outcome));
    Ok(match conn {
        AnyConnection::Pg(pg) => row.for_no_key_update().first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => row.first(sqlite).optional()?,
    })
}

/// The epoch at which a target is held, which no other watcher can take over until this transaction ends.
fn lock_watch(conn: &mut AnyConnection, id: TargetId) -> Result<Option<i64>, Failure> {
    let row = watches::table
        .find(Id(id.0))
        .filter(watches::lease_holder.is_not_null())
        .select(watches::epoch);
    Ok(match conn {
        AnyConnection::Pg(pg) => row.for_no_key_update().first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => row.first(sqlite).optional()?,
    })
}

fn version_of(conn: &mut AnyConnection, id: ReleaseId) -> Result<Option<i64>, Failure> {
    Ok(releases::table
        .find(Id(id.0))
        .select(releases::version)
        .first(conn)
        .optional()?)
}
