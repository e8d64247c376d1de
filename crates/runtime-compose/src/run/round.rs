//! One service, from what it has to what it needs.

use super::phases::Phase;
use super::wait::Await;
use super::{Broken, Run};
use crate::container::networking::has_port_range;
use crate::converge::{self, Needs, Slot, Wanted};
use crate::desired::service_key;
use crate::diagnose::Doing;
use crate::model::{Condition, Service};
use crate::observed::Container;
use futures::future::try_join_all;
use release_domain::execution::ObjectStatus;

impl Run<'_> {
    pub(super) async fn service(&self, key: &str) -> Result<(), Broken> {
        let written = &self.model()?.project.services[key];
        // Whose container it shares something with is part of what it is.
        for parent in converge::parents(written) {
            self.phases.wait(parent, Condition::Started).await;
        }
        let (wanted, needs) = self.needs(key)?;
        let round = Round {
            run: self,
            key,
            object: service_key(key),
            wanted: &wanted,
            needs: &needs,
        };
        if !needs.is_met() {
            let work = needs.slots.iter().any(|slot| !matches!(slot, Slot::Keep { .. }));
            if work {
                for (on, dependency) in &written.depends_on {
                    self.phases.wait(on, dependency.condition).await;
                }
            }
            self.not_fenced().await?;
            self.may_write().await?;
        }
        round.bring().await
    }

    fn needs(&self, key: &str) -> Result<(Wanted, Needs), Broken> {
        let model = self.model()?;
        let outlook = self.shared().outlook.clone();
        let wanted = Wanted::of(model, key, &outlook, &self.request.plan.secret_key);
        let missing = || Broken::Target(release_domain::ports::TargetError::Refused(format!("no service {key}")));
        let wanted = wanted.ok_or_else(missing)?;
        let needs = converge::needs(model, key, &wanted, &self.observed, &outlook);
        Ok((wanted, needs))
    }

    /// Whether somebody waits for the end of a service.
    fn is_awaited_to_the_end(&self, key: &str) -> bool {
        let services = self
            .states
            .desired
            .iter()
            .flat_map(|model| model.project.services.values());
        let mut dependencies = services.filter_map(|service| service.depends_on.get(key));
        dependencies.any(|dependency| dependency.condition == Condition::CompletedSuccessfully)
    }
}

/// The work on one service.
pub(super) struct Round<'a> {
    pub run: &'a Run<'a>,
    pub key: &'a str,
    /// `service/web`.
    pub object: String,
    pub wanted: &'a Wanted,
    pub needs: &'a Needs,
}

