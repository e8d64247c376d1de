//! Event streams: what is committed reaches every watcher who may read it.
//!
//! One pump per process reads events once, in order, as they are committed, and hands each to the streams whose topics
//! it falls under ([`hub`]); a stream asks what its caller may read ([`access`]) and writes ([`stream`]). Invariant: a
//! stream that is behind, for whatever reason, goes on from the store, so nothing is lost between two frames.

mod access;
mod frame;
mod hub;
mod stream;
mod topic;

pub use hub::Hub;
pub use stream::{Opening, open};
pub use topic::Topic;
