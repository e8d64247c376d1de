//! The profile: which server a person works with, and the token they sign in with. One file that only they can read.

use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Nobody else reads a token.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    pub server: Option<String>,
    pub token: Option<String>,
    /// What `logout` takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// PEM of the authority that the server's certificate is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Profile {
    /// The profile of this person; an empty one where there is none yet.
    ///
    /// # Errors
    /// The file cannot be read, is not a profile, or can be read by others.
    pub fn read() -> Result<Self, Failure> {
        let Some(path) = path() else {
            return Ok(Self::default());
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::of_file(&path, &error)),
        };
        let mode = std::fs::metadata(&path)
            .map_err(|error| Failure::of_file(&path, &error))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            let failure = Failure::own(
                "profile",
                format!("{} can be read by others", path.display()),
                "It holds a token.",
            );
            return Err(failure.hint(format!("chmod 600 {}", path.display())));
        }
        toml::from_str(&text).map_err(|error| {
            let failure = Failure::own(
                "profile",
                format!("{} is no profile", path.display()),
                error.to_string(),
            );
            failure.hint("mend it, or delete it and sign in anew")
        })
    }

    /// Writes it beside the old one and then over it: there is never half a profile.
    ///
    /// # Errors
    /// It cannot be written, or there is no folder to write it to.
    pub fn write(&self) -> Result<PathBuf, Failure> {
        let path = path().ok_or_else(|| {
            Failure::own(
                "profile",
                "There is no folder for a profile",
                "Neither XDG_CONFIG_HOME nor HOME is set.",
            )
        })?;
        let text = toml::to_string(self)
            .map_err(|error| Failure::own("profile", "The profile cannot be written", error.to_string()))?;
        save(&path, &text).map_err(|error| Failure::of_file(&path, &error))?;
        Ok(path)
    }
}

fn save(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        let there = folder.is_dir();
        std::fs::create_dir_all(folder)?;
        if !there {
            std::fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE))?;
        }
    }
    let beside = path.with_extension("toml.new");
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(&beside)?;
    // One that was left behind keeps its mode when it is opened.
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// `$XDG_CONFIG_HOME/releasectl/config.toml`, else below `~/.config`.
fn path() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = set("XDG_CONFIG_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("releasectl/config.toml"))
}
