//! Stories of a release, told through the use cases.

mod chain;
#[path = "../support/mod.rs"]
mod support;
