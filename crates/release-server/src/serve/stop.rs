//! How the process leaves: SIGTERM or SIGINT, drain, stop taking requests, give leases back, gone within 10 s.

use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Requests that are being answered get this long.
pub const REQUESTS: Duration = Duration::from_secs(5);
/// Workers get this long to give their leases back; they notice within half a second.
pub const WORKERS: Duration = Duration::from_secs(3);

/// How far the leaving is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    #[default]
    Serving,
    /// `/readyz` says 503, everything else works: load balancers look elsewhere.
    Draining,
    /// No new work; jobs are given back, streams end.
    Leaving,
}

/// Told to everything that must end.
#[derive(Clone, Debug)]
pub struct Leaving(watch::Receiver<Phase>);

/// Tells it.
#[derive(Debug, Default)]
pub struct Departure(watch::Sender<Phase>);

impl Departure {
    #[must_use]
    pub fn watch(&self) -> Leaving {
        Leaving(self.0.subscribe())
    }

    pub fn enter(&self, phase: Phase) {
        self.0.send_if_modified(|now| {
            let later = phase > *now;
            *now = phase.max(*now);
            later
        });
    }
}

impl Leaving {
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Resolves once the process leaves, at once when it does already.
    pub async fn left(&self) {
        let mut watched = self.0.clone();
        // A departure that is gone cannot come back: the process ends.
        let _ = watched.wait_for(|phase| *phase == Phase::Leaving).await;
    }

    /// Waits for `time`, or less when the process leaves meanwhile.
    pub async fn pause(&self, time: Duration) {
        let _ = tokio::time::timeout(time, self.left()).await;
    }
}

/// What asks the process to end.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on the process no longer dies of them by itself.
    ///
    /// # Errors
    /// The operating system does not let it listen.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pause_ends_with_the_process() {
        let departure = Departure::default();
        let leaving = departure.watch();
        let paused = tokio::spawn({
            let leaving = leaving.clone();
            async move { leaving.pause(Duration::from_secs(3_600)).await }
        });
        departure.enter(Phase::Draining);
        assert_eq!(leaving.phase(), Phase::Draining);
        departure.enter(Phase::Leaving);
        paused.await.expect("no panic");
        leaving.left().await;
        departure.enter(Phase::Draining);
        assert_eq!(leaving.phase(), Phase::Leaving, "nobody comes back");
    }
}
