//! The command line: commands, and a flag for every setting.

use crate::settings::{BadSettings, SETTINGS, Settings};
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Release control plane: nothing runs that was not shown, and nothing runs in production that nobody approved.
#[derive(Debug, Parser)]
#[command(
    name = "release-server",
    disable_help_subcommand = true,
    after_help = "Every setting is a flag, an environment variable and a key of the --config file, in that order of \
                  strength. An unknown one stops the start."
)]
struct Words {
    /// TOML file with settings; a key is the flag with _ in place of -
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Start the server; an empty or older store is migrated first
    Serve,
    /// Bring the store's schema up to date and end
    Migrate,
    /// Look at settings, store, keys, clock, chain and targets, and say what to do about what is wrong
    Doctor,
    /// Write one consistent copy of the SQLite store, also while the server runs; the keys are not in it
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Put a backup in the place of the store; the server must be stopped. On PostgreSQL: what is left to do after
    /// pg_restore
    Restore {
        /// The backup; none on PostgreSQL
        file: Option<PathBuf>,
    },
    /// Print a one-time password for a person and end their sessions
    ResetPassword {
        /// Their username
        user: String,
    },
    /// Print the version
    Version,
}

/// What was asked for.
#[derive(Debug)]
pub struct Asked {
    pub command: Command,
    flags: std::collections::BTreeMap<String, String>,
    config: Option<PathBuf>,
}

impl Asked {
    /// Reads a command line, its program first.
    ///
    /// # Errors
    /// It does not fit, or asks for help: clap's answer, to be printed.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(words)?;
        let words = Words::from_arg_matches(&matches)?;
        Ok(Self {
            flags: flags(&matches),
            command: words.command,
            config: words.config,
        })
    }

    /// # Errors
    /// Every setting that is unknown or does not fit.
    pub fn settings(self) -> Result<Settings, BadSettings> {
        Settings::of_process(self.flags, self.config)
    }
}

fn command() -> clap::Command {
    let settings = SETTINGS.iter().map(|setting| {
        let says = format!(
            "{} [variable: {}] [default: {}]",
            setting.help,
            setting.variable(),
            setting.default
        );
        Arg::new(setting.key)
            .long(setting.flag())
            .value_name("VALUE")
            .help(says)
            .help_heading("Settings")
            .global(true)
    });
    Words::command().args(settings)
}

/// The settings that were given, by key. A flag of the whole program is known in its command's matches too.
fn flags(matches: &ArgMatches) -> std::collections::BTreeMap<String, String> {
    let given = SETTINGS.iter().filter_map(|setting| {
        let value = matches.get_one::<String>(setting.key)?;
        Some((setting.key.to_owned(), value.clone()))
    });
    given.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Asked, clap::Error> {
        Asked::read(["release-server"].iter().chain(words).map(OsString::from))
    }

    #[test]
    fn a_setting_may_stand_before_or_behind_the_command() {
        for words in [
            ["--lease-secs", "20", "serve", "--config", "a.toml"],
            ["--config", "a.toml", "serve", "--lease-secs", "20"],
        ] {
            let asked = read(&words).expect("fits");
            assert_eq!(asked.command, Command::Serve);
            assert_eq!(asked.flags.get("lease_secs").map(String::as_str), Some("20"));
            assert_eq!(asked.config, Some("a.toml".into()));
        }
    }

    #[test]
    fn each_command_is_read_with_what_it_needs() {
        let backup = read(&["backup", "a.db"]).expect("fits").command;
        assert_eq!(backup, Command::Backup { file: "a.db".into() });
        let reset = read(&["reset-password", "ada"]).expect("fits").command;
        assert_eq!(reset, Command::ResetPassword { user: "ada".into() });
        let restore = |file: Option<&str>| Command::Restore {
            file: file.map(Into::into),
        };
        assert_eq!(read(&["restore", "a.db"]).expect("fits").command, restore(Some("a.db")));
        assert_eq!(read(&["restore"]).expect("fits").command, restore(None));
        for missing in [&["backup"][..], &["reset-password"], &[], &["serve", "--prt", "1"]] {
            assert!(read(missing).is_err(), "{missing:?}");
        }
    }

    #[test]
    fn help_names_every_setting_with_its_variable_and_default() {
        // Lines break where a terminal ends.
        let help = command().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for setting in SETTINGS {
            for word in [
                format!("--{}", setting.flag()),
                setting.variable(),
                setting.default.to_owned(),
            ] {
                assert!(help.contains(&word), "{word}");
            }
        }
        command().debug_assert();
    }
}
