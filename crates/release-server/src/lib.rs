//! The release control plane as one program: settings, adapters, wiring, the worker loop and its commands.
//!
//! Purpose: wire. Limits: no business rule lives here; what may happen to a release is `release-domain`'s to say and
//! `release-app`'s to sequence. Invariant: every setting, port and task of the process is named in this crate, so that
//! nothing else reads the environment or starts a thread of its own.

pub mod adapters;
pub mod cli;
mod commands;
pub mod doctor;
mod executions;
pub mod failpoint;
pub mod first_start;
mod journal;
pub mod keyring;
pub mod logging;
pub mod observed_store;
mod pages;
pub mod serve;
pub mod settings;
pub mod wiring;

pub use commands::{COMMIT, VERSION, run};
