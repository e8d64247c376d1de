//! `kubectl` and Helm in a story's namespace.

use crate::bed::kubeconfig;
use crate::story::Story;
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs `kubectl`; what it printed and whether it ended well.
pub fn kubectl(story: &Story, words: &[&str], input: &str) -> (String, Option<i32>) {
    run("kubectl", story, words, input)
}

/// Runs Helm; what it printed, where it ended well.
pub fn helm(story: &Story, words: &[&str]) -> String {
    let (said, code) = run("helm", story, words, "");
    assert_eq!(code, Some(0), "{said}");
    said
}

fn run(program: &str, story: &Story, words: &[&str], input: &str) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let file = folder.path().join("kubeconfig");
    std::fs::write(&file, kubeconfig()).unwrap_or_else(|error| panic!("{error}"));
    let mut child = Command::new(program)
        .arg("--kubeconfig")
        .arg(&file)
        .args(["--namespace", &story.bed.namespace])
        .args(words)
        .env("KUBECTL_APPLYSET", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap_or_else(|| panic!("no input"));
    stdin
        .write_all(input.as_bytes())
        .unwrap_or_else(|error| panic!("{error}"));
    drop(stdin);
    let done = child.wait_with_output().unwrap_or_else(|error| panic!("{error}"));
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (said.concat(), done.status.code())
}
