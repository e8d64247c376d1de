//! The files of a bundle and the only way to name one of them.
//!
//! Invariant: nothing outside the bundle is ever named. [`resolve`] accepts relative paths with `/`
//! and no others; what climbs out, is absolute, is a URL or speaks another system's notation is
//! refused before any look-up.

use super::limits::MAX_FILE_BYTES;
use release_domain::manifest::{Manifest, ProblemCode, RenderProblem, Severity};
use std::collections::BTreeMap;

/// The bundle by clean path.
pub(crate) struct Files<'a> {
    names: Vec<String>,
    contents: BTreeMap<String, (u32, &'a str)>,
}

impl<'a> Files<'a> {
    /// # Errors
    /// One problem for each file whose path is no path of a bundle, appears twice, or is too large.
    pub fn new(manifest: &'a Manifest) -> Result<Self, Vec<RenderProblem>> {
        let mut files = Self {
            names: Vec::new(),
            contents: BTreeMap::new(),
        };
        let mut problems = Vec::new();
        for (index, file) in manifest.files.iter().enumerate() {
            let refused = match resolve("", &file.path) {
                Err(reason) => Some((ProblemCode::PathEscapes, reason)),
                Ok(path) if file.content.len() > MAX_FILE_BYTES => Some((
                    ProblemCode::TooLarge,
                    format!("`{path}` has more than {} KiB", MAX_FILE_BYTES >> 10),
                )),
                Ok(path) => {
                    let number = u32::try_from(files.names.len()).unwrap_or(u32::MAX);
                    files.names.push(path.clone());
                    files
                        .contents
                        .insert(path.clone(), (number, file.content.as_str()))
                        .map(|_| (ProblemCode::Conflict, format!("the bundle has `{path}` twice")))
                }
            };
            problems.extend(refused.map(|(code, message)| RenderProblem {
                file: Some(file.path.clone()),
                line: None,
                column: None,
                pointer: format!("/manifest/files/{index}/path"),
                severity: Severity::Error,
                code,
                message,
                params: BTreeMap::new(),
            }));
        }
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }

    pub fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(String::as_str)
    }

    /// The number and content of a file by its clean path.
    pub fn find(&self, path: &str) -> Option<(u32, &'a str)> {
        self.contents.get(path).copied()
    }

    /// The first YAML file, else the first file.
    pub fn first_yaml(&self) -> Option<&str> {
        let yaml = self
            .names
            .iter()
            .find(|name| name.ends_with(".yaml") || name.ends_with(".yml"));
        yaml.or(self.names.first()).map(String::as_str)
    }
}

/// The clean bundle path that `path` means when written in a file of folder `dir` (`""` is the root).
///
/// # Errors
/// Why the path cannot be one of the bundle's.
pub(crate) fn resolve(dir: &str, path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Err("the path is empty".into());
    }
    if is_remote(path) {
        return Err(format!("`{path}` is remote: only files of the bundle are read"));
    }
    let windows =
        path.contains('\\') || path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with(['/', '~']) || windows {
        return Err(format!("`{path}` is not relative: only files of the bundle are read"));
    }
    if path.chars().any(char::is_control) {
        return Err("the path has a control character".into());
    }
    let joined = join(dir, path);
    if joined == ".." || joined.starts_with("../") {
        return Err(format!("`{path}` leaves the bundle"));
    }
    if joined == "." {
        return Err(format!("`{path}` is the bundle's root, not a file"));
    }
    Ok(joined)
}

/// What Compose would fetch from elsewhere: a URL, a Git or an OCI reference.
pub(crate) fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@") || path.starts_with("github.com/")
}

/// Lexical join, Go's `filepath.Join`: `.` and `..` folded, a leading `..` kept, `.` for nothing.
pub(crate) fn join(dir: &str, path: &str) -> String {
    if dir.is_empty() {
        return clean(path);
    }
    clean(&format!("{dir}/{path}"))
}

/// Go's `path.Clean`.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

/// The folder of a clean path, `""` for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_path_leaves_the_bundle() {
        for path in [
            "../x",
            "a/../../x",
            "./../x",
            "/x",
            "//x",
            "~/x",
            "~root/x",
            "..",
            "a/..",
            ".",
            "",
            "C:/x",
            "c:x",
            "..\\x",
            "\\\\host\\share",
            "a\\..\\..\\x",
            "file:///x",
            "https://h/x",
            "oci://h/x",
            "git@h:x",
            "a\0b",
            "a\n/../x",
        ] {
            assert!(resolve("", path).is_err(), "{path:?}");
        }
        assert!(resolve("sub", "../../x").is_err());
    }

    #[test]
    fn a_path_inside_is_cleaned() {
        assert_eq!(resolve("", "./a//b/../c"), Ok("a/c".into()));
        assert_eq!(resolve("sub", "../x"), Ok("x".into()));
        assert_eq!(resolve("sub/deep", "./x"), Ok("sub/deep/x".into()));
        assert_eq!(resolve("", "..x/y"), Ok("..x/y".into()));
    }

    #[test]
    fn clean_folds_as_go_does() {
        for (path, folded) in [
            ("", "."),
            ("/..", "/"),
            ("a/../..", ".."),
            ("/a//b/", "/a/b"),
            ("../..", "../.."),
        ] {
            assert_eq!(clean(path), folded);
        }
    }
}
