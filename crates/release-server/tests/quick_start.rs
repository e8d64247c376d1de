//! The README's quick start, word for word: what a newcomer types is what runs here.
//!
//! Its blocks are those marked `sh quick-start`; only `make run` (`sh quick-start=server`) is replaced by the binary
//! under test, started with that block's variables.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::engine::{self, Project};
use bed::server::Setup;
use std::process::Command;

const README: &str = include_str!("../../../README.md");

/// The bodies of the code blocks with this info string.
fn blocks(info: &str) -> Vec<&'static str> {
    let opening = format!("```{info}\n");
    let starts = README.match_indices(&opening).map(|(at, _)| at + opening.len());
    starts
        .map(|at| README[at..].split("```").next().expect("a closed block"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_s_quick_start_runs_word_for_word() {
    let [starting] = blocks("sh quick-start=server")[..] else {
        panic!("one block that starts the server")
    };
    let (variables, command) = starting.trim().rsplit_once('\n').expect("variables, then the command");
    assert_eq!(command, "make run");
    let (name, value) = variables
        .strip_prefix("export ")
        .and_then(|set| set.split_once('='))
        .expect("one variable");
    let value = value.trim_matches('\'');

    // The keys of the first start's targets are their Compose projects.
    let _projects = ["local-docker", "local-docker-dev"].map(|name| Project(name.into()));
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path())
        .with(name, value)
        .with("DOCKER_HOST", &engine::host())
        .serve()
        .await;

    let typed = blocks("sh quick-start");
    assert!(typed.len() > 5, "{} blocks", typed.len());
    let script = typed.concat();
    let ran = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("SERVER", &server.url)
        .env("IMAGE", engine::IMAGE)
        .env("TMPDIR", folder.path())
        .output()
        .expect("bash starts");
    let (said, complained) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{said}\n{complained}\n{}", server.log());
    assert_eq!(complained, "");

    let states: Vec<_> = said.lines().filter(|line| !line.starts_with([' ', '{'])).collect();
    assert_eq!(
        states,
        [
            "approved",
            "applied",
            "approved",
            "failed",
            "rolled_back",
            "rolled_back"
        ],
        "{said}"
    );
    assert!(
        said.contains("  service/web healthy") && said.contains("  service/visitor healthy"),
        "{said}"
    );
    assert!(said.contains("htppd"), "the cause is shown: {said}");
    let seqs: Vec<u64> = said
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next()?.parse().ok())
        .collect();
    assert!(
        seqs.len() > 10 && seqs.is_sorted_by(|a, b| a < b),
        "an ordered timeline: {said}"
    );
    assert!(said.contains("{\"ok\":true,"), "the chain verifies: {said}");
    println!("quick start: {} blocks, {} events shown", typed.len(), seqs.len());
    server.stop().await;
}
