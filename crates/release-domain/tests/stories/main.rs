//! The lifecycle told as stories: one release, the people around it, and what each gate says. A name is a sentence; where
//! it shows a scenario of `openspec/specs`, the spec names the test.

#[path = "../support/world.rs"]
mod world;

mod abuse;
mod approval_gate;
mod approver_gate;
mod break_glass;
mod chain;
mod cron;
mod executions;
mod fold;
mod policy;
mod preview_gate;
mod reviews;
mod rollback_gate;
mod timeline;
mod waiting;
mod watching;
mod windows;
