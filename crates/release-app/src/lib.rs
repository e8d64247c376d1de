//! Use cases: load, decide, save. One a file.
//!
//! Purpose: sequence. A use case authorises its caller, reads what a decision rests on, lets `release-domain` decide
//! and saves the outcome in one transaction. Limits: it knows ports only; no SQL, no HTTP status, no timer. Invariant:
//! every door (browser, script, agent) calls these same functions, and each of them starts with an authorisation that
//! leaves a proof ([`authorized::Authorized`]).

pub mod access;
pub mod app;
pub mod approvals;
pub mod audit;
pub mod authorized;
pub mod call;
pub mod caller;
pub mod catalogue;
pub mod error;
pub mod facts;
pub mod overview;
mod race;
pub mod releases;
pub mod rendering;
pub mod saving;
pub mod scheduler;
pub mod view;
pub mod watching;
pub mod worker;

pub use app::{App, EndpointPolicy, Runtimes};
pub use call::{Answer, Call, Done, Idempotent};
pub use caller::{Caller, Via};
pub use error::{AppError, FieldError, LineError};
