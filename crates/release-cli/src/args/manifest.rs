//! Manifests from files: `render` and `service push`.

use super::pair;
use clap::{Args, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Push {
    /// Key of the service
    pub key: String,
    #[command(flatten)]
    pub files: Files,
    /// Name, for a new service; its key when left out
    #[arg(long)]
    pub name: Option<String>,
    /// A variable of the manifest, with its default where it has one
    #[arg(long, value_name = "NAME[=DEFAULT]")]
    pub declare: Vec<String>,
    /// A secret variable of the manifest
    #[arg(long, value_name = "NAME")]
    pub declare_secret: Vec<String>,
    /// The variable whose value people call the version
    #[arg(long, value_name = "NAME")]
    pub version_variable: Option<String>,
}

/// A manifest from files.
#[derive(Debug, Args)]
pub struct Files {
    /// A file of the manifest; its path is kept
    #[arg(short = 'f', long = "file", value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// What it runs on; found from the files when left out
    #[arg(long, value_enum)]
    pub runtime: Option<Runtime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Runtime {
    Compose,
    Kubernetes,
}

impl Runtime {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Kubernetes => "kubernetes",
        }
    }
}

#[derive(Debug, Args)]
pub struct Render {
    #[command(flatten)]
    pub files: Files,
    /// Value of a variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    pub vars: Vec<(String, String)>,
    /// Compose: name of the project
    #[arg(long, value_name = "NAME")]
    pub compose_project: Option<String>,
    /// Compose: the folder on the engine's host that relative paths mean
    #[arg(long, value_name = "FOLDER")]
    pub working_dir: Option<String>,
}
