//! One connection type over both databases, and how a connection is opened.

use crate::failure::Failure;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use std::path::PathBuf;

/// A connection to either database: queries are written once.
#[derive(diesel::MultiConnection)]
pub(crate) enum AnyConnection {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// The same body checked against each concrete backend: for what only one of them has, and for batch inserts, which
/// diesel's `MultiConnection` does not offer.
macro_rules! each {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::connection::AnyConnection::Pg($c) => $body,
            $crate::connection::AnyConnection::Sqlite($c) => $body,
        }
    };
}
pub(crate) use each;

/// The oldest SQLite this store runs on: before it, WAL files could be corrupted by racing checkpoints.
const MIN_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// How long a statement waits for another writer before it gives up, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// SQLite: cannot write. PostgreSQL: has no such connections.
    Reader,
    Writer,
}

impl Address {
    /// `sqlite://path`, `postgres://…` or `postgresql://…`.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        match url.split_once("://")? {
            ("sqlite", path) if !path.is_empty() => Some(Self::Sqlite(PathBuf::from(path))),
            ("postgres" | "postgresql", _) => Some(Self::Postgres(with_timeouts(url))),
            _ => None,
        }
    }

    pub(crate) fn connect(&self, role: Role) -> Result<AnyConnection, Failure> {
        match self {
            Self::Sqlite(path) => sqlite(&path.to_string_lossy(), role).map(AnyConnection::Sqlite),
            Self::Postgres(url) => postgres(url).map(AnyConnection::Pg),
        }
    }
}

/// A dead peer is noticed: what the URL does not say itself, half-open connections would hang without.
fn with_timeouts(url: &str) -> String {
    let defaults = [
        ("connect_timeout", "5"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
        ("application_name", "release-server"),
    ];
    let mut url = url.to_owned();
    for (name, value) in defaults {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

fn sqlite(path: &str, role: Role) -> Result<SqliteConnection, Failure> {
    let mut conn = SqliteConnection::establish(path)?;
    // The timeout comes first: switching to WAL takes a lock itself.
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000;"
    ))?;
    if role == Role::Reader {
        conn.batch_execute("PRAGMA query_only = ON;")?;
    }
    let version: String =
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("sqlite_version()")).get_result(&mut conn)?;
    if parse_version(&version) < MIN_SQLITE {
        let (major, minor, patch) = MIN_SQLITE;
        return Err(Failure::unavailable(format!(
            "SQLite {version} is older than {major}.{minor}.{patch}"
        )));
    }
    Ok(conn)
}

fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

fn postgres(url: &str) -> Result<PgConnection, Failure> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute(
        "SET TIME ZONE 'UTC'; SET lock_timeout = '10s'; SET statement_timeout = '60s'; \
         SET idle_in_transaction_session_timeout = '60s'; SET default_transaction_isolation = 'read committed'",
    )?;
    Ok(conn)
}

impl AnyConnection {
    /// A write transaction. On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that reads
    /// first and is refused the lock later could only fail.
    pub(crate) fn write<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        if let Self::Sqlite(conn) = self {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
            return match work(self) {
                Ok(value) => {
                    <Self as Connection>::TransactionManager::commit_transaction(self)?;
                    Ok(value)
                }
                Err(failure) => {
                    // The first failure is the one to tell; a connection that cannot roll back is dropped by its pool.
                    let _ = <Self as Connection>::TransactionManager::rollback_transaction(self);
                    Err(failure)
                }
            };
        }
        self.transaction(work)
    }

    /// Reads that must see one state of the store.
    pub(crate) fn snapshot<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        if let Self::Pg(conn) = self {
            AnsiTransactionManager::begin_transaction_sql(
                conn,
                "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
            )?;
            let outcome = work(self);
            let _ = <Self as Connection>::TransactionManager::rollback_transaction(self);
            return outcome;
        }
        self.transaction(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_two_kinds_or_none() {
        assert_eq!(
            Address::parse("sqlite://./data/release.db"),
            Some(Address::Sqlite("./data/release.db".into()))
        );
        assert_eq!(
            Address::parse("sqlite:///var/release.db"),
            Some(Address::Sqlite("/var/release.db".into()))
        );
        assert!(matches!(Address::parse("postgres://a@b/c"), Some(Address::Postgres(_))));
        assert!(matches!(
            Address::parse("postgresql://a@b/c"),
            Some(Address::Postgres(_))
        ));
        for none in ["", "sqlite://", "release.db", "mysql://a@b/c"] {
            assert_eq!(Address::parse(none), None, "{none}");
        }
    }

    #[test]
    fn timeouts_are_added_where_the_url_has_none_of_its_own() {
        let url = with_timeouts("postgres://a@b/c?connect_timeout=2&sslmode=require");
        assert!(
            url.starts_with("postgres://a@b/c?connect_timeout=2&sslmode=require&keepalives_idle="),
            "{url}"
        );
        assert_eq!(url.matches("connect_timeout=").count(), 1);
        assert!(with_timeouts("postgres://a@b/c").starts_with("postgres://a@b/c?connect_timeout=5&"));
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(parse_version("3.51.3") >= MIN_SQLITE);
        assert!(parse_version("3.100.0") > MIN_SQLITE);
        assert!(parse_version("3.9.99") < MIN_SQLITE);
        assert!(parse_version("nonsense") < MIN_SQLITE);
    }
}
