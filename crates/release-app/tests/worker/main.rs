//! The worker under faults: whatever happens to it, a release ends once, as it would have ended undisturbed.

mod adapters;
mod deadline;
mod faults;
mod holders;
mod scene;
mod stories;
#[path = "../support/support.rs"]
mod support;
