//! Networks of a plan.

use super::{Planner, risks};
use crate::config_hash;
use crate::converge::NetworkOutlook;
use crate::desired::{Model, network_key};
use crate::diff::escaped;
use crate::document;
use crate::names::compose;
use release_domain::plan::{Action, CheckCode, RiskCode};

/// What is done to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkStep {
    Keep,
    Create,
    /// Its configuration differs: made anew, and what is in it put into the new one.
    Swap,
}

impl Planner<'_> {
    pub(super) fn networks(&mut self, model: &Model) {
        for (key, network) in &model.project.networks {
            let live = self.observed.networks.get(&network.name);
            let pointer = format!("/networks/{}", escaped(key));
            if network.external {
                match live {
                    Some(live) => {
                        let outlook = NetworkOutlook::Is(live.id.clone());
                        self.outlook.networks.insert(network.name.clone(), outlook);
                    }
                    None => {
                        let message = format!("the external network {} is not there", network.name);
                        self.fail(CheckCode::ConfigMissing, &pointer, message);
                    }
                }
                continue;
            }
            let project = live.and_then(|live| live.labels.get(compose::PROJECT));
            let hash = live.and_then(|live| live.labels.get(compose::CONFIG_HASH));
            let wanted = config_hash::network(network);
            let step = match live {
                None => NetworkStep::Create,
                Some(_) if hash.is_some_and(|hash| *hash != wanted) => NetworkStep::Swap,
                Some(_) => NetworkStep::Keep,
            };
            if live.is_some() && project != Some(&self.states.project) {
                let message = format!("a network called {} exists and belongs to something else", network.name);
                self.fail(CheckCode::NameConflict, &pointer, message);
            }
            self.network(model, key, step);
        }
    }

    fn network(&mut self, model: &Model, key: &str, step: NetworkStep) {
        let network = &model.project.networks[key];
        let live = self.observed.networks.get(&network.name);
        let known: Vec<&Model> = self.states.all().collect();
        let before = live.map(|live| document::live_network(key, live, &known));
        let after = document::network(network);
        let object = network_key(key);
        let (action, outlook) = match (step, live) {
            (NetworkStep::Keep, Some(live)) => (Action::Unchanged, NetworkOutlook::Is(live.id.clone())),
            (NetworkStep::Swap, _) => (Action::Replace, NetworkOutlook::Swapped),
            (NetworkStep::Create | NetworkStep::Keep, _) => (Action::Create, NetworkOutlook::New),
        };
        let (mut fields, mut risks) = (Vec::new(), Vec::new());
        if step == NetworkStep::Swap {
            fields = self.differ().fields(before.as_ref().unwrap_or(&after), &after, None);
            let message = "it is removed and made again; its containers are cut off for a moment";
            risks.push(risks::risk(RiskCode::Replace, message.into()));
            let project: Vec<&str> = self.observed.containers.iter().map(|c| c.id.as_str()).collect();
            let strangers = live.map_or(0, |live| {
                live.containers
                    .iter()
                    .filter(|id| !project.contains(&id.as_str()))
                    .count()
            });
            if strangers > 0 {
                let message =
                    format!("it must be made again, and {strangers} containers outside the project are in it");
                self.fail(CheckCode::NameConflict, &format!("/networks/{}", escaped(key)), message);
            }
        }
        if let Some(live) = live {
            self.adopted(&object, &live.labels.clone());
        }
        self.outlook.networks.insert(network.name.clone(), outlook);
        self.steps.networks.insert(key.into(), step);
        self.push(&object, action, fields, risks);
        self.text(&object, before.as_ref(), Some(&after));
    }
}
