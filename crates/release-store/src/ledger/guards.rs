//! What must still hold when a commit is written, locked until it is.

use super::POLICY_VERSION;
use crate::column::{Id, count};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::schema::{counters, executions, releases};
use diesel::prelude::*;
use release_domain::ids::{ExecutionId, ReleaseId};
use release_domain::ports::{CommitError, Deletion, Guard, Write};

/// Checks the guards, and locks what this commit's rows will need in the order all commits keep to.
pub(super) fn check(conn: &mut AnyConnection, guards: &[Guard], writes: &[Write]) -> Result<(), Failure> {
    let raises = writes.iter().any(may_raise);
    let asked = guards.iter().find_map(|guard| match guard {
        Guard::PolicyVersion(version) => Some(*version),
        Guard::Fence { .. } | Guard::Unchanged { .. } => None,
    });
    if raises || asked.is_some() {
        let version = lock_policy_version(conn, raises)?;
        if asked.is_some_and(|asked| count(asked) != version) {
            return Err(Failure::conflict());
        }
    }
    for write in writes {
        if let Write::StopExecution(id) = write {
            lock_execution(conn, *id)?;
        }
    }
    for guard in guards {
        match guard {
            Guard::Fence { execution, epoch } => match lock_execution(conn, *execution)? {
                Some((held, None)) if held == count(*epoch) => {}
                Some(_) | None => return Err(CommitError::Fenced.into()),
            },
            Guard::PolicyVersion(_) | Guard::Unchanged { .. } => {}
        }
    }
    for guard in guards {
        match guard {
            Guard::Unchanged { release, version } => match lock_release(conn, *release)? {
                Some(held) if held == count(*version) => {}
                Some(_) | None => return Err(Failure::conflict()),
            },
            Guard::PolicyVersion(_) | Guard::Fence { .. } => {}
        }
    }
    Ok(())
}

/// Shared while nobody raises it: two commits that rest on the same version do not wait for each other.
fn lock_policy_version(conn: &mut AnyConnection, raises: bool) -> Result<i64, Failure> {
    let row = counters::table.find(POLICY_VERSION).select(counters::value);
    Ok(match conn {
        AnyConnection::Pg(pg) if raises => row.for_no_key_update().first(pg)?,
        AnyConnection::Pg(pg) => row.for_share().first(pg)?,
        AnyConnection::Sqlite(sqlite) => row.first(sqlite)?,
    })
}

/// Epoch and outcome of an execution, which nobody else can change until this transaction ends.
fn lock_execution(conn: &mut AnyConnection, id: ExecutionId) -> Result<Option<(i64, Option<String>)>, Failure> {
    let row = executions::table
        .find(Id(id.0))
        .select((executions::epoch, executions::outcome));
    Ok(match conn {
        AnyConnection::Pg(pg) => row.for_no_key_update().first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => row.first(sqlite).optional()?,
    })
}

/// The version of a release, which nobody else can change until this transaction ends.
fn lock_release(conn: &mut AnyConnection, id: ReleaseId) -> Result<Option<i64>, Failure> {
    let row = releases::table.find(Id(id.0)).select(releases::version);
    Ok(match conn {
        // Rows that refer to it may still be added.
        AnyConnection::Pg(pg) => row.for_no_key_update().first(pg).optional()?,
        AnyConnection::Sqlite(sqlite) => row.first(sqlite).optional()?,
    })
}

/// Whether a write can raise the policy version.
fn may_raise(write: &Write) -> bool {
    match write {
        Write::Hold(_) | Write::Environment(_) | Write::Freeze(_) | Write::Role(_) | Write::Grant(_) => true,
        Write::User(user) => user.version > 1,
        Write::Delete(deletion) => match deletion {
            Deletion::Environment { .. }
            | Deletion::Hold { .. }
            | Deletion::User(_)
            | Deletion::Role(_)
            | Deletion::Grant(_) => true,
            Deletion::Project { .. }
            | Deletion::Service { .. }
            | Deletion::Target { .. }
            | Deletion::Token(_)
            | Deletion::Session(_)
            | Deletion::Sessions { .. } => false,
        },
        Write::Release(_)
        | Write::PreviewBody(_)
        | Write::StartExecution(_)
        | Write::StopExecution(_)
        | Write::ExecutionProgress { .. }
        | Write::EndExecution { .. }
        | Write::ObjectStates { .. }
        | Write::Diagnostics { .. }
        | Write::Current { .. }
        | Write::Project(_)
        | Write::PolicyRevision(_)
        | Write::Service(_)
        | Write::ServiceRevision(_)
        | Write::Target(_)
        | Write::Token(_)
        | Write::Session(_) => false,
    }
}
