//! One look at one release: the health of its objects, and what an apply of what it left would change. Reads alone.

use crate::app::App;
use crate::error::AppError;
use crate::releases::planning;
use release_domain::diagnostics::Finding;
use release_domain::observation::{Glance, Look};
use release_domain::ports::{Desired, Dossier, Due, TargetAccess, TargetError};

/// A release and where it is looked at.
pub(crate) struct Sight<'a> {
    pub app: &'a App,
    pub access: &'a TargetAccess,
    pub dossier: &'a Dossier,
}

/// What came of it.
pub(crate) struct Sighted {
    pub look: Look,
    /// `None`: nothing is stored of what it brought.
    pub desired: Option<Desired>,
    /// Why a side is unknown.
    pub trouble: Option<TargetError>,
}

impl Sight<'_> {
    /// # Errors
    /// The store, or this server, is in the way; the target's trouble is in the answer.
    pub async fn look(&self, what: Due) -> Result<Sighted, AppError> {
        let release = &self.dossier.release;
        let runtime = self.app.runtime(release.runtime_type)?;
        let desired = planning::applied_desired(self.app, release).await?;
        let mut trouble = None;
        let mut health = Glance::Skipped;
        if what.health {
            health = match &desired {
                None => Glance::Unknown,
                Some(desired) => told(runtime.observe(self.access, desired).await, &mut trouble, |seen| {
                    seen.objects
                }),
            };
        }
        let mut drift = Glance::Skipped;
        if what.drift {
            drift = match &desired {
                None => Glance::Unknown,
                Some(desired) => {
                    let request = planning::standing_request(self.app, self.dossier, desired);
                    let planned = runtime.plan(self.access, &request).await;
                    told(planned, &mut trouble, |made| made.plan.changes)
                }
            };
        }
        let look = Look {
            at: self.app.now(),
            health,
            drift,
        };
        Ok(Sighted { look, desired, trouble })
    }

    pub async fn diagnose(&self, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        match self.app.runtime(self.dossier.release.runtime_type) {
            Ok(runtime) => runtime.diagnose(self.access, desired).await,
            Err(error) => Err(TargetError::Refused(error.to_string())),
        }
    }
}

fn told<Found, Kept>(
    found: Result<Found, TargetError>,
    trouble: &mut Option<TargetError>,
    keep: impl FnOnce(Found) -> Kept,
) -> Glance<Kept> {
    match found {
        Ok(found) => Glance::Found(keep(found)),
        Err(error) => {
            tracing::debug!(%error, "a look at a target found nothing out");
            *trouble = Some(error);
            Glance::Unknown
        }
    }
}
