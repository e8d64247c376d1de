//! The lifecycle of a release as pure values.
//!
//! Purpose: decide. Everything that says whether a command may run, what it changes and what the timeline records is
//! in this crate; adapters only obey. Its heart is [`decide::decide`], one function of values, matched without a
//! wildcard. Limits: no clock, no randomness, no I/O; time, ids and facts come in as arguments, and the port traits in
//! [`ports`] say what the outside must offer. Invariant: nothing reaches `applying` or `rollback` but through the
//! gates in [`gates`].

pub mod access;
pub mod actor;
pub mod approval;
pub mod assistant;
pub mod canonical;
pub mod catalogue;
pub mod codes;
pub mod decide;
pub mod diagnostics;
pub mod event;
pub mod execution;
pub mod freeze;
pub mod gates;
pub mod history;
pub mod ids;
pub mod lifecycle;
pub mod manifest;
pub mod observation;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod preview;
pub mod refusal;
pub mod release;
pub mod secret;
pub mod timestamp;
pub mod yaml;
