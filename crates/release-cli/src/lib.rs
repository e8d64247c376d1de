//! `releasectl`: the release control plane from a terminal and from CI.
//!
//! Purpose: turn a command line into calls of the HTTP API, and answers into tables and exit codes. Limits: it knows the
//! API and nothing behind it; what it decides is what to ask next, never what may happen to a release. Invariant: only
//! `audit verify` works without a server, and it trusts nothing but the key it is given.

mod args;
mod ask;
mod client;
mod commands;
mod context;
mod exit;
mod failure;
mod names;
mod output;
mod plan;
mod profile;
mod progress;
mod settings;
mod span;
mod stream;
mod table;
mod value;
pub mod verify;
mod watch;

pub use exit::Exit;

use args::Words;
use clap::Parser;
use context::Running;
use failure::Failure;
use output::Output;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line to its end.
#[must_use]
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let asked = match Words::try_parse_from(words) {
        Ok(asked) => asked,
        Err(answer) => {
            // Where even that cannot be printed, the exit code says it.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(Exit::Usage.code()));
        }
    };
    let out = Output::new(asked.global.output);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(carry_out(asked, out));
            // A read of standard input cannot be taken back; nobody waits for it here.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::own("start", "This program cannot start", error.to_string())),
    };
    match outcome {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            out.clear();
            failure.tell(&out);
            failure.exit.into()
        }
    }
}

async fn carry_out(asked: Words, out: Output) -> Result<(), Failure> {
    let running = Running::default();
    tokio::select! {
        outcome = Box::pin(commands::run(asked, out, running.clone())) => outcome,
        () = interrupted() => Err(running.interrupted()),
    }
}

/// Ends when somebody asks this process to.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
