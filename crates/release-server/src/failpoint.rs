//! Places where a debug build kills itself on demand, so that tests can kill a real process at an exact point.
//!
//! `RELEASE_FAILPOINT=NAME:N` ends the process by SIGKILL when it comes by the point NAME for the N-th time;
//! `RELEASE_FAILPOINT=list` tells every point it comes by on stderr, as `failpoint NAME`. The points lie around the
//! ports, where the world can change or a change be recorded:
//!
//! | point | where |
//! | --- | --- |
//! | `commit.before/EVENT`, `commit.after/EVENT` | around the transaction that holds this event; `after` is before anybody is answered |
//! | `commit.before`, `commit.after` | the same for a transaction without events |
//! | `claim.after`, `give_back.before` | a worker has just taken a job, or is about to give it back |
//! | `apply.before`, `apply.after` | around the run on the target, its end not yet recorded |
//! | `writing.after` | the first write on the target is announced and not yet done |
//! | `object.before/STATUS` | an object changed on the target and it is not recorded yet |
//!
//! Release builds hold no point and know no such variable.

#[cfg(debug_assertions)]
mod runtime;

#[cfg(debug_assertions)]
use crate::observed_store::Afterwards;
use crate::observed_store::Observer;
use release_domain::ports::Runtime;
#[cfg(debug_assertions)]
use release_domain::ports::{Claim, Commit};
use std::sync::Arc;

/// The variable, where this build knows it.
pub const VARIABLE: Option<&str> = if cfg!(debug_assertions) {
    Some("RELEASE_FAILPOINT")
} else {
    None
};

/// Whoever passes the points around the store's transactions, where somebody asked for them.
#[must_use]
pub fn observer() -> Option<Arc<dyn Observer>> {
    #[cfg(debug_assertions)]
    return points().map(|points| -> Arc<dyn Observer> { Arc::new(points) });
    #[cfg(not(debug_assertions))]
    None
}

/// The runtime with points around it, where somebody asked for them.
#[must_use]
pub fn around_runtime(runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
    #[cfg(debug_assertions)]
    if let Some(points) = points() {
        return Arc::new(runtime::PointedRuntime::new(runtime, points));
    }
    runtime
}

#[cfg(debug_assertions)]
fn points() -> Option<&'static Points> {
    static POINTS: std::sync::OnceLock<Option<Points>> = std::sync::OnceLock::new();
    POINTS
        .get_or_init(|| Points::parse(&std::env::var(VARIABLE?).ok()?))
        .as_ref()
}

/// Which point kills, and how often it has been come by.
#[cfg(debug_assertions)]
#[derive(Debug)]
struct Points {
    /// `None`: all are told, none kills.
    deadly: Option<(String, u64)>,
    passed: std::sync::atomic::AtomicU64,
}

#[cfg(debug_assertions)]
impl Points {
    fn parse(text: &str) -> Option<Self> {
        let deadly = match text {
            "" => return None,
            "list" => None,
            deadly => {
                let (name, count) = deadly.rsplit_once(':').expect("RELEASE_FAILPOINT is NAME:N or `list`");
                Some((
                    name.to_owned(),
                    count.parse().expect("N in RELEASE_FAILPOINT=NAME:N is a number"),
                ))
            }
        };
        Some(Self {
            deadly,
            passed: std::sync::atomic::AtomicU64::new(0),
        })
    }

    fn pass(&self, name: &str) {
        let Some((deadly, count)) = &self.deadly else {
            eprintln!("failpoint {name}");
            return;
        };
        if name == deadly && self.passed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == *count {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, rustix::process::Signal::KILL).expect("a process may kill itself");
            // Nothing is done any more while the signal is on its way.
            loop {
                std::thread::park();
            }
        }
    }
}

#[cfg(debug_assertions)]
impl Observer for &'static Points {
    fn committing(&self, commit: &Commit) -> Option<Afterwards> {
        let events: Vec<_> = commit.events.iter().map(|event| event.data.event_type()).collect();
        self.around("before", &events);
        let points = *self;
        Some(Box::new(move || points.around("after", &events)))
    }

    fn claimed(&self, _: &Claim) {
        self.pass("claim.after");
    }

    fn giving_back(&self) {
        self.pass("give_back.before");
    }
}

#[cfg(debug_assertions)]
impl Points {
    fn around(&self, moment: &str, events: &[&str]) {
        if events.is_empty() {
            self.pass(&format!("commit.{moment}"));
        }
        for event in events {
            self.pass(&format!("commit.{moment}/{event}"));
        }
    }
}
