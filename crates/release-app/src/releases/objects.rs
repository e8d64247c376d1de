//! Read where each object of a release stands, or look now.

use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::open_target;
use crate::error::AppError;
use crate::watching::{self, Kept, Sight};
use release_domain::access::Permission;
use release_domain::execution::{ObjectState, ObjectStatus};
use release_domain::ids::ReleaseId;
use release_domain::observation::{self, Drift, Health, Look, Observation, SeenObject};
use release_domain::ports::{Due, ObjectProgress};
use release_domain::refusal::{Refusal, RollbackReason};

/// How often a look begins anew when somebody else looked, or ran something, meanwhile.
const MAX_ATTEMPTS: u32 = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectsView {
    /// This and the next: of current releases.
    pub health: Option<Health>,
    pub drift: Option<Drift>,
    pub items: Vec<SeenObject>,
}

/// Of the newest execution until the first look after it, then of the last look; empty before the first execution.
///
/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn objects(app: &App, caller: &Caller, id: ReleaseId) -> Result<ObjectsView, AppError> {
    app.authorize_release(caller, Permission::ReleaseRead, id).await?;
    let dossier = app.dossier(id).await?;
    let release = &dossier.release;
    let is_seen = release.is_current && dossier.observation.of(id).is_some();
    let items = match release.executions.last() {
        Some(_) if is_seen => app.store.seen_objects(release.service.id, release.target.id).await?,
        Some(execution) => {
            let states = app.store.object_states(execution.id).await?;
            states.into_iter().map(SeenObject::from).collect()
        }
        None => Vec::new(),
    };
    let shown = release.is_current.then(|| dossier.observation.shown(id));
    Ok(ObjectsView {
        health: shown.map(|(health, _)| health),
        drift: shown.map(|(_, drift)| drift),
        items,
    })
}

/// Looks at the target now, a second time where something has changed, and keeps what was seen; writes nothing there. A
/// current release only, and not while something runs there.
///
/// # Errors
/// `Forbidden`, not current, busy, or the target's trouble.
pub async fn observe(app: &App, caller: &Caller, id: ReleaseId) -> Result<ObjectsView, AppError> {
    app.authorize_release(caller, Permission::TargetProbe, id).await?;
    for _ in 0..MAX_ATTEMPTS {
        if let Some(view) = observed(app, caller, id).await? {
            return Ok(view);
        }
    }
    Err(AppError::Unavailable("too many changes at once".into()))
}

/// `None` when something changed in between.
async fn observed(app: &App, caller: &Caller, id: ReleaseId) -> Result<Option<ObjectsView>, AppError> {
    let dossier = app.dossier(id).await?;
    if !dossier.release.is_current {
        let reason = RollbackReason::NotCurrent;
        return Err(AppError::Refused(Refusal::RollbackUnavailable(reason)));
    }
    if let Some(running) = dossier.running {
        return Err(AppError::Refused(Refusal::TargetBusy { running }));
    }
    let access = open_target(app, &dossier.target).await?;
    let sight = Sight {
        app,
        access: &access,
        dossier: &dossier,
    };
    let before = watching::before(app, &dossier).await?;
    let (look, desired) = whole(&sight).await?;
    let mut looked = observation::look(&dossier.observation, id, &before, look);
    if looked.is_unsettled {
        let (again, _) = whole(&sight).await?;
        let first = Observation {
            stands: true,
            seen: Some(looked.seen.clone()),
            ..dossier.observation
        };
        looked = observation::look(&first, id, &looked.objects, again);
    }
    let findings = match &desired {
        Some(desired) if looked.wants_diagnosis => sight.diagnose(desired).await.unwrap_or_default(),
        Some(_) | None => Vec::new(),
    };
    let view = ObjectsView {
        health: Some(looked.seen.health),
        drift: Some(looked.seen.drift),
        items: looked.objects.clone(),
    };
    let origin = caller.origin();
    let kept = watching::keep(app, &origin, None, &dossier, &before, looked, findings);
    Ok(match kept.await? {
        Kept::Kept => Some(view),
        Kept::Overtaken => None,
    })
}

/// Both sides of a look, or why there is none.
async fn whole(sight: &Sight<'_>) -> Result<(Look, Option<release_domain::ports::Desired>), AppError> {
    let both = Due {
        health: true,
        drift: true,
    };
    let sighted = sight.look(both).await?;
    match sighted.trouble {
        Some(error) => Err(AppError::Target(error)),
        None => Ok((sighted.look, sighted.desired)),
    }
}

/// An object's progress as it is kept.
#[must_use]
pub fn state(progress: ObjectProgress, now: release_domain::timestamp::Timestamp) -> ObjectState {
    ObjectState {
        key: progress.key,
        resource: progress.resource,
        action: progress.action,
        status: progress.status,
        ready: progress.ready,
        total: progress.total,
        message: progress.message,
        since: now,
    }
}

/// Whether an object has reached what it was to reach.
#[must_use]
pub const fn is_done(status: ObjectStatus) -> bool {
    match status {
        ObjectStatus::Healthy | ObjectStatus::Skipped => true,
        ObjectStatus::Pending
        | ObjectStatus::InProgress
        | ObjectStatus::Degraded
        | ObjectStatus::Failed
        | ObjectStatus::Missing
        | ObjectStatus::Unknown => false,
    }
}
