//! `read`: GET release on 32 connections, beside the same server answering a constant of the same size.

use crate::bed::database::Database;
use crate::bed::stage::Stage;
use crate::bed::wait::until;
use crate::hammer;
use crate::report::{Goal, Row};
use crate::served::Served;
use std::time::Duration;

const CONNECTIONS: usize = 32;
const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(3);
/// Not counted: connections, caches and the allocator settle.
const WARM_UP: Duration = Duration::from_secs(1);

pub async fn rows() -> Vec<Row> {
    let database = Database::new("bench_read");
    vec![
        row("read/sqlite", None).await,
        row("read/postgres", Some(&database.url)).await,
    ]
}

async fn row(name: &str, database_url: Option<&str>) -> Row {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), database_url, None).await;
    let (path, answer) = applied(&served).await;
    served.stop().await;

    let served = Served::start(folder.path(), database_url, Some(answer)).await;
    let token = served.admin().await.token;
    let ask = async |path: &str, time| hammer::rate(&served.url, path, &token, CONNECTIONS, time).await;
    ask(&path, WARM_UP).await;
    ask("/constant", WARM_UP).await;
    let (mut ours, mut against) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(ask(&path, RUN).await);
        against.push(ask("/constant", RUN).await);
    }
    served.stop().await;
    Row {
        name: name.into(),
        unit: "requests/s",
        ours,
        against,
        goal: Goal::RatioAtLeast(0.5),
        with: "the same server answering a constant of the same size".into(),
    }
}

/// A release that was applied: its address, and what is answered there.
async fn applied(served: &Served) -> (String, String) {
    let stage = Stage::of(served.admin().await, &served.url, "bench", "service/web: image=web:1\n").await;
    let release = stage.approved().await;
    stage.apply(&release).await;
    until("it is applied", Duration::from_secs(20), async || {
        (stage.state(&release.id).await == "applied").then_some(())
    })
    .await;
    let answer = stage.release(&release.id).await;
    (format!("/api/v1/releases/{}", release.id), answer.to_string())
}
