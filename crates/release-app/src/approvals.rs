//! The approval queue.
