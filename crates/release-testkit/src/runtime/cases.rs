//! The cases of the runtime contract, each a sentence of runtimes.md.

mod apply;
mod plan;
mod rollback;
mod secrets;
mod stop;
mod target;
mod watching;

pub use apply::*;
pub use plan::*;
pub use rollback::*;
pub use secrets::*;
pub use stop::*;
pub use target::*;
pub use watching::*;

use super::RuntimeHarness;
use super::race::{caught, within};
use std::future::Future;
use std::panic::resume_unwind;
use std::time::Duration;

/// Longer than any case takes on a slow machine: a cut at every call is some twenty applies, each settled first.
const CASE_SECS: u64 = 600;

/// Runs one case and cleans up after it, whatever became of it.
///
/// # Panics
/// As the case does, or when it hangs.
pub async fn run(harness: &dyn RuntimeHarness, case: impl Future<Output = ()>) {
    let ended = caught(within(Duration::from_secs(CASE_SECS), case)).await;
    harness.clean().await;
    match ended {
        Ok(Some(())) => {}
        Ok(None) => panic!("the case did not end within {CASE_SECS} s"),
        Err(panic) => resume_unwind(panic),
    }
}
