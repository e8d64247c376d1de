//! The kill matrix: the real server is killed at every step of an execution, on both stores, and goes on.
//!
//! A first run of each scenario lists the points that an execution comes by (`release_server::failpoint`): before and
//! after each of its commits, and after each side effect that is not recorded yet. Then each point gets a run of its
//! own, in which the process dies there by SIGKILL and another one takes over.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

#[path = "faults/scenario.rs"]
mod scenario;
#[path = "faults/verdict.rs"]
mod verdict;

use scenario::{Kind, Scenario, StoreKind};
use std::sync::Mutex;
use verdict::Verdict;

/// Runs at the same time: most of a run is waiting for leases and health checks.
const AT_ONCE: usize = 6;
/// What must be seen at least.
const LEAST_RUNS: usize = 60;

/// Works through all items on `AT_ONCE` threads, each with a runtime of its own: a run also waits for processes, which
/// must not hold up another run's requests.
fn on_threads<T: Send, R: Send>(items: Vec<T>, work: impl AsyncFn(&T) -> R + Sync) -> Vec<(T, R)> {
    let (items, done) = (Mutex::new(items.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                loop {
                    let next = items.lock().expect("no panic").next();
                    let Some(item) = next else { return };
                    let result = runtime.block_on(work(&item));
                    done.lock().expect("no panic").push((item, result));
                }
            });
        }
    });
    done.into_inner().expect("no panic")
}

#[test]
fn a_server_killed_at_any_step_of_an_execution_goes_on() {
    let scenarios = [StoreKind::Sqlite, StoreKind::Postgres]
        .into_iter()
        .flat_map(|store| [Kind::Apply, Kind::Rollback].map(|kind| Scenario { store, kind }));
    let mut cases = Vec::new();
    for (scenario, points) in on_threads(scenarios.collect(), async |scenario| scenario.points().await) {
        println!("{scenario:?}: {} points", points.len());
        cases.extend(points.into_iter().map(|point| (scenario, point)));
    }
    let verdicts = on_threads(cases, async |(scenario, point)| scenario.killed_at(point).await);

    let mut total = Verdict::default();
    let (mut runs, mut missed) = (0, 0);
    for ((scenario, point), verdict) in &verdicts {
        match verdict {
            None => missed += 1,
            Some(verdict) => {
                runs += 1;
                total.add(verdict);
                for complaint in &verdict.complaints {
                    println!("{scenario:?} at {point}: {complaint}");
                }
            }
        }
    }
    println!("faults: {runs} runs, {total}");
    // Progress is told in batches, so how many commits it takes differs a little from run to run.
    println!("fault points: {runs} reached, {missed} not come by again");
    assert!(runs >= LEAST_RUNS, "{runs} runs");
    assert!(total.is_clean(), "{total}");
}
