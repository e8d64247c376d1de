//! `compose-same`, `compose-flat`, `compose-new`: this adapter and `docker compose up -d` on the same files and the same
//! engine, in turn. Ours reads the files and applies, which looks, plans and does what is left to do; theirs is the whole
//! command.

use crate::bed::engine::{IMAGE, Project, host};
use crate::ours::Ours;
use crate::report::{Goal, Row, millis};
use release_domain::ports::{Desired, TargetAccess, TargetConnection};
use runtime_compose::ComposeRuntime;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Of services that change nothing: soon done.
const RUNS_UNCHANGED: usize = 9;
/// Of projects made from nothing.
const RUNS_NEW: usize = 5;
const INDEPENDENT: usize = 24;
const DOWN_TRIES: usize = 5;

/// Five services, each waiting until the one before it is healthy; all of it runs already.
pub async fn same() -> Vec<Row> {
    let health = "    healthcheck: {test: [CMD, 'true'], interval: 1s}\n";
    let services = (0..5).map(|n| {
        let waits = match n {
            0 => String::new(),
            n => format!("    depends_on: {{s{}: {{condition: service_healthy}}}}\n", n - 1),
        };
        service(n, &(waits + health))
    });
    unchanged("compose-same", &services.collect::<String>(), 20.0).await
}

/// Services that know nothing of each other; all of them run already.
pub async fn flat() -> Vec<Row> {
    let services: String = (0..INDEPENDENT).map(|n| service(n, "")).collect();
    unchanged("compose-flat", &services, 1.0).await
}

/// The same, from nothing to all of them running.
pub async fn new() -> Vec<Row> {
    let services: String = (0..INDEPENDENT).map(|n| service(n, "")).collect();
    let (mut ours, mut against) = (Vec::new(), Vec::new());
    for _ in 0..RUNS_NEW {
        let bench = Bench::of(&services);
        ours.push(bench.ours(None).await.1);
        bench.down();
        against.push(bench.theirs());
        bench.down();
    }
    vec![row("compose-new", Goal::FasterAtLeast(1.3), ours, against)]
}

fn service(n: usize, more: &str) -> String {
    format!("  s{n}:\n    image: {IMAGE}\n    init: true\n    command: [sleep, '3600']\n{more}")
}

async fn unchanged(name: &str, services: &str, faster: f64) -> Vec<Row> {
    let bench = Bench::of(services);
    let (current, _) = bench.ours(None).await;
    bench.theirs();
    let made = bench.project.ids();
    let (mut ours, mut against) = (Vec::new(), Vec::new());
    for _ in 0..RUNS_UNCHANGED {
        ours.push(bench.ours(Some(&current)).await.1);
        against.push(bench.theirs());
    }
    assert_eq!(bench.project.ids(), made, "nothing was made again");
    vec![row(name, Goal::FasterAtLeast(faster), ours, against)]
}

/// One project, on disk for them and in memory for us.
struct Bench {
    folder: tempfile::TempDir,
    project: Project,
    text: String,
    ours: Ours,
}

impl Bench {
    fn of(services: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!("services:\n{services}");
        std::fs::write(folder.path().join("compose.yaml"), &text).expect("written");
        let project = Project::new("bench");
        let target = TargetAccess {
            connection: TargetConnection::Docker {
                host: host(),
                tls: None,
            },
            namespace: None,
            compose_project: Some(project.0.clone()),
            working_dir: Some(folder.path().to_string_lossy().into_owned()),
        };
        Self {
            ours: Ours::new(ComposeRuntime, target, "compose.yaml"),
            folder,
            project,
            text,
        }
    }

    /// Reads and applies; what is desired, and the milliseconds it took.
    async fn ours(&self, current: Option<&Desired>) -> (Desired, f64) {
        self.ours.apply(&self.text, current).await
    }

    /// The milliseconds that `docker compose up -d` takes.
    fn theirs(&self) -> f64 {
        let begun = Instant::now();
        self.compose(&["up", "--detach"]);
        millis(begun.elapsed())
    }

    /// An engine that has much to do may still hold what it has just let go.
    fn down(&self) {
        let down = || self.run(&["down", "--timeout", "1"]);
        let mut done = down();
        for _ in 1..DOWN_TRIES {
            if done.is_ok() {
                break;
            }
            done = down();
        }
        // Each run has a project of its own, so the next one is not disturbed; the test bed tells what is left.
        if let Err(left) = done {
            eprintln!("not cleared away: {left}");
        }
    }

    fn compose(&self, words: &[&str]) {
        self.run(words).expect("Docker Compose does it");
    }

    fn run(&self, words: &[&str]) -> Result<(), String> {
        let mut command = Command::new(binary());
        command.env("DOCKER_HOST", host()).current_dir(self.folder.path());
        command.args(["--progress", "quiet", "--project-name", &self.project.0]);
        let done = command
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("Docker Compose");
        match done.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
        }
    }
}

fn row(name: &str, goal: Goal, ours: Vec<f64>, against: Vec<f64>) -> Row {
    Row {
        name: name.into(),
        unit: "ms",
        ours,
        against,
        goal,
        with: "docker compose 5.6.1 up -d".into(),
    }
}

fn binary() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/oracles/bin/docker-compose");
    assert!(path.exists(), "no Docker Compose to compare with: run testbed/oracles");
    path
}
