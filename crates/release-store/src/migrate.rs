//! The schema: `migrations/{sqlite,postgres}`, embedded.
//!
//! Twins with the same names; one that shipped is never edited. All pending ones run in one transaction under a lock,
//! so replicas that start together wait for each other and a failed one leaves nothing behind.

use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::store::OpenError;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number, the same in every replica: PostgreSQL's advisory lock for schema changes.
const SCHEMA_LOCK: i64 = 0x7265_6c5f_7363_6865;

type Checked = Result<(), OpenError>;

pub(crate) fn run(conn: &mut AnyConnection) -> Result<Checked, Failure> {
    conn.write(|conn| {
        if let AnyConnection::Pg(pg) = conn {
            diesel::sql_query(format!("SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")).execute(pg)?;
        }
        let applied = match conn {
            AnyConnection::Pg(pg) => pg.applied_migrations(),
            AnyConnection::Sqlite(sqlite) => sqlite.applied_migrations(),
        };
        let known = known(conn)?;
        if let Some(newer) = newer(&applied.map_err(migration)?, &known) {
            return Ok(Err(newer));
        }
        match conn {
            AnyConnection::Pg(pg) => pg.run_pending_migrations(POSTGRES).map(|_| ()),
            AnyConnection::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(|_| ()),
        }
        .map_err(migration)?;
        Ok(Ok(()))
    })
}

/// Whether the schema is exactly the one this build knows. Writes nothing.
pub(crate) fn check(conn: &mut AnyConnection) -> Result<Checked, Failure> {
    diesel::table! { __diesel_schema_migrations (version) { version -> Text, } }
    let found: Vec<String> = __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version.desc())
        .load(conn)?;
    let known = known(conn)?;
    let applied: Vec<MigrationVersion<'static>> = found.into_iter().map(MigrationVersion::from).collect();
    if let Some(newer) = newer(&applied, &known) {
        return Ok(Err(newer));
    }
    if applied.len() < known.len() {
        return Err(Failure::unavailable("the schema is not migrated yet"));
    }
    Ok(Ok(()))
}

/// Versions of this build's migrations, in order.
fn known(conn: &AnyConnection) -> Result<Vec<String>, Failure> {
    let names = |versions: Vec<String>| {
        let mut versions = versions;
        versions.sort();
        versions
    };
    match conn {
        AnyConnection::Pg(_) => versions::<diesel::pg::Pg>(&POSTGRES).map(names),
        AnyConnection::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE).map(names),
    }
}

fn versions<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, Failure> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(migration)?;
    Ok(migrations.iter().map(|m| m.name().version().to_string()).collect())
}

fn newer(applied: &[MigrationVersion<'static>], known: &[String]) -> Option<OpenError> {
    let found = applied
        .iter()
        .map(ToString::to_string)
        .find(|version| !known.contains(version))?;
    Some(OpenError::Newer {
        found,
        known: known.last().cloned().unwrap_or_default(),
    })
}

fn migration(error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    Failure::unavailable(format!("the schema cannot be migrated: {error}"))
}
