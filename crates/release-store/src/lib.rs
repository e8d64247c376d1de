//! SQLite and PostgreSQL behind the storage ports of `release-domain`.
//!
//! Purpose: keep what the domain decided, and nothing else; nothing is decided here. [`SqlStore`] offers every storage
//! port on either database, from the same queries, and passes the contract suite of `release-testkit` on both.
//!
//! # Rows and documents
//! An aggregate is stored as the JSON of its domain type in a column `doc`, beside typed columns for what keys,
//! guards, filters, orders and foreign keys need. Reading gives back the very value that was saved, so a new member of
//! a type needs no migration and cannot be forgotten in one of two mappings; what the database must know, it knows as
//! columns. What changes without the aggregate (leases, progress, `is_current`, when a token was last used) is a
//! column alone and is laid over the document when it is read. Rejected: a column for every member (forty tables that
//! mirror the domain by hand), and queries into the JSON (slow, and another dialect on each database).
//!
//! # Limits
//! A method is one closure on one blocking thread in one transaction, bounded by the pool; commits that wait together
//! share one. SQLite has one writer, which takes the write lock at once, and readers beside it; every commit is synced
//! before it is acknowledged on both.
//! Lists are keysets along an index; only `q` looks at rows that it may not return.
//!
//! # Invariant
//! An event is written in the transaction of the change it tells of, one past the newest, under a lock that only the
//! end of that transaction gives back: the timeline has no gaps, and the database refuses to change or delete what is
//! in it.

mod assistant;
mod backup;
mod column;
mod committer;
mod connection;
mod failure;
mod idempotency;
mod jobs;
mod ledger;
mod meta;
mod migrate;
mod per_backend;
mod pool;
mod query;
mod remembered;
mod restore;
mod schema;
mod store;
mod watch;
mod watches;

pub use backup::{Backup, BackupError};
pub use pool::PoolUse;
pub use restore::{RestoreError, Restored, restore, restored_by_pg_restore};
pub use store::{Kind, OpenError, Options, SqlStore};
