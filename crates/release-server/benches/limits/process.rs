//! `start` and `memory`: the real binary, on SQLite.

use crate::bed::client::{Client, http};
use crate::bed::server::Setup;
use crate::bed::wait::until;
use crate::report::{Goal, Row, millis};
use std::time::{Duration, Instant};

const RUNS: usize = 10;
const SOON: Duration = Duration::from_secs(20);

/// From the start of the process to the first 200 of `/readyz`, on a store that is there.
pub async fn start() -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let setup = Setup::new(folder.path()).with("RELEASE_LISTEN", &free.to_string());
    setup.serve().await.stop().await;
    let (client, ready) = (http(), format!("http://{free}/readyz"));
    let mut ours = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        let server = setup.launch();
        let took = until("it is ready", SOON, async || {
            let answer = client.get(&ready).send().await.ok()?;
            answer.status().is_success().then(|| begun.elapsed())
        });
        ours.push(millis(took.await));
        server.stop().await;
    }
    vec![Row {
        name: "start".into(),
        unit: "ms",
        ours,
        against: Vec::new(),
        goal: Goal::AtMost(150.0),
        with: "start to ready, SQLite".into(),
    }]
}

/// Resident memory once a server that has been used is idle again.
pub async fn memory() -> Vec<Row> {
    let mut ours = Vec::new();
    for _ in 0..3 {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Setup::new(folder.path()).serve().await;
        let admin = Client::admin(&server).await;
        for _ in 0..200 {
            admin.get("/services").await;
        }
        let mut before = (0.0, 0);
        let resident = until("its memory stands still", SOON, async || {
            let now = resident_mb(server.pid());
            before = if (now - before.0).abs() < 0.01 {
                (now, before.1 + 1)
            } else {
                (now, 0)
            };
            (before.1 > 200).then_some(now)
        });
        ours.push(resident.await);
        server.stop().await;
    }
    vec![Row {
        name: "memory".into(),
        unit: "MB",
        ours,
        against: Vec::new(),
        goal: Goal::AtMost(40.0),
        with: "idle, SQLite".into(),
    }]
}

fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("resident memory");
    line.trim()
        .trim_end_matches(" kB")
        .trim()
        .parse::<f64>()
        .expect("a number")
        * 1_024.0
        / 1_000_000.0
}
