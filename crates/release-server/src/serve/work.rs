//! The tasks that run beside requests: workers that take executions, and the scheduler of what time brings.
//!
//! Invariant: every error ends one round, never a task. A store that is away is asked again, later and later.

use super::stop::{Leaving, Phase};
use async_trait::async_trait;
use release_app::App;
use release_app::scheduler;
use release_app::watching::{self, Periods, Watcher};
use release_app::worker::{self, Pace, Tick, Worker};
use release_domain::ports::Watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument;

/// How long a job or an expiry may stay unseen when nothing wakes anybody.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Targets that one process looks at together: their answers are waited for, so a few slow ones do not hold up the rest,
/// and no more run at once than a small server has room for.
const WATCHED_AT_ONCE: usize = 8;
/// How long the store is left alone after it refused, at most.
const LONGEST_RETREAT: Duration = Duration::from_secs(10);

/// Who works.
pub struct Crew {
    /// Names this process in leases.
    pub process: String,
    pub workers: u32,
    pub lease_secs: u32,
    pub periods: Periods,
}

/// The tasks.
pub struct Tasks {
    tasks: JoinSet<()>,
}

impl Tasks {
    /// Starts the workers, which count themselves in `alive` while they run, and the scheduler.
    #[must_use]
    pub fn start(app: &Arc<App>, crew: &Crew, alive: &Arc<AtomicUsize>, leaving: &Leaving) -> Self {
        let (wake, woken) = watch::channel(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(follow_commits(app.clone(), wake, leaving.clone()));
        tasks.spawn(schedule(app.clone(), leaving.clone()));
        let watcher = Watcher {
            holder: format!("{}/watch", crew.process),
            lease_secs: crew.lease_secs,
            periods: crew.periods,
        };
        tasks.spawn(watch(app.clone(), watcher, leaving.clone()));
        for n in 1..=crew.workers {
            let worker = Worker {
                holder: format!("{}/{n}", crew.process),
                lease_secs: crew.lease_secs,
            };
            let presence = Presence::new(alive);
            tasks.spawn(work(app.clone(), worker, woken.clone(), leaving.clone(), presence));
        }
        Self { tasks }
    }

    /// Waits until all have ended; they end by themselves once the process leaves.
    pub async fn ended(mut self, at_most: Duration) -> bool {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(at_most, all).await.is_ok()
    }
}

/// Counts one worker for as long as it lives, a panic included.
struct Presence(Arc<AtomicUsize>);

impl Presence {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self(alive.clone())
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Pace for Leaving {
    async fn pause(&self, millis: u64) {
        if self.phase() == Phase::Leaving {
            // Whoever pauses in a loop must not spin until it has let go.
            tokio::time::sleep(Duration::from_millis(millis.min(20))).await;
        } else {
            Self::pause(self, Duration::from_millis(millis)).await;
        }
    }

    fn is_leaving(&self) -> bool {
        self.phase() == Phase::Leaving
    }
}

async fn work(app: Arc<App>, worker: Worker, mut woken: watch::Receiver<u64>, leaving: Leaving, _alive: Presence) {
    let mut retreat = Retreat::default();
    while leaving.phase() != Phase::Leaving {
        // Marked before the look: a commit during it wakes the next.
        woken.mark_unchanged();
        // Whose release it is shows with the first commit.
        let span = tracing::info_span!("work", holder = worker.holder, correlation_id = tracing::field::Empty);
        match worker::tick(&app, &worker, &leaving).instrument(span).await {
            Ok(Tick::Ran) => retreat = Retreat::default(),
            Ok(Tick::Idle) => {
                retreat = Retreat::default();
                tokio::select! {
                    _ = woken.changed() => {}
                    () = leaving.pause(LOOK_EVERY) => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, holder = worker.holder, "a worker could not work");
                leaving.pause(retreat.next()).await;
            }
        }
    }
}

/// Wakes the workers after every commit, this process's own or another replica's.
async fn follow_commits(app: Arc<App>, wake: watch::Sender<u64>, leaving: Leaving) {
    let mut retreat = Retreat::default();
    let mut seen = 0;
    while leaving.phase() != Phase::Leaving {
        tokio::select! {
            newest = app.store.wait_past(seen) => match newest {
                Ok(newest) => {
                    retreat = Retreat::default();
                    seen = newest;
                    // Nobody listens any more only when all workers have ended.
                    let _ = wake.send(newest);
                }
                Err(error) => {
                    tracing::debug!(%error, "commits cannot be followed");
                    leaving.pause(retreat.next()).await;
                }
            },
            () = leaving.left() => {}
        }
    }
}

async fn schedule(app: Arc<App>, leaving: Leaving) {
    let mut retreat = Retreat::default();
    while leaving.phase() != Phase::Leaving {
        match scheduler::tick(&app).await {
            Ok(settled) => {
                retreat = Retreat::default();
                if settled == 0 {
                    leaving.pause(LOOK_EVERY).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the scheduler could not look");
                leaving.pause(retreat.next()).await;
            }
        }
    }
}

/// Looks at targets that are due, a few at once. Its own looks end when the process leaves.
async fn watch(app: Arc<App>, watcher: Watcher, leaving: Leaving) {
    let on = watcher.periods.on();
    let mut retreat = Retreat::default();
    let mut looks = JoinSet::new();
    while (on.health || on.drift) && leaving.phase() != Phase::Leaving {
        let mut wait = LOOK_EVERY;
        while looks.len() < WATCHED_AT_ONCE {
            match watching::claim(&app, &watcher).await {
                Ok(Some(claimed)) => {
                    retreat = Retreat::default();
                    looks.spawn(look(app.clone(), watcher.clone(), leaving.clone(), claimed));
                }
                Ok(None) => {
                    retreat = Retreat::default();
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "the targets could not be asked for");
                    wait = retreat.next();
                    break;
                }
            }
        }
        let is_full = looks.len() >= WATCHED_AT_ONCE;
        tokio::select! {
            _ = looks.join_next(), if !looks.is_empty() => {}
            () = leaving.pause(wait), if !is_full => {}
        }
    }
    while looks.join_next().await.is_some() {}
}

async fn look(app: Arc<App>, watcher: Watcher, leaving: Leaving, claimed: Watch) {
    let target = claimed.target;
    if let Err(error) = watching::look(&app, &watcher, &leaving, claimed).await {
        tracing::warn!(%error, %target, "a target could not be looked at");
    }
}

/// Waits that double, from half a look up.
#[derive(Default)]
struct Retreat(u32);

impl Retreat {
    fn next(&mut self) -> Duration {
        let wait = (LOOK_EVERY / 2).saturating_mul(1 << self.0.min(8)).min(LONGEST_RETREAT);
        self.0 += 1;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retreat_doubles_up_to_its_bound() {
        let mut retreat = Retreat::default();
        let waits: Vec<_> = (0..40).map(|_| retreat.next().as_millis()).collect();
        assert_eq!(waits[..6], [500, 1_000, 2_000, 4_000, 8_000, 10_000]);
        assert_eq!(waits[39], 10_000);
    }
}
