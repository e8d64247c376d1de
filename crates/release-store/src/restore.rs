//! A backup put back in place of an SQLite store; what `pg_restore` put back on PostgreSQL, made safe to go on from.
//!
//! What happened after the backup is lost to this store but not to the world: executions of the lost days may have
//! written to targets. So the fencing epoch is lifted past every one they can have been given, leases are taken from
//! whoever held them, and the timeline says that the store was restored. Sessions do not come back: one of them may
//! have been ended since. Tokens and grants do, as they were.

use crate::backup::{beside, create_private, sync_folder};
use crate::column::{At, count, uncount};
use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use crate::jobs::EPOCH;
use crate::ledger::{Heads, POLICY_VERSION, append};
use crate::migrate;
use crate::schema::{counters, executions, idempotency_keys, sessions, store_meta, timeline};
use crate::store::OpenError;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use release_domain::actor::Origin;
use release_domain::event::chain::{FirstBad, Head, Verifier};
use release_domain::event::{EventData, EventDraft, EventPlace, EventSubject};
use release_domain::ports::StoreError;
use release_domain::timestamp::Timestamp;
use std::path::{Path, PathBuf};

/// More claims than any store gives between two backups.
const EPOCHS_LOST: u64 = 1 << 32;
/// Events verified at a time.
const VERIFIED: i64 = 2_000;

/// Why nothing was restored; the store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("only an SQLite store is restored from a file; PostgreSQL has pg_restore")]
    NotSqlite,
    #[error("only on PostgreSQL is a store restored by somebody else first")]
    NotPostgres,
    #[error("the store is in use: stop the server first")]
    InUse,
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    #[error("the backup's timeline does not verify: event {} ({})", .0.seq, .0.code)]
    Chain(FirstBad),
    #[error("the file cannot be read or written: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<Failure> for RestoreError {
    fn from(failure: Failure) -> Self {
        match failure.into_store() {
            StoreError::Corrupt(text) => Self::Damaged(text),
            error @ StoreError::Unavailable(_) => Self::Open(OpenError::Store(error)),
        }
    }
}

/// What a restored store starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The newest event of the backup.
    pub backup_head: Option<Head>,
    /// The newest event now: `store.restored`.
    pub head: Head,
    pub epoch: u64,
    /// Where the store that was there before is now.
    pub replaced: Option<PathBuf>,
}

/// Puts `backup` in the place of the store at `url`. Blocks; for a command, not for a server.
///
/// Everything is done on a copy beside the store, and one rename puts it in place.
///
/// # Errors
/// Nothing is changed: the store is in use, or the backup is damaged, does not verify, is newer than this build, or
/// cannot be read.
pub fn restore(backup: &Path, url: &str, now: Timestamp) -> Result<Restored, RestoreError> {
    let Some(Address::Sqlite(store)) = Address::parse(url) else {
        return Err(RestoreError::NotSqlite);
    };
    ensure_unused(&store)?;
    let copy = beside(&store, "restoring");
    remove(&copy)?;
    let prepared = prepare(backup, &copy, now).and_then(|restored| put_in_place(&copy, &store, now, restored));
    if prepared.is_err() {
        remove(&copy)?;
    }
    prepared
}

/// Cuts a PostgreSQL store that `pg_restore` has just put in place off from what the lost days did. Blocks; for a
/// command, not for a server.
///
/// # Errors
/// Nothing is changed: a server is connected, the chain does not verify, or the schema is newer than this build.
pub fn restored_by_pg_restore(url: &str, now: Timestamp) -> Result<Restored, RestoreError> {
    let address = Address::parse(url).filter(|address| matches!(address, Address::Postgres(_)));
    let mut conn = address.ok_or(RestoreError::NotPostgres)?.connect(Role::Writer)?;
    ensure_alone(&mut conn)?;
    migrate::run(&mut conn)??;
    let backup_head = verify(&mut conn)?;
    let (epoch, head) = conn.write(|conn| cut_off(conn, backup_head, now))?;
    Ok(Restored {
        backup_head,
        head,
        epoch,
        replaced: None,
    })
}

/// No other connection of this program is on the database.
fn ensure_alone(conn: &mut AnyConnection) -> Result<(), RestoreError> {
    #[derive(QueryableByName)]
    struct Others {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        others: i64,
    }
    let AnyConnection::Pg(pg) = conn else {
        return Err(RestoreError::NotPostgres);
    };
    let counted: Others = diesel::sql_query(
        "SELECT count(*) AS others FROM pg_stat_activity WHERE datname = current_database() \
         AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()",
    )
    .get_result(pg)
    .map_err(Failure::from)?;
    if counted.others > 0 {
        Err(RestoreError::InUse)
    } else {
        Ok(())
    }
}

