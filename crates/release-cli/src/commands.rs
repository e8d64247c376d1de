//! The commands, a file for each kind of thing.

mod account;
mod approvals;
mod audit;
mod deploy;
mod download;
mod freezes;
mod get;
mod import;
mod manifest;
mod releases;
mod rollback;
mod targets;
mod tokens;

use crate::args::{Audit, Command, Service, Words};
use crate::context::{Context, Running};
use crate::failure::Failure;
use crate::output::Output;
use clap::CommandFactory;

/// Runs one command.
///
/// # Errors
/// Why it did not do what it was asked.
pub async fn run(asked: Words, out: Output, running: Running) -> Result<(), Failure> {
    let global = asked.global;
    let context = || Context::of(&global, out, running.clone());
    match asked.command {
        Command::Login { user, token_stdin } => account::login(&global, out, user, token_stdin).await,
        Command::Logout => account::logout(&global, out).await,
        Command::Whoami => account::whoami(&context()?).await,
        Command::Version => account::version(&global, out).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Words::command(), "releasectl", &mut std::io::stdout());
            Ok(())
        }
        Command::Get(what) => get::get(&context()?, what).await,
        Command::Service(Service::Push(push)) => manifest::push(&context()?, push).await,
        Command::Render(render) => manifest::render(&context()?, render).await,
        Command::Release(command) => releases::run(&context()?, command).await,
        Command::Deploy(deploy) => deploy::deploy(&context()?, deploy).await,
        Command::Approve(decide) => approvals::approve(&context()?, decide).await,
        Command::Reject(decide) => approvals::reject(&context()?, decide).await,
        Command::Probe { target } => targets::probe(&context()?, &target).await,
        Command::Unhold { target, service } => targets::unhold(&context()?, &target, &service).await,
        Command::Freeze(freeze) => freezes::run(&context()?, freeze).await,
        Command::Token(token) => tokens::run(&context()?, token).await,
        Command::Evidence { release, out } => audit::evidence(&context()?, &release, out).await,
        Command::Audit(Audit::Export { release, out }) => audit::export(&context()?, release.as_deref(), out).await,
        Command::Audit(Audit::Verify(verify)) => audit::verify(out, &verify),
        Command::Import { format, file } => import::import(&context()?, format, &file).await,
    }
}
