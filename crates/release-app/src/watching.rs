//! Watching what runs: each target is probed, and what is current there is looked at, on a timer.
//!
//! A target is a job of its own, durable and leased as an execution is: of several watchers one looks, and a dead one's
//! target is taken over. Limits: it writes nothing on a target; time is given by [`Pace`]. Invariant: what was seen is
//! kept only while nothing ran there since the look began, so that an execution's own doing is never told as drift.

mod keeping;
mod looking;
pub(crate) mod probing;

pub(crate) use keeping::{Kept, before, keep};
pub(crate) use looking::Sight;

use crate::app::App;
use crate::catalogue::open_target;
use crate::error::AppError;
use crate::race;
use crate::worker::{Pace, wait};
use release_domain::actor::Origin;
use release_domain::catalogue::Target;
use release_domain::ids::{ReleaseId, TargetId};
use release_domain::observation::{self, DriftStatus, Glance, Look};
use release_domain::ports::{Due, Guard, NextLook, TargetAccess, TargetError, Watch};
use release_domain::timestamp::Timestamp;

/// A change is confirmed soon, not a period later: what has changed is told within its period.
const CONFIRM_SECS: i64 = 5;
/// How long a target may take to answer a probe. What has not answered by then is not reachable for people either.
const PROBE_MILLIS: u64 = 10_000;
/// How long one look at one release may take: a plan of thousands of objects, and then some.
const LOOK_MILLIS: u64 = 60_000;

/// How often is looked; 0: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    pub observe_secs: u32,
    pub drift_secs: u32,
}

impl Periods {
    #[must_use]
    pub const fn on(self) -> Due {
        Due {
            health: self.observe_secs > 0,
            drift: self.drift_secs > 0,
        }
    }
}

/// Who looks, and how often.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// Names this watcher in leases; unique per process.
    pub holder: String,
    pub lease_secs: u32,
    pub periods: Periods,
}

/// Takes a target that is due and that nobody holds.
///
/// # Errors
/// The store cannot be asked.
pub async fn claim(app: &App, watcher: &Watcher) -> Result<Option<Watch>, AppError> {
    let (now, on) = (app.now(), watcher.periods.on());
    let claimed = app.store.claim_watch(&watcher.holder, now, watcher.lease_secs, on);
    Ok(claimed.await?)
}

/// Looks at a target that was claimed, and gives it back.
///
/// # Errors
/// The store cannot be asked. The target keeps its lease, so that it is not taken again at once.
pub async fn look(app: &App, watcher: &Watcher, pace: &dyn Pace, watch: Watch) -> Result<(), AppError> {
    let began = app.now();
    let turn = Turn {
        app,
        watcher,
        pace,
        watch,
    };
    let looked = async { Some(Box::pin(turn.look()).await) };
    let left = async {
        turn.hold().await;
        None
    };
    let next = match race::first(looked, left).await {
        Some(unsettled) => turn.next(began, unsettled?),
        // Somebody else goes on, at once.
        None => NextLook::default(),
    };
    Ok(app.store.end_watch(watch.target, watch.epoch, next).await?)
}

/// One look at a target and everything that is current there.
struct Turn<'a> {
    app: &'a App,
    watcher: &'a Watcher,
    pace: &'a dyn Pace,
    watch: Watch,
}

const NOTHING: Due = Due {
    health: false,
    drift: false,
};