/// Nobody has it open: only then does SQLite leave WAL, which also brings everything into the one file.
fn ensure_unused(store: &Path) -> Result<(), RestoreError> {
    if !store.exists() {
        return Ok(());
    }
    let leave = |conn: &mut SqliteConnection| -> QueryResult<String> {
        conn.batch_execute("PRAGMA busy_timeout = 500")?;
        #[derive(QueryableByName)]
        struct Mode {
            #[diesel(sql_type = diesel::sql_types::Text)]
            journal_mode: String,
        }
        let mode: Mode = diesel::sql_query("PRAGMA journal_mode = DELETE").get_result(conn)?;
        Ok(mode.journal_mode)
    };
    let conn = SqliteConnection::establish(&store.to_string_lossy());
    match conn.map(|mut conn| leave(&mut conn)) {
        Ok(Ok(mode)) if mode != "delete" => Err(RestoreError::InUse),
        Ok(Err(error)) if error.to_string().contains("locked") => Err(RestoreError::InUse),
        // A store too damaged to be opened is what a restore is for.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The copy: checked, brought up to this build's schema, and cut off from what the lost days did.
fn prepare(backup: &Path, copy: &Path, now: Timestamp) -> Result<Restored, RestoreError> {
    // Not `fs::copy`: the backup's permissions are not the store's.
    std::io::copy(&mut std::fs::File::open(backup)?, &mut create_private(copy)?)?;
    let address = Address::Sqlite(copy.to_owned());
    let mut conn = address.connect(Role::Writer)?;
    check_file(&mut conn)?;
    migrate::run(&mut conn)??;
    let backup_head = verify(&mut conn)?;
    let (epoch, head) = conn.write(|conn| cut_off(conn, backup_head, now))?;
    // Back into one file, which a rename can move.
    if let AnyConnection::Sqlite(sqlite) = &mut conn {
        sqlite
            .batch_execute("PRAGMA journal_mode = DELETE")
            .map_err(Failure::from)?;
    }
    Ok(Restored {
        backup_head,
        head,
        epoch,
        replaced: None,
    })
}

fn check_file(conn: &mut AnyConnection) -> Result<(), RestoreError> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        integrity_check: String,
    }
    let AnyConnection::Sqlite(sqlite) = conn else {
        return Err(RestoreError::NotSqlite);
    };
    let lines: Vec<Line> = diesel::sql_query("PRAGMA integrity_check(5)")
        .load(sqlite)
        .map_err(|error| RestoreError::Damaged(error.to_string()))?;
    let found: Vec<_> = lines
        .into_iter()
        .map(|line| line.integrity_check)
        .filter(|line| line != "ok")
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(RestoreError::Damaged(found.join("; ")))
    }
}

/// The whole chain, from the first event; its head.
fn verify(conn: &mut AnyConnection) -> Result<Option<Head>, RestoreError> {
    let mut verifier = Verifier::from_start();
    let mut after = 0;
    loop {
        let rows: Vec<(i64, crate::column::Doc)> = timeline::table
            .filter(timeline::seq.gt(after))
            .order(timeline::seq.asc())
            .select((timeline::seq, timeline::doc))
            .limit(VERIFIED)
            .load(conn)
            .map_err(Failure::from)?;
        let Some((last, _)) = rows.last() else {
            return Ok(verifier.head());
        };
        after = *last;
        for (_, doc) in &rows {
            verifier.check(&doc.read()?).map_err(RestoreError::Chain)?;
        }
    }
}

fn cut_off(conn: &mut AnyConnection, backup: Option<Head>, now: Timestamp) -> Result<(u64, Head), Failure> {
    let known: i64 = counters::table.find(EPOCH).select(counters::value).first(conn)?;
    // The clock makes two restores of one backup differ; the sum holds where the clock was set back.
    let epoch = (uncount(known) + EPOCHS_LOST).max(uncount(now.unix_micros()));
    diesel::update(counters::table.find(EPOCH))
        .set(counters::value.eq(count(epoch)))
        .execute(conn)?;
    // Guarded by the epoch they held, late workers of the old store find it gone.
    let held = executions::table
        .filter(executions::outcome.is_null())
        .filter(executions::epoch.gt(0));
    let freed = (
        executions::epoch.eq(count(epoch)),
        executions::lease_holder.eq(None::<String>),
        executions::lease_until.eq(None::<At>),
    );
    diesel::update(held).set(freed).execute(conn)?;
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::answer.is_null())).execute(conn)?;
    diesel::delete(sessions::table).execute(conn)?;
    let raised = counters::value.eq(counters::value + 1);
    diesel::update(counters::table.find(POLICY_VERSION))
        .set(raised)
        .execute(conn)?;
    let id: Option<String> = store_meta::table
        .find("store_id")
        .select(store_meta::value)
        .first(conn)
        .optional()?;
    let subject = EventSubject {
        kind: "store".into(),
        id: id.unwrap_or_default(),
        key: match conn {
            AnyConnection::Pg(_) => "postgres",
            AnyConnection::Sqlite(_) => "sqlite",
        }
        .into(),
    };
    let data = EventData::StoreRestored {
        backup_seq: backup.map_or(0, |head| head.seq),
        epoch,
    };
    let draft = EventDraft::of_subject(subject, EventPlace::default(), &Origin::system(), now, data);
    let events = append(conn, &mut Heads::default(), vec![draft])?;
    let told = events
        .last()
        .ok_or_else(|| Failure::corrupt("the restored store has no newest event"))?;
    let head = Head {
        seq: told.seq,
        hash: told.hash,
    };
    Ok((epoch, head))
}

fn put_in_place(copy: &Path, store: &Path, now: Timestamp, restored: Restored) -> Result<Restored, RestoreError> {
    std::fs::File::open(copy)?.sync_all()?;
    let replaced = if store.exists() {
        let aside = beside(store, &format!("replaced-{}", now.unix_micros()));
        std::fs::rename(store, &aside)?;
        Some(aside)
    } else {
        None
    };
    // What a damaged store left beside itself must not be read into the new one.
    for ending in ["-wal", "-shm", "-journal"] {
        remove(&appended(store, ending))?;
    }
    std::fs::rename(copy, store)?;
    sync_folder(store)?;
    Ok(Restored { replaced, ..restored })
}

fn appended(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Removes a file and what SQLite keeps beside it, where they are.
fn remove(file: &Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        match std::fs::remove_file(appended(file, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
