//! The whole timeline: queries, export, verification, checkpoints.
