//! Files that a test holds the code to.

#![allow(dead_code, reason = "shared by several test binaries, each of which uses a part")]

use std::path::{Path, PathBuf};

/// A file of the repository, by its path from the top.
pub fn path(from_top: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(from_top)
}

pub fn read(from_top: &str) -> String {
    std::fs::read_to_string(path(from_top)).unwrap_or_default()
}

/// Compares with the file as it is; with `UPDATE_GOLDEN=1` in the environment writes it.
pub fn check(from_top: &str, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = path(from_top);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    let found = read(from_top);
    let first = found.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        found == text,
        "{from_top} is stale, first in line {}; see the difference with UPDATE_GOLDEN=1 and git diff",
        first.unwrap_or_else(|| found.lines().count().min(text.lines().count())) + 1
    );
}

/// The text with what stands between the two marks replaced.
pub fn between(text: &str, begin: &str, end: &str, new: &str) -> String {
    let start = text.find(begin).expect("the begin mark") + begin.len();
    let stop = start + text[start..].find(end).expect("the end mark");
    format!("{}{new}{}", &text[..start], &text[stop..])
}