impl Turn<'_> {
    /// Answers with what the next look has to confirm.
    async fn look(&self) -> Result<Due, AppError> {
        let (app, due) = (self.app, self.watch.due);
        let Some(target) = app.store.target(self.watch.target).await? else {
            return Ok(NOTHING);
        };
        let mut unsettled = NOTHING;
        let mut access = self.access(&target).await?;
        if due.health {
            let probed = match &access {
                Ok(access) => self.probed(&target, access).await?,
                Err(error) => Err(error.clone()),
            };
            let found = [probed];
            unsettled.health = probing::keep(app, &Origin::system(), Some(self.fence()), &target, &found).await?;
            let [probed] = found;
            if let Err(error) = probed {
                access = Err(error);
            }
        }
        for release in app.store.current_on(target.id).await? {
            let of_one = self.release(release.id, access.as_ref()).await?;
            unsettled.health |= of_one.health;
            unsettled.drift |= of_one.drift;
        }
        Ok(unsettled)
    }

    async fn access(&self, target: &Target) -> Result<Result<TargetAccess, TargetError>, AppError> {
        match open_target(self.app, target).await {
            Ok(access) => Ok(Ok(access)),
            Err(AppError::Target(error)) => Ok(Err(error)),
            Err(AppError::Internal(why)) => {
                tracing::error!(target = %target.id, why, "a target cannot be looked at");
                Ok(Err(TargetError::AuthFailed("its credentials cannot be opened".into())))
            }
            Err(error) => Err(error),
        }
    }

    async fn probed(
        &self,
        target: &Target,
        access: &TargetAccess,
    ) -> Result<Result<release_domain::ports::Probe, TargetError>, AppError> {
        let runtime = self.app.runtime(target.runtime_type)?;
        Ok(self.bounded(PROBE_MILLIS, runtime.probe(access)).await)
    }

    /// A call to the target that ends in time.
    async fn bounded<T>(
        &self,
        millis: u64,
        call: impl Future<Output = Result<T, TargetError>>,
    ) -> Result<T, TargetError> {
        race::first(call, async {
            wait(self.app, self.pace, millis).await;
            let secs = millis / 1_000;
            Err(TargetError::Unreachable(format!("it did not answer within {secs} s")))
        })
        .await
    }

    /// One release: nothing while an execution runs there, and nothing of a look that one began beside.
    async fn release(&self, id: ReleaseId, access: Result<&TargetAccess, &TargetError>) -> Result<Due, AppError> {
        let dossier = self.app.dossier(id).await?;
        if !dossier.release.is_current || dossier.running.is_some() {
            return Ok(NOTHING);
        }
        let on = self.watcher.periods.on();
        let known = dossier.observation.of(id);
        let is_unknown = known.is_none_or(|seen| seen.drift.status == DriftStatus::Unknown);
        let what = Due {
            health: self.watch.due.health,
            drift: self.watch.due.drift || (is_unknown && on.drift),
        };
        let (look, desired) = match access {
            Ok(access) => {
                let sight = Sight {
                    app: self.app,
                    access,
                    dossier: &dossier,
                };
                let looked = self.bounded(LOOK_MILLIS, async { Ok(sight.look(what).await) });
                match looked.await {
                    Ok(looked) => {
                        let looked = looked?;
                        (looked.look, Some((sight, looked.desired)))
                    }
                    Err(_) => (unseen(self.app.now(), what), None),
                }
            }
            // Of a target that is away nothing is known, whosever turn it is.
            Err(_) => (
                unseen(
                    self.app.now(),
                    Due {
                        drift: on.drift,
                        ..what
                    },
                ),
                None,
            ),
        };
        let before = before(self.app, &dossier).await?;
        let looked = observation::look(&dossier.observation, id, &before, look);
        let findings = match &desired {
            Some((sight, Some(desired))) if looked.wants_diagnosis => {
                let found = self.bounded(LOOK_MILLIS, sight.diagnose(desired)).await;
                found.unwrap_or_default()
            }
            Some(_) | None => Vec::new(),
        };
        let unsettled = Due {
            health: looked.is_unsettled && what.health,
            drift: looked.is_unsettled && what.drift,
        };
        let fence = Some(self.fence());
        match keep(self.app, &Origin::system(), fence, &dossier, &before, looked, findings).await? {
            Kept::Kept => Ok(unsettled),
            Kept::Overtaken => Ok(NOTHING),
        }
    }

    fn fence(&self) -> Guard {
        Guard::Watch {
            target: self.watch.target,
            epoch: self.watch.epoch,
        }
    }

    /// Keeps the lease; resolves when the process leaves, or somebody else has the target.
    async fn hold(&self) {
        let (target, epoch) = (self.watch.target, self.watch.epoch);
        loop {
            self.pace.pause(u64::from(self.watcher.lease_secs) * 1_000 / 3).await;
            if self.pace.is_leaving() {
                return;
            }
            let renewed = self
                .app
                .store
                .renew_watch(target, epoch, self.app.now(), self.watcher.lease_secs);
            match renewed.await {
                Ok(true) => {}
                Ok(false) => return,
                // Until the lease is over nobody else can have it; then every commit is fenced.
                Err(error) => tracing::warn!(%target, %error, "a watch could not be renewed"),
            }
        }
    }

    fn next(&self, began: Timestamp, unsettled: Due) -> NextLook {
        let now = self.app.now();
        let at = |was_due: bool, unsettled: bool, secs: u32| {
            let regular = began.plus_secs(spread(self.watch.target, secs)).max(now);
            match (unsettled, was_due) {
                (true, _) => Some(now.plus_secs(CONFIRM_SECS.min(i64::from(secs)))),
                (false, true) => Some(regular),
                (false, false) => None,
            }
        };
        let (due, periods) = (self.watch.due, self.watcher.periods);
        NextLook {
            health_at: at(due.health, unsettled.health, periods.observe_secs),
            drift_at: at(due.drift, unsettled.drift, periods.drift_secs),
        }
    }
}

/// Up to a tenth of the period less, each target its own: targets made together are not looked at together for ever.
fn spread(target: TargetId, secs: u32) -> i64 {
    let secs = i64::from(secs);
    let own = i64::from(target.0.as_bytes()[15]) * (secs / 10) / i64::from(u8::MAX);
    secs - own
}

/// A target that cannot be looked at: nothing is known of what runs there.
fn unseen(at: Timestamp, what: Due) -> Look {
    fn unknown<T>(due: bool) -> Glance<T> {
        if due { Glance::Unknown } else { Glance::Skipped }
    }
    Look {
        at,
        health: unknown(what.health),
        drift: unknown(what.drift),
    }
}
