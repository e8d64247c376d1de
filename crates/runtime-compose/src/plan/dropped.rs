//! What is on the target and no longer wanted.

use super::{Planner, check, risks};
use crate::desired::{network_key, service_key, volume_key};
use crate::document;
use crate::health;
use crate::names::{self, compose, ours};
use crate::observed::{Container, Status};
use release_domain::plan::{Action, CheckCode, CheckStatus, RiskCode};
use std::collections::{BTreeMap, BTreeSet};

/// A service whose containers go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// `service/web`.
    pub key: String,
    /// Those of a higher level go first: they depend on those of a lower one.
    pub level: usize,
    pub containers: Vec<String>,
    /// Their anonymous volumes, which go with them, with consent.
    pub volumes: BTreeSet<String>,
}

/// The consent that lets a rollback or uninstall delete volumes.
const CONSENT: &str = "delete:Volume";

impl Planner<'_> {
    pub(super) fn dropped(&mut self) {
        let mut by_service: BTreeMap<String, Vec<&Container>> = BTreeMap::new();
        for container in self.observed.containers.iter().filter(|c| !c.is_oneoff()) {
            by_service
                .entry(container.service().to_owned())
                .or_default()
                .push(container);
        }
        for (service, containers) in &by_service {
            self.service_gone(service, containers);
        }
        self.steps
            .removals
            .sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.key.cmp(&b.key)));
        self.networks_gone();
        self.volumes_gone();
        self.jobs(&by_service);
    }

    fn wants(&self, key: &str) -> bool {
        self.states
            .desired
            .as_ref()
            .is_some_and(|model| model.objects().iter().any(|object| object.key == key))
    }

    /// Whether something that is no longer wanted goes: all of it on uninstall, on a rollback what the newer release
    /// added, else when asked for.
    fn goes(&self, key: &str) -> bool {
        let left = self
            .states
            .leaving
            .as_ref()
            .is_some_and(|model| model.objects().iter().any(|o| o.key == key));
        self.request.desired.is_none() || left || self.request.options.remove_orphans
    }

    /// Whether it may be ours: made by this release service, or by nobody's while an earlier release had it.
    fn is_ours(&self, key: &str, labels: &BTreeMap<String, String>) -> bool {
        match labels.get(ours::SERVICE) {
            Some(owner) => *owner == self.owner,
            None => self.states.had(key),
        }
    }

    fn service_gone(&mut self, service: &str, containers: &[&Container]) {
        let key = service_key(service);
        let Some(first) = containers.first() else { return };
        if service.is_empty() || self.wants(&key) {
            return;
        }
        let foreign = first.owner().is_some_and(|owner| owner != self.owner);
        let untold = self.request.desired.is_none() && !self.is_ours(&key, &first.labels);
        if foreign || untold {
            return;
        }
        if !self.goes(&key) {
            let message = format!("{service} runs on the target and the release does not have it; it stays");
            self.warn(CheckCode::Orphan, &format!("/{key}"), message);
            return;
        }
        let known: Vec<_> = self.states.all().collect();
        let before = document::live_service(service, first, &known);
        let message = match containers.len() {
            1 => "its container is removed".to_owned(),
            count => format!("its {count} containers are removed"),
        };
        let mut risks = vec![risks::risk(RiskCode::Delete, message)];
        let mut volumes = anonymous_volumes(containers);
        if !volumes.is_empty() && self.volumes_may_go() {
            let lost = "the data in its anonymous volumes is lost".to_owned();
            risks.push(risks::risk(RiskCode::Volume, lost));
        } else if !volumes.is_empty() {
            volumes.clear();
            let kept = format!(
                "the anonymous volumes of {service} and the data in them are kept; the consent {CONSENT} would remove them"
            );
            self.irreversible.push(check(
                CheckCode::DataKept,
                CheckStatus::Warning,
                &format!("/{key}"),
                kept,
            ));
        }
        self.push(&key, Action::Delete, Vec::new(), risks);
        self.text(&key, Some(&before), None);
        self.steps.removals.push(Removal {
            level: self.states.level(&key),
            key,
            containers: containers.iter().map(|c| c.id.clone()).collect(),
            volumes,
        });
    }

    /// Data goes on the way back alone, and only with consent.
    fn volumes_may_go(&self) -> bool {
        let going_back = self.request.leaving.is_some() || self.request.desired.is_none();
        going_back && self.request.options.consent.iter().any(|consent| consent == CONSENT)
    }

    fn networks_gone(&mut self) {
        let leaving: BTreeSet<&String> = self.steps.removals.iter().flat_map(|r| &r.containers).collect();
        let mut gone = Vec::new();
        for (name, network) in &self.observed.networks {
            let Some(key) = network.labels.get(compose::NETWORK) else {
                continue;
            };
            let object = network_key(key);
            let in_project = network.labels.get(compose::PROJECT) == Some(&self.states.project);
            let empty = network.containers.iter().all(|id| leaving.contains(id));
            if in_project
                && !self.wants(&object)
                && self.is_ours(&object, &network.labels)
                && self.goes(&object)
                && empty
            {
                let known: Vec<_> = self.states.all().collect();
                gone.push((
                    object,
                    key.clone(),
                    name.clone(),
                    document::live_network(key, network, &known),
                ));
            }
        }
        for (object, key, name, before) in gone {
            let risk = risks::risk(RiskCode::Delete, "it is removed".into());
            self.push(&object, Action::Delete, Vec::new(), vec![risk]);
            self.text(&object, Some(&before), None);
            self.steps.dropped_networks.push((key, name));
        }
    }

    /// Data stays, whatever happens to what used it, unless the draft says otherwise.
    fn volumes_gone(&mut self) {
        let consented = self.volumes_may_go();
        let going_back = self.request.leaving.is_some() || self.request.desired.is_none();
        let mut gone = Vec::new();
        for (name, volume) in &self.observed.volumes {
            let Some(key) = volume.labels.get(compose::VOLUME) else {
                continue;
            };
            let object = volume_key(key);
            let in_project = volume.labels.get(compose::PROJECT) == Some(&self.states.project);
            if in_project
                && going_back
                && !self.wants(&object)
                && self.is_ours(&object, &volume.labels)
                && self.goes(&object)
            {
                let known: Vec<_> = self.states.all().collect();
                gone.push((
                    object,
                    key.clone(),
                    name.clone(),
                    document::live_volume(key, volume, &known),
                ));
            }
        }
        for (object, key, name, before) in gone {
            if consented {
                let lost = risks::risk(RiskCode::Volume, "the data in it is lost".into());
                let risk = risks::risk(RiskCode::Delete, "it is removed".into());
                self.push(&object, Action::Delete, Vec::new(), vec![risk, lost]);
                self.text(&object, Some(&before), None);
                self.steps.dropped_volumes.push((key, name));
            } else {
                let message =
                    format!("the volume {name} and the data in it are kept; the consent {CONSENT} would remove it");
                self.irreversible.push(check(
                    CheckCode::DataKept,
                    CheckStatus::Warning,
                    &format!("/{object}"),
                    message,
                ));
            }
        }
    }

    /// What one-off containers of the release that is left have done stays done.
    fn jobs(&mut self, by_service: &BTreeMap<String, Vec<&Container>>) {
        let Some(leaving) = &self.states.leaving else { return };
        for (key, service) in &leaving.project.services {
            let ran = by_service.get(key).into_iter().flatten().any(|container| {
                let ended_well = container.state.status == Status::Exited && container.state.exit_code == 0;
                ended_well && health::may_complete(service, container)
            });
            if ran {
                let message = format!("{key} ran to its end; what it did is not undone");
                let pointer = format!("/{}", service_key(key));
                self.irreversible
                    .push(check(CheckCode::JobRan, CheckStatus::Warning, &pointer, message));
            }
        }
    }
}

/// Volumes without a name of their own that these containers use.
fn anonymous_volumes(containers: &[&Container]) -> BTreeSet<String> {
    let mounts = containers.iter().flat_map(|container| &container.mounts);
    let anonymous = mounts.filter(|mount| mount.kind == "volume" && names::is_anonymous_volume(&mount.name));
    anonymous.map(|mount| mount.name.clone()).collect()
}
