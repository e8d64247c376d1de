//! Services of a plan.

use super::{Planner, risks};
use crate::converge::{self, Needs, Slot, Wanted, Why};
use crate::desired::{Model, service_key};
use crate::diff::escaped;
use crate::document;
use crate::model::Service;
use crate::names;
use crate::observed::{Container, Image, Status};
use release_domain::plan::{Action, CheckCode, FieldChange, RiskCode};
use release_domain::release::Strategy;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What a container shows of a service: the rest is not compared where the service it came from is not known.
const VISIBLE: [&str; 16] = [
    "cap_add",
    "cap_drop",
    "command",
    "entrypoint",
    "environment",
    "healthcheck",
    "image",
    "image_id",
    "labels",
    "networks",
    "ports",
    "privileged",
    "read_only",
    "restart",
    "user",
    "working_dir",
];

impl Planner<'_> {
    pub(super) fn services(&mut self, model: &Model) {
        let registries = self.registries();
        for key in model.in_order() {
            let Some(wanted) = Wanted::of(model, key, &self.outlook, &self.request.secret_key) else {
                continue;
            };
            let needs = converge::needs(model, key, &wanted, self.observed, &self.outlook);
            // What shares something with it follows it when its first container becomes another one.
            let parent = match needs.slots.first() {
                Some(Slot::Keep { id, .. } | Slot::Start { id, .. } | Slot::Restart { id }) => Some(id.clone()),
                Some(Slot::Create { .. } | Slot::Replace { .. }) | None => None,
            };
            self.outlook.parents.insert(key.to_owned(), parent);
            if needs.renews() {
                self.outlook.renewed.insert(key.to_owned());
            }
            self.image(model, key);
            self.names(model, key, &needs);
            self.service(model, key, &needs, &registries);
        }
    }

    fn service(&mut self, model: &Model, key: &str, needs: &Needs, registries: &BTreeSet<String>) {
        let service = &model.project.services[key];
        let live: Vec<&Container> = self.observed.of_service(key).collect();
        let replaced = needs.slots.iter().find_map(|slot| match slot {
            Slot::Replace { old, .. } => self.observed.container(old),
            Slot::Keep { .. } | Slot::Start { .. } | Slot::Restart { .. } | Slot::Create { .. } => None,
        });
        let shown = replaced.or_else(|| live.first().copied());
        let known: Vec<&Model> = self.states.all().collect();
        let before = shown.map(|container| document::live_service(key, container, &known));
        let after = document::service(model, service);
        let is_known = shown.is_some_and(|container| before.as_ref().is_some_and(|doc| *doc != container.view));
        let object = service_key(key);
        let mut risks = risks::of_service(model, key, service, registries);
        let action = match (needs.is_met(), live.is_empty()) {
            (true, _) => Action::Unchanged,
            (false, true) => Action::Create,
            (false, false) => match (self.request.strategy, replaced.is_some() || self.loses_volume(&live)) {
                (Strategy::Recreate, true) => {
                    let message = "all its containers are stopped before new ones start";
                    risks.push(risks::risk(RiskCode::Replace, message.into()));
                    Action::Replace
                }
                (Strategy::Rolling | Strategy::Recreate, _) => Action::Update,
            },
        };
        let fields = match action {
            Action::Update | Action::Replace => {
                let before = before.clone().unwrap_or_default();
                self.fields(needs, &live, service, &before, &after, is_known)
            }
            Action::Create | Action::Delete | Action::Unchanged | Action::Unverified => Vec::new(),
        };
        if let Some(container) = live.first() {
            self.adopted(&object, &container.labels.clone());
        }
        self.push(&object, action, fields, risks);
        self.text(&object, before.as_ref(), Some(&after));
    }

    fn loses_volume(&self, live: &[&Container]) -> bool {
        live.iter()
            .flat_map(|c| &c.mounts)
            .any(|mount| self.outlook.new_volumes.contains(&mount.name))
    }

    fn fields(
        &self,
        needs: &Needs,
        live: &[&Container],
        service: &Service,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        is_known: bool,
    ) -> Vec<FieldChange> {
        let differ = self.differ();
        let mut fields = Vec::new();
        let whys: Vec<&Why> = needs.slots.iter().flat_map(why).collect();
        if !whys.is_empty() || self.loses_volume(live) {
            let only = (!is_known).then_some(&VISIBLE[..]);
            fields = differ.fields(before, after, only);
        }
        let mut tell = |path: String, before: Option<Value>, after: Option<Value>| {
            if !fields
                .iter()
                .any(|field: &FieldChange| field.path == path || field.path.starts_with(&format!("{path}/")))
            {
                fields.push(differ.change(&path, before, after));
            }
        };
        for why in whys {
            match why {
                Why::Config | Why::Image => {}
                Why::Files => tell(
                    format!("/{}", document::FILES),
                    Some(json!("others")),
                    Some(json!("as given")),
                ),
                Why::Network(key) => tell(format!("/networks/{}", escaped(key)), None, Some(json!("joined"))),
                Why::Volume(target) => tell(format!("/volumes/{}", escaped(target)), None, Some(json!("mounted"))),
                Why::Namespace(parent) => {
                    let (old, new) = (
                        json!(format!("container of {parent}")),
                        json!(format!("new container of {parent}")),
                    );
                    tell(format!("/shares/{}", escaped(parent)), Some(old), Some(new));
                }
                Why::Limit(path, live, wanted) => tell((*path).to_owned(), Some(live.clone()), Some(wanted.clone())),
            }
        }
        let successors: Vec<&str> = needs.slots.iter().filter_map(successor).collect();
        let stopped = needs.slots.iter().find_map(|slot| match slot {
            Slot::Start { id, .. } => self.observed.container(id),
            Slot::Keep { .. } | Slot::Restart { .. } | Slot::Create { .. } | Slot::Replace { .. } => None,
        });
        if let Some(container) = stopped {
            let state = match container.state.status {
                Status::Exited => format!("exited ({})", container.state.exit_code),
                other => other.as_str().to_owned(),
            };
            tell("/state".into(), Some(json!(state)), Some(json!("running")));
        }
        if needs.slots.iter().any(|slot| matches!(slot, Slot::Restart { .. })) {
            tell("/state".into(), Some(json!("running")), Some(json!("restarted")));
        }
        let settled = live
            .iter()
            .filter(|c| !needs.stale.contains(&c.id) && !successors.contains(&c.id.as_str()))
            .count();
        let replicas = usize::try_from(service.replicas()).unwrap_or(0);
        if !needs.surplus.is_empty()
            || needs.slots.iter().any(|slot| matches!(slot, Slot::Create { .. })) && settled != replicas
        {
            tell("/scale".into(), Some(json!(settled)), Some(json!(replicas)));
        }
        fields.sort_by(|a, b| a.path.cmp(&b.path));
        fields
    }

    /// What the image stands for, where that is a trouble.
    fn image(&mut self, model: &Model, key: &str) {
        let service = &model.project.services[key];
        let pinned = model.pin(service).and_then(|pin| pin.id.as_ref());
        let seen = pinned
            .and_then(|id| self.observed.images.get(id))
            .or_else(|| self.observed.images.get(&service.image));
        let pointer = format!("/services/{}/image", escaped(key));
        let image = &service.image;
        match seen {
            Some(Image::Local { .. } | Image::Remote { .. }) | None => {}
            Some(Image::Missing { .. }) if pinned.is_some() => {
                let message = format!("the image that {image} was pinned to is no longer on the engine");
                self.fail(CheckCode::ImageNotFound, &pointer, message);
            }
            Some(Image::Missing { reason }) => {
                let message = format!("{image} is neither on the engine nor known to its registry: {reason}");
                self.fail(CheckCode::ImageNotFound, &pointer, message);
            }
            Some(Image::Invalid { reason }) => {
                self.fail(
                    CheckCode::ImageNotFound,
                    &pointer,
                    format!("{image} is no image name: {reason}"),
                );
            }
            Some(Image::Unverified { reason }) => {
                let message = format!("{image} is not on the engine and its registry does not answer: {reason}");
                self.warn(CheckCode::ImageUnverified, &pointer, message);
            }
        }
    }

    /// Names that stand for something else.
    fn names(&mut self, model: &Model, key: &str, needs: &Needs) {
        let service = &model.project.services[key];
        let pointer = format!("/services/{}", escaped(key));
        for slot in &needs.slots {
            let number = match slot {
                Slot::Create { number } | Slot::Replace { number, .. } => *number,
                Slot::Keep { .. } | Slot::Start { .. } | Slot::Restart { .. } => continue,
            };
            let name = names::container(&self.states.project, key, service, number);
            if self.observed.taken_names.contains(&name) {
                let message = format!("a container called {name} exists and belongs to something else");
                self.fail(CheckCode::NameConflict, &pointer, message);
            }
        }
        let foreign = self
            .observed
            .of_service(key)
            .any(|c| c.owner().is_some_and(|owner| owner != self.owner));
        if foreign {
            let message = format!("{key} on this target belongs to another service of this system");
            self.fail(CheckCode::NameConflict, &pointer, message);
        }
    }

    /// Where the project's images came from until now.
    fn registries(&self) -> BTreeSet<String> {
        let live = self
            .observed
            .containers
            .iter()
            .map(|c| c.image.as_str())
            .filter(|image| !image.starts_with("sha256:"));
        let earlier = [&self.states.current, &self.states.leaving].into_iter().flatten();
        let earlier = earlier
            .flat_map(|model| model.project.services.values())
            .map(|s| s.image.as_str());
        live.chain(earlier)
            .map(|image| names::registry(image).to_owned())
            .collect()
    }
}

fn successor(slot: &Slot) -> Option<&str> {
    match slot {
        Slot::Replace { successor, .. } => successor.as_deref(),
        Slot::Keep { .. } | Slot::Start { .. } | Slot::Restart { .. } | Slot::Create { .. } => None,
    }
}

fn why(slot: &Slot) -> &[Why] {
    match slot {
        Slot::Replace { why, .. } => why,
        Slot::Keep { .. } | Slot::Start { .. } | Slot::Restart { .. } | Slot::Create { .. } => &[],
    }
}
