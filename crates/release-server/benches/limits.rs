//! The limits of `docs/operations.md` that this crate answers for, measured beside what they are compared with.
//!
//! `make bench ONLY=read,start` runs some of them. Prints a table, and writes every run's figure to `target/bench.json`
//! as `[{row, unit, ours, against, ratio, goal, holds}]`. Run beside an engine, a PostgreSQL and a Kubernetes
//! (`testbed/with`).

#[path = "../tests/bed/bed.rs"]
#[expect(dead_code, reason = "shared with the tests of this crate")]
mod bed;

#[path = "limits/compose.rs"]
mod compose;
#[path = "limits/hammer.rs"]
mod hammer;
#[path = "limits/k8s.rs"]
mod k8s;
#[path = "limits/lifecycle.rs"]
mod lifecycle;
#[path = "limits/ours.rs"]
mod ours;
#[path = "limits/process.rs"]
mod process;
#[path = "limits/read.rs"]
mod read;
#[path = "limits/report.rs"]
mod report;
#[path = "limits/served.rs"]
mod served;

use report::Row;

const ROWS: [&str; 10] = [
    "read",
    "lifecycle",
    "k8s-plan",
    "k8s-new",
    "k8s-same",
    "compose-same",
    "compose-flat",
    "compose-new",
    "start",
    "memory",
];

fn main() {
    let chosen = chosen();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut rows: Vec<Row> = Vec::new();
    for name in ROWS
        .into_iter()
        .filter(|name| chosen.iter().any(|chosen| chosen == name))
    {
        eprintln!("measuring {name} …");
        rows.extend(runtime.block_on(async {
            match name {
                "read" => read::rows().await,
                "lifecycle" => lifecycle::rows().await,
                "k8s-plan" => k8s::plan().await,
                "k8s-new" => k8s::new().await,
                "k8s-same" => k8s::same().await,
                "compose-same" => compose::same().await,
                "compose-flat" => compose::flat().await,
                "compose-new" => compose::new().await,
                "start" => process::start().await,
                "memory" => process::memory().await,
                other => unreachable!("{other} is in the list above"),
            }
        }));
    }
    report::print(&rows);
    report::write(&rows);
}

/// The rows asked for by ONLY, as a word or a variable; none: all.
fn chosen() -> Vec<String> {
    let words = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let asked: Vec<String> = words
        .chain(std::env::var("ONLY"))
        .flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>())
        .filter(|name| !name.is_empty())
        .collect();
    match asked.is_empty() {
        true => ROWS.map(str::to_owned).to_vec(),
        false => asked,
    }
}
