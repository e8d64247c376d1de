//! A release build carries the web app, so what comes and goes in its folder makes this crate anew. A debug build reads
//! the folder as it runs, and has to know where it is: so it is there from the first build on, empty until `npm run build`.
//!
//! Finds the commit that is built: `BUILD_COMMIT` where whoever builds says it (an image, built without the repository),
//! else the repository's. `unknown` outside of one.
//!
//! A release build is made anew with every commit, unless it was told one. Other builds are not, or each commit would
//! link every test again: theirs is the commit they were begun on, and a `+` behind it says "or a later one".

use std::path::Path;
use std::process::Command;

const VARIABLE: &str = "BUILD_COMMIT";
const DIST: &str = "../../web/dist";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    std::fs::create_dir_all(DIST).expect("the folder of the built web app");
    if is_release {
        println!("cargo::rerun-if-changed={DIST}");
    }
    let told = std::env::var(VARIABLE).ok().filter(|commit| !commit.is_empty());
    let commit = told.or_else(|| found(is_release));
    println!("cargo::rustc-env={VARIABLE}={}", commit.as_deref().unwrap_or("unknown"));
}

/// The commit that is checked out.
fn found(is_release: bool) -> Option<String> {
    if is_release {
        // Both move with what is checked out: the first with the branch, the second with every commit on it.
        for file in ["HEAD", "logs/HEAD"] {
            if let Some(path) = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists()) {
                println!("cargo::rerun-if-changed={path}");
            }
        }
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    Some(if is_release { commit } else { format!("{commit}+") })
}

/// One line of git's, where there is git and a repository.
fn git(words: &[&str]) -> Option<String> {
    let done = Command::new("git").args(words).output().ok()?;
    let line = String::from_utf8(done.stdout).ok()?.trim().to_owned();
    (done.status.success() && !line.is_empty()).then_some(line)
}
