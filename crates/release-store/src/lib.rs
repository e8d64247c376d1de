//! SQLite and PostgreSQL behind the storage ports of `release-domain`.

mod column;
mod connection;
mod failure;
mod idempotency;
mod jobs;
mod ledger;
mod migrate;
mod per_backend;
mod pool;
mod query;
mod schema;
mod store;
mod watch;

pub use pool::PoolUse;
pub use store::{Kind, OpenError, Options, SqlStore};
