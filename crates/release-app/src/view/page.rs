//! Views of many releases for one caller: what is the same for all of them is found out once.

use super::{Permitted, ReleaseView, view};
use crate::app::App;
use crate::authorized::scope_of;
use crate::caller::Caller;
use crate::error::AppError;
use crate::facts::Standing;
use release_domain::access::Scope;
use release_domain::decide::{Facts, Presented};
use release_domain::ids::{ServiceId, TargetId};
use release_domain::observation::Observation;
use release_domain::ports::Dossier;
use release_domain::release::Release;
use std::collections::BTreeMap;

/// The views of one page. What stands beside a release (policy, freezes, hold, what runs) is read once for each service
/// on each target, the caller's permissions once for each environment.
pub(crate) struct Page<'a> {
    app: &'a App,
    caller: &'a Caller,
    dossiers: BTreeMap<(ServiceId, TargetId), Dossier>,
    callers: BTreeMap<Scope, (Standing, Permitted)>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(app: &'a App, caller: &'a Caller) -> Self {
        Self {
            app,
            caller,
            dossiers: BTreeMap::new(),
            callers: BTreeMap::new(),
        }
    }

    /// Reads together what stands beside these releases: one look for a page, not one for each.
    pub(crate) async fn look(&mut self, releases: impl Iterator<Item = &Release>) -> Result<(), AppError> {
        let first_there: BTreeMap<_, _> = releases
            .map(|release| ((release.service.id, release.target.id), release.id))
            .filter(|(place, _)| !self.dossiers.contains_key(place))
            .collect();
        let ids: Vec<_> = first_there.into_values().collect();
        for dossier in self.app.store.dossiers(&ids, self.app.now()).await? {
            let place = (dossier.release.service.id, dossier.release.target.id);
            self.dossiers.insert(place, dossier);
        }
        Ok(())
    }

    /// `None` for a release that went away between two reads: it is left out, not an error.
    pub(crate) async fn view(&mut self, release: Release) -> Result<Option<ReleaseView>, AppError> {
        let Some((facts, observation)) = self.seen(&release).await? else {
            return Ok(None);
        };
        let (_, permitted) = self.caller_in(scope_of(&release)).await?;
        let permitted = permitted.about(self.caller, &release);
        Ok(Some(view(release, &facts, &permitted, &observation)))
    }

    /// What this release is looked at with.
    pub(crate) async fn facts(&mut self, release: &Release) -> Result<Option<Facts>, AppError> {
        Ok(self.seen(release).await?.map(|(facts, _)| facts))
    }

    async fn seen(&mut self, release: &Release) -> Result<Option<(Facts, Observation)>, AppError> {
        let place = (release.service.id, release.target.id);
        let dossier = match self.dossiers.remove(&place) {
            Some(known) => Dossier {
                release: release.clone(),
                ..known
            },
            None => match self.app.store.dossier(release.id, self.app.now()).await? {
                Some(dossier) => dossier,
                None => return Ok(None),
            },
        };
        let (standing, _) = self.caller_in(scope_of(release)).await?;
        let facts = self
            .app
            .facts(&dossier, self.caller.origin(), &standing, Presented::Newest);
        let observation = dossier.observation.clone();
        self.dossiers.insert(place, dossier);
        Ok(Some((facts, observation)))
    }

    async fn caller_in(&mut self, scope: Scope) -> Result<(Standing, Permitted), AppError> {
        if let Some(known) = self.callers.get(&scope) {
            return Ok(known.clone());
        }
        let standing = self.app.standing_in(self.caller, scope).await?;
        let permitted = self.app.permitted_in(self.caller, scope).await?;
        self.callers.insert(scope, (standing.clone(), permitted.clone()));
        Ok((standing, permitted))
    }
}