impl Round<'_> {
    async fn bring(&self) -> Result<(), Broken> {
        let run = self.run;
        self.clear().await?;
        if !self.needs.is_met() {
            self.progress(self.kept(), None).await;
        }
        let replaces = self.needs.slots.iter().any(|slot| matches!(slot, Slot::Replace { .. }));
        let steady = self.start_those_without_predecessor().await?;
        if let Some((_, id)) = steady.first() {
            self.is_parent(id);
        }
        if !replaces {
            run.phases.reached(self.key, Phase::Started);
        }
        let waits = steady.iter().map(|(is_new, id)| self.healthy(id, *is_new));
        let mut phases = try_join_all(waits).await?;
        let ready = u32::try_from(phases.len()).unwrap_or(u32::MAX);
        if replaces {
            phases.extend(self.replace_all(ready).await?);
            run.phases.reached(self.key, Phase::Started);
        }
        for id in &self.needs.surplus {
            self.end(id).await?;
        }
        let phase = phases.into_iter().min().unwrap_or(Phase::Healthy);
        run.phases.reached(self.key, phase);
        self.tell(ObjectStatus::Healthy, self.total(), None).await;
        Ok(())
    }

    /// Leftovers of a run that was cut off.
    async fn clear(&self) -> Result<(), Broken> {
        for id in &self.needs.stale {
            self.run.remove_container(&self.object, id, true).await?;
        }
        Ok(())
    }

    /// Everything but replacements: whether it is new, and its id, by slot.
    async fn start_those_without_predecessor(&self) -> Result<Vec<(bool, String)>, Broken> {
        let slots = self
            .needs
            .slots
            .iter()
            .filter(|slot| !matches!(slot, Slot::Replace { .. }));
        if has_port_range(&self.wanted.service) {
            // Each takes the first port that is free: at once they would take the same.
            let mut started = Vec::new();
            for slot in slots {
                started.extend(self.start_slot(slot).await?);
            }
            return Ok(started);
        }
        let started = try_join_all(slots.map(|slot| self.start_slot(slot))).await?;
        Ok(started.into_iter().flatten().collect())
    }

    async fn start_slot(&self, slot: &Slot) -> Result<Option<(bool, String)>, Broken> {
        let (is_new, id, rename) = match slot {
            Slot::Keep { id, rename } => (false, id.clone(), rename),
            Slot::Start { id, rename } => {
                self.start(id).await?;
                (true, id.clone(), rename)
            }
            Slot::Restart { id } => {
                self.stop(id).await?;
                self.start(id).await?;
                (true, id.clone(), &None)
            }
            Slot::Create { number } => {
                let id = self.create(*number, None).await?;
                self.start(&id).await?;
                (true, id, &None)
            }
            Slot::Replace { .. } => return Ok(None),
        };
        if let Some(name) = rename {
            let renamed = self.run.engine.rename(&id, name).await;
            renamed.map_err(Run::call(&self.object, Some(name), Doing::Create))?;
        }
        Ok(Some((is_new, id)))
    }

    pub(super) async fn start(&self, id: &str) -> Result<(), Broken> {
        let run = self.run;
        run.shared().touched.insert(id.to_owned(), self.object.clone());
        let networks = self.wanted.service.networks.len();
        let mut started = run.start_container(id, networks).await;
        if started.as_ref().is_err_and(|fault| fault.says("is ambiguous")) {
            let model = run.model()?;
            for key in self.wanted.service.networks.keys() {
                run.only_one(model.project.networks.get(key).map_or(key, |network| &network.name))
                    .await?;
            }
            started = run.start_container(id, networks).await;
        }
        started.map_err(Run::call(&self.object, Some(id), Doing::Start))
    }

    pub(super) async fn healthy(&self, id: &str, is_new: bool) -> Result<Phase, Broken> {
        let wanted = Await {
            is_new,
            to_the_end: self.run.is_awaited_to_the_end(self.key),
        };
        self.run.healthy(&self.object, &self.wanted.service, id, wanted).await
    }

    /// Asks a container to end, then removes it; its anonymous volumes stay.
    pub(super) async fn end(&self, id: &str) -> Result<(), Broken> {
        self.run.shared().stopping.insert(id.to_owned());
        let stopped = self.run.engine.stop(id).await;
        stopped.map_err(Run::call(&self.object, Some(id), Doing::Stop))?;
        self.run.remove_container(&self.object, id, false).await
    }

    /// The first container stands for the service where others share something with it.
    pub(super) fn is_parent(&self, id: &str) {
        let parent = Some(id.to_owned());
        self.run.shared().outlook.parents.insert(self.key.to_owned(), parent);
    }

    pub(super) async fn progress(&self, ready: u32, message: Option<String>) {
        self.tell(ObjectStatus::InProgress, ready, message).await;
    }

    async fn tell(&self, status: ObjectStatus, ready: u32, message: Option<String>) {
        self.run
            .tell(&self.object, status, Some((ready, self.total())), message)
            .await;
    }

    /// Replicas that already are what they should be, or serve until they are replaced.
    fn kept(&self) -> u32 {
        let serves = |id: &str| self.run.observed.container(id).is_some_and(Container::is_up);
        let kept = self.needs.slots.iter().filter(|slot| match slot {
            Slot::Keep { .. } => true,
            Slot::Replace { old, .. } => serves(old),
            Slot::Start { .. } | Slot::Restart { .. } | Slot::Create { .. } => false,
        });
        u32::try_from(kept.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn total(&self) -> u32 {
        u32::try_from(self.needs.slots.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn service(&self) -> &Service {
        &self.wanted.service
    }
}
