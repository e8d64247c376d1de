//! The command line: what can be asked for, with help and examples. Nothing here does anything.

pub mod get;
pub mod manifest;
pub mod release;

use crate::output::Format;
use crate::span;
use clap::{Args, Parser, Subcommand, ValueHint};
use get::Get;
use manifest::{Push, Render};
use release::{Deploy, Release};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  releasectl login --server https://release.example.com
  releasectl release create web --env staging --var VERSION=1.4.2
  releasectl release preview 41
  releasectl deploy web --env production --var VERSION=1.4.2 --yes --wait
  releasectl approve 41 --comment 'looks right'
  releasectl release rollback 41 --reason 'too slow' --wait

Server and sign-in, first found wins: --server and --token-file; RELEASE_SERVER and RELEASE_TOKEN; the profile that
`login` wrote to $XDG_CONFIG_HOME/releasectl/config.toml.

Exit codes: 0 done; 1 any other error; 2 usage; 3 a gate refused; 4 waits for, was refused or lost its approval;
5 the release failed or was rolled back; 6 not signed in or not permitted; 7 server not reached or --timeout over;
8 `audit verify` or `render` found something wrong; 130 interrupted.";

/// The release control plane from a terminal and from CI.
#[derive(Debug, Parser)]
#[command(name = "releasectl", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Words {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Address of the server
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "RELEASE_SERVER",
        hide_env_values = true
    )]
    pub server: Option<String>,
    /// File that holds an API token (or the variable RELEASE_TOKEN; a token is never an argument)
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
    /// Key of the project
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "RELEASE_PROJECT",
        default_value = "default"
    )]
    pub project: String,
    /// PEM file of the authority that the server's certificate is of
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
    /// How results are printed
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: Format,
    /// What this command's idempotency keys are made from: the same text and command again make nothing twice
    #[arg(long, global = true, value_name = "TEXT")]
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in, and keep a token of 30 days
    #[command(after_help = "\
Examples:
  releasectl login --server https://release.example.com
  releasectl login --server https://release.example.com --token-stdin < token   # one made in Settings, under OIDC")]
    Login {
        /// Your username; asked for when left out
        #[arg(long)]
        user: Option<String>,
        /// Read a token made in Settings from standard input in place of name and password
        #[arg(long, conflicts_with = "user")]
        token_stdin: bool,
    },
    /// Take the kept token back, and forget it
    Logout,
    /// Who you are here, and what you may do
    Whoami,
    /// This program's version, and the server's
    Version,
    /// Print completions for a shell
    #[command(after_help = "Example:\n  releasectl completions bash > /etc/bash_completion.d/releasectl")]
    Completions { shell: clap_complete::Shell },
    /// List projects, environments, services, targets, releases, approvals or freezes, or show one
    #[command(subcommand)]
    Get(Get),
    /// Services
    #[command(subcommand)]
    Service(Service),
    /// What a manifest becomes; touches no target and stores nothing
    #[command(after_help = "\
Examples:
  releasectl render -f compose.yaml --var VERSION=1.4.2
  releasectl render -f deployment.yaml -f service.yaml

Problems are printed as file:line:column: code: message; with an error among them the exit code is 8.")]
    Render(Render),
    /// Releases: from a draft to what runs, and back
    #[command(subcommand)]
    Release(Release),
    /// Create, preview, submit, wait for the approval, apply and wait, in one go
    #[command(after_help = "\
Examples:
  releasectl deploy web --env production --var VERSION=1.4.2 --yes --wait
  releasectl deploy web --env staging --yes --wait --timeout 15m --idempotency-key \"$CI_PIPELINE_ID\"

Without --wait it ends with exit code 4 when an approval is needed. Run again with the same --idempotency-key, it goes
on with the release it made.")]
    Deploy(Deploy),
    /// Approve the plan of a release, which is shown first
    #[command(after_help = "Example:\n  releasectl approve 41 --comment 'looks right'")]
    Approve(Decide),
    /// Reject the plan of a release, which is shown first
    #[command(after_help = "Example:\n  releasectl reject 41 --comment 'not on a Friday'")]
    Reject(Decide),
    /// Ask a target how it is
    Probe {
        /// Key or id
        target: String,
    },
    /// Lift the hold of a service on a target
    Unhold {
        /// Key or id
        target: String,
        /// Key or id
        service: String,
    },
    /// Freezes: times in which nothing is applied
    #[command(subcommand)]
    Freeze(Freeze),
    /// API tokens
    #[command(subcommand)]
    Token(Token),
    /// Download all that an auditor wants to know of a release
    #[command(after_help = "\
Examples:
  releasectl evidence 41                       # writes evidence-41.tar.gz
  releasectl audit verify evidence-41.tar.gz --key \"$PUB\"")]
    Evidence {
        /// Number or id
        release: String,
        /// File to write; `-`: standard output
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
    },
    /// The record: export it, and verify an export without a server
    #[command(subcommand)]
    Audit(Audit),
    /// Bring in the history of an older system, all of it or nothing
    #[command(after_help = "\
Example:
  releasectl import --format ndjson history.ndjson

