//! `release …` and `deploy`.

use super::pair;
use crate::span;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// A release that is there already.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// Number or id
    pub release: String,
}

/// How long a command waits, and what for.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Waiting {
    /// Wait until it is approved, or until it is done (the default)
    #[arg(long, value_name = "FOR", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "done")]
    pub wait: Option<Until>,
    /// Wait no longer than this: 90s, 30m, 2h
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    pub timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Until {
    /// People have decided
    Approval,
    /// It runs, or has failed
    Done,
}

/// Values of a service's variables.
#[derive(Clone, Debug, Default, Args)]
pub struct Values {
    /// Value of a variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    pub vars: Vec<(String, String)>,
    /// Lines of NAME=VALUE; `#` begins a comment. The way for secret values
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub var_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Release {
    /// Make a draft
    #[command(after_help = "\
Examples:
  releasectl release create web --env staging --var VERSION=1.4.2
  releasectl release create web --target local-docker --revision 3 --reason 'as before'
  releasectl release create web --target other --copy-of 41")]
    Create(Create),
    /// Show what it would change on the target
    #[command(after_help = "Example:\n  releasectl release preview 41")]
    Preview(One),
    /// Show the newest plan again
    Plan {
        #[command(flatten)]
        one: One,
        /// The plan of its rollback
        #[arg(long)]
        rollback: bool,
        /// Both sides of one object, as the plan names it
        #[arg(long, value_name = "KEY")]
        object: Option<String>,
    },
    /// Preview it and ask for the approval
    #[command(after_help = "Example:\n  releasectl release submit 41 --wait=approval --timeout 4h")]
    Submit {
        #[command(flatten)]
        one: One,
        /// For those who approve
        #[arg(long)]
        comment: Option<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Preview it, show the plan, ask, and run it
    #[command(after_help = "\
Examples:
  releasectl release apply 41 --wait
  releasectl release apply 41 --yes --wait --timeout 15m
  releasectl release apply 41 --break-glass 'the shop is down'")]
    Apply {
        #[command(flatten)]
        one: One,
        /// Do not ask; needed where there is no terminal
        #[arg(short, long)]
        yes: bool,
        /// Pass approval, freezes and holds, for this reason; it is reviewed afterwards
        #[arg(long, value_name = "REASON")]
        break_glass: Option<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Cancel it, or stop its running apply
    Cancel {
        #[command(flatten)]
        one: One,
        #[arg(long)]
        reason: String,
    },
    /// Preview the way back, show it, ask, and go it
    #[command(after_help = "\
Examples:
  releasectl release rollback 41 --reason 'too slow' --wait
  releasectl release rollback 41 --to 37 --reason 'the last good one' --yes --wait
  releasectl release rollback 41 --uninstall --reason 'not needed any more'")]
    Rollback(Rollback),
    /// Where each of its objects stands
    Objects {
        #[command(flatten)]
        one: One,
        /// Look at the target now
        #[arg(long)]
        observe: bool,
    },
    /// What has happened to it
    Timeline {
        #[command(flatten)]
        one: One,
        /// All pages
        #[arg(long)]
        all: bool,
    },
    /// Why it failed
    Diagnose(One),
    /// What can be done with it now, and else why not, who can change that, and until when
    Explain(One),
    /// Follow it until it is done
    #[command(after_help = "Example:\n  releasectl release watch 41 --timeout 30m")]
    Watch {
        #[command(flatten)]
        one: One,
        /// No longer than this: 90s, 30m, 2h
        #[arg(long, value_name = "SPAN", value_parser = span::parse)]
        timeout: Option<Duration>,
    },
}

#[derive(Clone, Debug, Default, Args)]
pub struct Create {
    /// Key or id of the service; may be left out with --copy-of
    #[arg(required_unless_present = "copy_of")]
    pub service: Option<String>,
    /// Key or id of the target
    #[arg(long, conflicts_with = "env", required_unless_present_any = ["env", "copy_of"])]
    pub target: Option<String>,
    /// Key or id of the environment; it must have exactly one target that fits
    #[arg(long)]
    pub env: Option<String>,
    /// Number of the service's revision; the newest when left out
    #[arg(long)]
    pub revision: Option<u32>,
    #[command(flatten)]
    pub values: Values,
    /// Number or id of a release: what is left out comes from it
    #[arg(long, value_name = "N")]
    pub copy_of: Option<String>,
    #[arg(long)]
    pub reason: Option<String>,
    /// Compose: rolling or recreate
    #[arg(long)]
    pub strategy: Option<String>,
    /// Agree to a change that destroys: recreate, volume_recreate or delete:KIND
    #[arg(long)]
    pub consent: Vec<String>,
    /// Shown with the release, never decided on: a commit, a pipeline
    #[arg(long = "annotate", value_name = "NAME=TEXT", value_parser = pair)]
    pub annotations: Vec<(String, String)>,
    #[command(flatten)]
    pub waiting: Waiting,
}

#[derive(Clone, Debug, Args)]
pub struct Rollback {
    #[command(flatten)]
    pub one: One,
    /// Number or id of the release to return to; the one before when left out
    #[arg(long, value_name = "N", conflicts_with = "uninstall")]
    pub to: Option<String>,
    /// Take the service away
    #[arg(long)]
    pub uninstall: bool,
    #[arg(long)]
    pub reason: String,
    /// Do not ask; needed where there is no terminal
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub waiting: Waiting,
}

#[derive(Clone, Debug, Args)]
pub struct Deploy {
    #[command(flatten)]
    pub create: Create,
    /// Do not ask; needed where there is no terminal
    #[arg(short, long)]
    pub yes: bool,
    /// For those who approve
    #[arg(long)]
    pub comment: Option<String>,
}
