//! What the tests of this crate stand on: real server processes, a caller of the API, the run's engine and PostgreSQL.

pub mod client;
pub mod cluster;
pub mod database;
pub mod engine;
pub mod server;
pub mod session;
pub mod stage;
pub mod wait;
