//! The test engine, and projects on it that are gone when their test is.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the engine of this run listens.
pub fn host() -> String {
    std::env::var("TESTBED_DOCKER_HOST").expect("an engine: run this with `testbed/with engine -- …`")
}

/// Every busybox applet; loaded into the test engine.
pub const IMAGE: &str = "testbed/busybox:1";

/// A Compose project of this test's own; what is left of it at the end is removed.
#[derive(Debug)]
pub struct Project(pub String);

impl Project {
    pub fn new(name: &str) -> Self {
        Self(format!("{name}-{}", &uuid::Uuid::now_v7().simple().to_string()[20..]))
    }

    /// Its containers as `name image state`, by name.
    pub fn containers(&self) -> Vec<String> {
        let mut found = docker(&[
            "ps",
            "-a",
            "--filter",
            &self.filter(),
            "--format",
            "{{.Names}} {{.Image}} {{.State}}",
        ]);
        found.sort();
        found
    }

    /// Ids of its containers: another container has another one.
    pub fn ids(&self) -> Vec<String> {
        let mut found = docker(&["ps", "-aq", "--no-trunc", "--filter", &self.filter()]);
        found.sort();
        found
    }

    /// Counts the containers that are started in it from now on.
    pub fn starts(&self) -> Starts {
        let mut listening = Command::new("docker");
        listening
            .env("DOCKER_HOST", host())
            .args(["events", "--filter", "event=start", "--filter", &self.filter()]);
        let mut child = listening
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("the docker client");
        let (made, stdout) = (Arc::new(AtomicUsize::new(0)), child.stdout.take().expect("stdout"));
        let counted = made.clone();
        std::thread::spawn(move || {
            for _ in BufReader::new(stdout).lines().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Starts { child, made }
    }

    fn filter(&self) -> String {
        format!("label=com.docker.compose.project={}", self.0)
    }
}

/// A count that goes on until it is dropped.
#[derive(Debug)]
pub struct Starts {
    child: Child,
    made: Arc<AtomicUsize>,
}

impl Starts {
    pub fn count(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }
}

impl Drop for Starts {
    fn drop(&mut self) {
        // It may have ended with the engine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let filter = self.filter();
        for (list, remove) in [
            (&["ps", "-aq"][..], &["rm", "-f", "-v"][..]),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm"]),
        ] {
            for id in docker(&[list, &["--filter", &filter]].concat()) {
                docker(&[remove, &[&id]].concat());
            }
        }
    }
}

/// Lines that the docker client prints; what it complains about is shown with the test's own output.
pub fn docker(words: &[&str]) -> Vec<String> {
    let done = Command::new("docker").env("DOCKER_HOST", host()).args(words).output();
    let done = done.expect("the docker client: `testbed/install engine`");
    if !done.status.success() {
        eprintln!(
            "docker {}: {}",
            words.join(" "),
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    String::from_utf8_lossy(&done.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}
