//! Volumes of a plan.

use super::{Planner, policy, risks};
use crate::config_hash;
use crate::desired::{Model, volume_key};
use crate::diff::escaped;
use crate::document;
use crate::names::compose;
use release_domain::plan::{Action, CheckCode, RiskCode};

/// What is done to a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeStep {
    Keep,
    Create,
    /// Its configuration differs: made anew, and what was in it is lost. Only with consent.
    Recreate,
}

/// The consent that a draft gives to it.
const CONSENT: &str = "volume_recreate";

impl Planner<'_> {
    pub(super) fn volumes(&mut self, model: &Model) {
        for (key, volume) in &model.project.volumes {
            let live = self.observed.volumes.get(&volume.name);
            if volume.external {
                if live.is_none() {
                    let message = format!("the external volume {} is not there", volume.name);
                    self.fail(CheckCode::ConfigMissing, &format!("/volumes/{}", escaped(key)), message);
                }
                continue;
            }
            let hash = live.and_then(|live| live.labels.get(compose::CONFIG_HASH));
            let step = match live {
                None => VolumeStep::Create,
                Some(_) if hash.is_some_and(|hash| *hash != config_hash::volume(volume)) => VolumeStep::Recreate,
                Some(_) => VolumeStep::Keep,
            };
            self.volume(model, key, step);
        }
    }

    fn volume(&mut self, model: &Model, key: &str, step: VolumeStep) {
        let volume = &model.project.volumes[key];
        let live = self.observed.volumes.get(&volume.name);
        let known: Vec<&Model> = self.states.all().collect();
        let before = live.map(|live| document::live_volume(key, live, &known));
        let after = document::volume(volume);
        let object = volume_key(key);
        let (mut fields, mut risks) = (Vec::new(), Vec::new());
        if policy::bound_path(&volume.driver, &volume.driver_opts).is_some() {
            risks.push(risks::risk(RiskCode::HostMount, "it is a folder of the host".into()));
        }
        let action = match step {
            VolumeStep::Keep => Action::Unchanged,
            VolumeStep::Create => Action::Create,
            VolumeStep::Recreate => {
                fields = self.differ().fields(before.as_ref().unwrap_or(&after), &after, None);
                risks.push(risks::risk(RiskCode::Replace, "it is removed and made again".into()));
                risks.push(risks::risk(RiskCode::Volume, "the data in it is lost".into()));
                self.outlook.new_volumes.insert(volume.name.clone());
                if !self.request.options.consent.iter().any(|consent| consent == CONSENT) {
                    let message = format!("the volume must be made again; the draft has to consent with {CONSENT}");
                    self.fail(
                        CheckCode::ConsentMissing,
                        &format!("/volumes/{}", escaped(key)),
                        message,
                    );
                }
                Action::Replace
            }
        };
        if let Some(live) = live {
            self.adopted(&object, &live.labels.clone());
        }
        self.steps.volumes.insert(key.into(), step);
        self.push(&object, action, fields, risks);
        self.text(&object, before.as_ref(), Some(&after));
    }
}
