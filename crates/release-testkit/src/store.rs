//! The storage ports: the contract suite that every store passes, and an in-memory store that passes it too.

mod fake;

pub use fake::FakeStore;