A line is {\"project\", \"service\", \"target\", \"raw_status\", \"created_at\", \"created_by\"?, \"reason\"?}, keys and
not ids. One bad line and nothing is imported; its number is named.")]
    Import {
        /// The only one there is
        #[arg(long, value_enum)]
        format: ImportFormat,
        /// The file; `-`: standard input
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ImportFormat {
    /// A JSON object a line
    Ndjson,
}

#[derive(Debug, Subcommand)]
pub enum Service {
    /// Make a service from files, or a new revision of it; unchanged files make none
    #[command(after_help = "\
Examples:
  releasectl service push web -f compose.yaml --declare VERSION --version-variable VERSION
  releasectl service push api -f deployment.yaml -f service.yaml --name 'Public API'")]
    Push(Push),
}

#[derive(Debug, Args)]
pub struct Decide {
    /// Number or id of the release
    pub release: String,
    /// Why; needed to reject, and where the policy asks for it
    #[arg(long)]
    pub comment: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum Freeze {
    /// Stop the line: of the project, of an environment, of a target or of everything
    #[command(after_help = "\
Examples:
  releasectl freeze create 'incident 12' --reason 'database down' --env production
  releasectl freeze create holidays --reason 'nobody is here' --ends-at 2027-01-04T08:00:00Z")]
    Create(CreateFreeze),
    /// Freezes that are neither over nor ended
    List,
    /// End a freeze
    End {
        /// Name or id
        freeze: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateFreeze {
    pub name: String,
    #[arg(long)]
    pub reason: String,
    /// Key or id of an environment
    #[arg(long, conflicts_with_all = ["target", "everything"])]
    pub env: Option<String>,
    /// Key or id of a target
    #[arg(long, conflicts_with = "everything")]
    pub target: Option<String>,
    /// All projects
    #[arg(long)]
    pub everything: bool,
    /// When it begins; now when left out
    #[arg(long, value_name = "TIME")]
    pub starts_at: Option<String>,
    /// When it ends; when somebody ends it, if left out
    #[arg(long, value_name = "TIME")]
    pub ends_at: Option<String>,
    /// Hold rollbacks back as well
    #[arg(long)]
    pub covers_rollback: bool,
}

#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token; it is printed this once
    #[command(after_help = "\
Examples:
  releasectl token create pipeline --channel ci --expires-in 90d
  releasectl token create reader --scope release:read --scope timeline:read")]
    Create(CreateToken),
    /// Your tokens; with `access:read` everybody's
    List {
        /// All pages
        #[arg(long)]
        all: bool,
    },
    /// End a token at once
    Delete {
        /// Name or id
        token: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateToken {
    pub name: String,
    /// What the timeline says its commands came through
    #[arg(long, value_enum)]
    pub channel: Option<TokenChannel>,
    /// A permission it is limited to; all of yours when left out
    #[arg(long = "scope", value_name = "PERMISSION")]
    pub scopes: Vec<String>,
    /// How long it lasts; for ever when left out
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    pub expires_in: Option<Duration>,
    /// Id of the service account (or person) it is for
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TokenChannel {
    Cli,
    Ci,
}

impl TokenChannel {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Ci => "ci",
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Write the record, oldest first, a JSON object a line; the last one is the signed checkpoint
    #[command(after_help = "\
Examples:
  releasectl audit export --out record.ndjson
  releasectl audit export --release 41 > release-41.ndjson")]
    Export {
        /// Number or id: of this release alone
        #[arg(long)]
        release: Option<String>,
        /// File to write; standard output when left out
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
    },
    /// Verify an export or an evidence bundle; needs no server
    #[command(after_help = "\
Examples:
  releasectl audit verify record.ndjson --key 'release-control-plane/1f2e3d4c+9a8b7c6d+AWx5…'
  releasectl audit verify record.ndjson --key key.pub --against last-months-record.ndjson
  releasectl audit verify evidence-41.tar.gz --key key.pub

`release-server doctor` prints the key. An end that was cut off before it was signed, and a store that was put back,
show only against what was kept elsewhere: an earlier export, or its checkpoint.")]
    Verify(Verify),
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The export or evidence bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The verifier key of the server's checkpoints, or a file that holds it
    #[arg(long, value_name = "PUB")]
    pub key: String,
    /// An earlier export, checkpoint or signed note: what is verified must go on from it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub against: Option<PathBuf>,
    /// The export is of a part of the record that begins at this event
    #[arg(long, value_name = "SEQ")]
    pub from_seq: Option<u64>,
}

/// `NAME=VALUE`; the value may hold further `=`.
///
/// # Errors
/// There is no `=`, or nothing before it.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("write NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Words::command().debug_assert();
    }

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(pair("A="), Ok(("A".into(), String::new())));
        assert!(pair("=b").is_err() && pair("A").is_err());
    }

    #[test]
    fn a_token_is_never_an_argument() {
        let all = every(&Words::command());
        assert!(
            all.iter()
                .all(|name| name != "token-value" && name != "password" && name != "api-token")
        );
    }

    fn every(command: &clap::Command) -> Vec<String> {
        let own = command
            .get_arguments()
            .filter_map(|arg| arg.get_long().map(str::to_owned));
        let below = command.get_subcommands().flat_map(every);
        own.chain(below).collect()
    }
}
