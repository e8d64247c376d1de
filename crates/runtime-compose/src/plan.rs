//! The plan: what an apply would change, and what it would do in which order. Pure: values in, values out.
//!
//! Invariant: the same desired state on the same live state gives the same bytes, whenever it is asked.

mod dropped;
mod fingerprint;
mod networks;
mod policy;
mod risks;
mod services;
mod volumes;

pub use dropped::Removal;
pub use networks::NetworkStep;
pub use volumes::VolumeStep;

use crate::converge::Outlook;
use crate::desired::{self, Model};
use crate::diff::Differ;
use crate::document;
use crate::observed::Observed;
use crate::states::States;
use release_domain::plan::{Action, Change, Check, CheckCode, CheckStatus, FieldChange, Plan, Risk};
use release_domain::ports::{ObjectText, PlanMade, PlanRequest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the executor does, beside bringing each service to what it needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    /// By key.
    pub networks: BTreeMap<String, NetworkStep>,
    pub volumes: BTreeMap<String, VolumeStep>,
    /// Those that depend on others first.
    pub removals: Vec<Removal>,
    /// Key and name of networks that go once nothing is in them.
    pub dropped_networks: Vec<(String, String)>,
    /// Key and name of volumes that go, with consent.
    pub dropped_volumes: Vec<(String, String)>,
}

/// A plan and the way to it.
#[derive(Clone, Debug)]
pub struct Planned {
    pub made: PlanMade,
    pub steps: Steps,
    pub outlook: Outlook,
}

/// Plans; the images of `states` are pinned already.
pub fn make(states: &States, observed: &Observed, request: &PlanRequest) -> Planned {
    let mut planner = Planner {
        states,
        observed,
        request,
        owner: request.service.to_string(),
        outlook: Outlook::default(),
        steps: Steps::default(),
        changes: Vec::new(),
        checks: Vec::new(),
        warnings: Vec::new(),
        irreversible: Vec::new(),
        texts: BTreeMap::new(),
    };
    if let Some(model) = &states.desired {
        planner.networks(model);
        planner.volumes(model);
        planner.services(model);
        planner.checks.extend(policy::denied(model, observed, &request.allow));
        planner.relative_sources(model);
    }
    planner.dropped();
    planner.finish()
}

struct Planner<'a> {
    states: &'a States,
    observed: &'a Observed,
    request: &'a PlanRequest,
    /// The release service, as labels name it.
    owner: String,
    outlook: Outlook,
    steps: Steps,
    changes: Vec<Change>,
    checks: Vec<Check>,
    warnings: Vec<Check>,
    irreversible: Vec<Check>,
    texts: BTreeMap<String, ObjectText>,
}

impl Planner<'_> {
    fn finish(mut self) -> Planned {
        let fingerprint = fingerprint::of(self.states, self.observed, &self.changes);
        for checks in [&mut self.checks, &mut self.warnings, &mut self.irreversible] {
            checks.sort_by(|a, b| (a.code, &a.pointer, &a.message).cmp(&(b.code, &b.pointer, &b.message)));
        }
        let secrets = self
            .request
            .desired
            .as_ref()
            .map(|d| d.secret_values.clone())
            .unwrap_or_default();
        Planned {
            made: PlanMade {
                plan: Plan::new(self.changes),
                checks: self.checks,
                warnings: self.warnings,
                irreversible: self.irreversible,
                live_fingerprint: fingerprint,
                desired: self.states.desired.as_ref().map(|model| model.write(secrets)),
                texts: self.texts,
            },
            steps: self.steps,
            outlook: self.outlook,
        }
    }

    fn differ(&self) -> Differ<'_> {
        Differ {
            masker: &self.states.masker,
            key: &self.request.secret_key,
        }
    }

    fn push(&mut self, key: &str, action: Action, fields: Vec<FieldChange>, risks: Vec<Risk>) {
        self.changes.push(Change {
            key: key.into(),
            resource: desired::resource(key),
            action,
            fields,
            // What does not change is nothing to look at twice.
            risks: if action == Action::Unchanged { Vec::new() } else { risks },
        });
    }

    fn text(&mut self, key: &str, before: Option<&Map<String, Value>>, after: Option<&Map<String, Value>>) {
        let masker = &self.states.masker;
        let text = ObjectText {
            before: before.map(|document| document::text(document, masker)),
            after: after.map(|document| document::text(document, masker)),
        };
        self.texts.insert(key.into(), text);
    }

    fn fail(&mut self, code: CheckCode, pointer: &str, message: String) {
        self.checks.push(check(code, CheckStatus::Failed, pointer, message));
    }

    fn warn(&mut self, code: CheckCode, pointer: &str, message: String) {
        self.warnings.push(check(code, CheckStatus::Warning, pointer, message));
    }

    /// Told once, by the release that takes it over.
    fn adopted(&mut self, key: &str, labels: &BTreeMap<String, String>) {
        let released = labels.contains_key(crate::names::ours::SERVICE);
        if released || self.states.had(key) {
            return;
        }
        let manager = match labels.contains_key(crate::names::compose::PROJECT) {
            true => crate::names::DOCKER_COMPOSE,
            false => "unknown",
        };
        let message = "it exists and was not made by a release; it is taken over as it is".to_owned();
        let mut adopted = check(CheckCode::Adopted, CheckStatus::Warning, &format!("/{key}"), message);
        adopted.params.insert("manager".into(), manager.into());
        self.warnings.push(adopted);
    }

    /// Paths of the host that nobody can tell the meaning of.
    fn relative_sources(&mut self, model: &Model) {
        for (key, service) in &model.project.services {
            for (pointer, path) in crate::container::bind_sources(model, key, service) {
                if !path.starts_with('/') {
                    let message = format!("{path} is relative, and the target has no working_dir to take it from");
                    self.fail(CheckCode::RelativeBindSource, &pointer, message);
                }
            }
        }
        for (key, volume) in &model.project.volumes {
            match policy::bound_path(&volume.driver, &volume.driver_opts) {
                Some(path) if !path.starts_with('/') => {
                    let pointer = format!("/volumes/{}/driver_opts/device", crate::diff::escaped(key));
                    let message = format!("{path} is relative, and the target has no working_dir to take it from");
                    self.fail(CheckCode::RelativeBindSource, &pointer, message);
                }
                Some(_) | None => {}
            }
        }
    }
}

fn check(code: CheckCode, status: CheckStatus, pointer: &str, message: String) -> Check {
    Check {
        code,
        status,
        message,
        pointer: Some(pointer.into()),
        params: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests;
