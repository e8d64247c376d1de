//! Key files: made once with mode 0600, never overwritten.
//!
//! Invariant: a key file appears whole or not at all (it is written beside its place and linked into it), and an
//! existing one is only ever read.

use anyhow::{Context, Result, bail};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// A key file larger than this is something else.
const MAX_BYTES: u64 = 4_096;

/// Makes a folder, and those above it, that nobody else may look into; one that exists stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn private_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the folder {} cannot be made", path.display()))
}

/// The text of a key file; `None` where there is none.
///
/// # Errors
/// It is there and cannot be read, or is no key file.
pub fn read(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("the key file {} cannot be read", path.display())),
    };
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        bail!("{} is no key file", path.display());
    }
    let text = fs::read_to_string(path).with_context(|| format!("the key file {} cannot be read", path.display()))?;
    Ok(Some(Zeroizing::new(text)))
}

/// Makes a key file.
///
/// # Errors
/// There is one already, or it cannot be written.
pub fn create(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    private_folder(folder)?;
    let draft = folder.join(format!(".{}.new", uuid::Uuid::now_v7()));
    let written = write_and_link(&draft, path, text);
    let removed = fs::remove_file(&draft);
    written.with_context(|| format!("the key file {} cannot be made", path.display()))?;
    removed.with_context(|| format!("{} cannot be removed", draft.display()))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Whether others than the owner can read a file: a warning, since some orchestrators mount secrets that way.
///
/// # Errors
/// It is not there.
pub fn readable_by_others(path: &Path) -> std::io::Result<bool> {
    Ok(fs::metadata(path)?.mode() & 0o077 != 0)
}

/// `link` fails where something stands already, which `rename` would replace.
fn write_and_link(draft: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::hard_link(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/master.key");
        assert!(read(&path).expect("no trouble").is_none());
        create(&path, "first\n").expect("made");
        assert!(!readable_by_others(&path).expect("there"));
        assert!(!readable_by_others(path.parent().expect("a folder")).expect("there"));

        let refused = create(&path, "second\n").expect_err("it is there already");
        assert!(format!("{refused:#}").contains("master.key"), "{refused:#}");
        assert_eq!(read(&path).expect("there").expect("there").as_str(), "first\n");
        let left: Vec<_> = fs::read_dir(folder.path().join("keys")).expect("a folder").collect();
        assert_eq!(left.len(), 1, "no draft stays behind");
    }

    #[test]
    fn what_is_no_key_file_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = read(folder.path()).expect_err("a folder is none");
        assert!(refused.to_string().ends_with("is no key file"), "{refused}");
    }
}
