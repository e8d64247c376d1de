//! Stories of a release, told through the use cases on in-memory ports.

mod access;
mod actions;
mod approvals;
mod chain;
mod drafts;
mod example;
mod freezes;
mod glass;
mod idempotency;
mod midflight;
mod order;
mod preview_gate;
mod races;
mod reading;
mod rendering;
mod rollbacks;
mod running;
mod scenarios;
mod self_approval;
mod sizes;
#[path = "../support/support.rs"]
mod support;
mod voiding;
mod watching;
