//! What a person sees while they wait: on a terminal a line that stands and counts, elsewhere plain lines.

use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, web};
use crate::ctl::Ctl;
use std::io::Read;
use std::process::ChildStdout;

/// Back to the start of the line, which is cleared.
const ANEW: &str = "\r\u{1b}[K";

/// Reads on until `wanted` was printed, or the end.
async fn read_until(mut out: ChildStdout, mut seen: String, wanted: &'static str) -> (ChildStdout, String) {
    let reading = tokio::task::spawn_blocking(move || {
        let mut chunk = [0; 1024];
        while !seen.contains(wanted) {
            match out.read(&mut chunk).expect("a terminal") {
                0 => break,
                read => seen.push_str(&String::from_utf8_lossy(&chunk[..read])),
            }
        }
        (out, seen)
    });
    reading.await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_has_a_line_that_counts_and_a_log_has_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("terminal");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("terminal")).await;
    let admin = Ctl::admin(&server).await;
    let release = stage.approved().await;

    let watch = ["release", "watch", &release.id];
    let mut child = admin.on_terminal(&watch).spawn().expect("util-linux's script");
    let out = child.stdout.take().expect("stdout");
    // Nothing happens to it, and the seconds go on.
    let (out, seen) = read_until(out, String::new(), " 2 s").await;
    for standing in ["approved  1 s", "approved  2 s"] {
        assert!(seen.contains(standing), "{seen:?}");
    }
    stage.apply(&release).await;
    let (_, seen) = read_until(out, seen, "never printed").await;
    assert!(child.wait().expect("it ends").success(), "{seen:?}");

    let standing: Vec<&str> = seen.split(ANEW).collect();
    assert!(
        standing
            .iter()
            .any(|line| line.contains("applying") && line.ends_with(" s\u{1b}[0m")),
        "{seen:?}"
    );
    let result = standing.last().expect("a line");
    assert!(
        !result.contains(" s\u{1b}[0m") && seen.contains("\u{1b}[32mapplied\u{1b}[0m"),
        "what is left is no standing line: {seen:?}"
    );
    assert!(seen.contains("service/web healthy"), "{seen:?}");

    let log = admin.run(&watch).await.expect(0);
    assert!(!log.err.contains('\u{1b}') && !log.err.contains('\r'), "{:?}", log.err);
    println!(
        "releasectl on a terminal: {} standing lines, 0 left",
        standing.len() - 1
    );
    server.stop().await;
}
