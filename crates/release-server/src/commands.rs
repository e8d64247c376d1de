//! The commands of the program, and how each ends.

mod backup;
mod reset_password;

use crate::cli::{Asked, Command};
use crate::settings::Settings;
use crate::{doctor, serve, wiring};
use anyhow::{Context, Result};
use rustix::fs::Mode;
use std::ffi::OsString;
use std::process::ExitCode;

/// What `version` prints and `/api/v1/meta` answers; the commit as the build script found it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
pub const COMMIT: &str = env!("BUILD_COMMIT");

/// Runs one command line to its end. 0: done. 1: it did not work. 2: the command line does not fit.
#[must_use]
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let asked = match Asked::read(words) {
        Ok(asked) => asked,
        Err(answer) => {
            // Where even that cannot be printed, the exit code says it.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2));
        }
    };
    match carry_out(asked) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("release-server: {}", crate::logging::masked(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// A run of a plan is one deep future: without optimisation its frames do not fit the usual 2 MiB. Untouched pages
/// cost nothing.
const STACK_BYTES: usize = 16 * 1024 * 1024;

fn carry_out(asked: Asked) -> Result<ExitCode> {
    let command = asked.command.clone();
    if command == Command::Version {
        println!("release-server {VERSION} ({COMMIT})");
        return Ok(ExitCode::SUCCESS);
    }
    // Nothing this process makes (store, keys, backups) is for anybody else to read.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let settings = asked.settings().context("the settings do not fit")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("release-server")
        .thread_stack_size(STACK_BYTES)
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Version => {}
            Command::Serve => serve::serve(settings).await?,
            Command::Migrate => migrate(&settings).await?,
            Command::Doctor => return Ok(examine(&settings).await),
            Command::Backup { file } => backup::backup(&settings, &file).await?,
            Command::Restore { file } => backup::restore(&settings, file).await?,
            Command::ResetPassword { user } => reset_password::reset(&settings, &user).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn migrate(settings: &Settings) -> Result<()> {
    wiring::store(settings).await?.migrate().await?;
    println!("The store {} has the schema of this version.", settings.database_url);
    Ok(())
}

async fn examine(settings: &Settings) -> ExitCode {
    let found = doctor::examine(settings).await;
    for finding in &found {
        println!("{}", crate::logging::masked(&finding.to_string()));
    }
    match found.iter().any(doctor::Finding::is_bad) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
