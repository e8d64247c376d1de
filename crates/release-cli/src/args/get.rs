//! `get`: a list and its filters, or one thing.

use clap::{Args, Subcommand};

/// What every list takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Paging {
    /// All pages
    #[arg(long)]
    pub all: bool,
    /// Rows of a page (1 to 200)
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
    /// Where an earlier page ended
    #[arg(long, value_name = "CURSOR", conflicts_with = "all")]
    pub cursor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Get {
    /// Projects
    #[command(visible_alias = "project")]
    Projects {
        /// Key or id
        name: Option<String>,
        /// Words, each the start of a word in key or name
        #[arg(short)]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Environments
    #[command(visible_alias = "environment")]
    Environments {
        /// Key or id
        name: Option<String>,
        /// Words, each the start of a word in key or name
        #[arg(short)]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Services
    #[command(visible_alias = "service")]
    Services {
        /// Key or id
        name: Option<String>,
        /// compose or kubernetes
        #[arg(long)]
        runtime_type: Vec<String>,
        /// Words, each the start of a word in key or name
        #[arg(short)]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Targets
    #[command(visible_alias = "target")]
    Targets {
        /// Key or id
        name: Option<String>,
        /// Key or id of an environment
        #[arg(long)]
        env: Vec<String>,
        /// compose or kubernetes
        #[arg(long)]
        runtime_type: Vec<String>,
        /// Words, each the start of a word in key or name
        #[arg(short)]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Releases, newest first
    #[command(
        visible_alias = "release",
        after_help = "\
Examples:
  releasectl get releases --state applied --env production
  releasectl get releases --created-by me --since 2026-11-01T00:00:00Z --all -o json
  releasectl get release 41"
    )]
    Releases(Releases),
    /// Approvals that are asked for, newest first
    #[command(
        visible_alias = "approval",
        after_help = "Example:\n  releasectl get approvals --status pending --mine"
    )]
    Approvals(Approvals),
    /// Freezes that are neither over nor ended
    #[command(visible_alias = "freeze")]
    Freezes {
        /// Name or id
        name: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
}

#[derive(Debug, Args)]
pub struct Releases {
    /// Number or id
    pub name: Option<String>,
    /// Key or id of a service
    #[arg(long)]
    pub service: Vec<String>,
    /// Key or id of a target
    #[arg(long)]
    pub target: Vec<String>,
    /// Key or id of an environment
    #[arg(long)]
    pub env: Vec<String>,
    /// compose or kubernetes
    #[arg(long)]
    pub runtime_type: Vec<String>,
    /// A lifecycle state
    #[arg(long = "state", value_name = "STATE")]
    pub lifecycle_state: Vec<String>,
    /// Id of whoever made it, or `me`
    #[arg(long, value_name = "ID")]
    pub created_by: Vec<String>,
    /// ui, api, cli, ai, mcp, ci or system
    #[arg(long)]
    pub channel: Vec<String>,
    /// Only those that run now
    #[arg(long)]
    pub current: bool,
    /// Created at or after
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Created before
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Words, each the start of a word in number, service, target, version or reason
    #[arg(short)]
    pub q: Option<String>,
    #[command(flatten)]
    pub paging: Paging,
}

#[derive(Debug, Args)]
pub struct Approvals {
    /// Id of the ticket
    pub name: Option<String>,
    /// pending, approved, rejected, expired, voided or withdrawn
    #[arg(long)]
    pub status: Vec<String>,
    /// Only those that you can decide
    #[arg(long)]
    pub mine: bool,
    /// Key or id of an environment
    #[arg(long)]
    pub env: Vec<String>,
    /// Id of whoever asked, or `me`
    #[arg(long, value_name = "ID")]
    pub requested_by: Vec<String>,
    /// Number or id of a release
    #[arg(long)]
    pub release: Vec<String>,
    /// apply, rollback or break_glass_review
    #[arg(long)]
    pub purpose: Vec<String>,
    #[command(flatten)]
    pub paging: Paging,
}
