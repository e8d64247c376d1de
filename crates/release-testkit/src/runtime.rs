//! The `Runtime` port: a contract suite that every adapter passes, and an in-memory runtime that passes it too.
//!
//! Limits: no executor is assumed; tests bring their own, see [`crate::runtime_contract!`].

pub mod fake;
pub mod race;

pub use fake::FakeRuntime;
