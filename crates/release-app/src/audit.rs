//! The whole timeline: queries, export, verification, checkpoints.

pub mod checkpoint;
pub mod events;
pub mod export;
pub mod verify;

pub use checkpoint::{Checkpoint, checkpoint};
pub use events::events;
pub use export::{Export, export};
pub use verify::{MAX_VERIFIED, Verified, verify};
