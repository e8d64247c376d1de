//! The desired states that a plan speaks of, read once.

use crate::config_hash;
use crate::desired::{Model, Pin};
use crate::engine::Scope;
use crate::literals;
use crate::names;
use crate::observed::{Image, Observed};
use release_domain::ports::{Desired, PlanRequest, TargetAccess, TargetError};
use release_domain::secret::Masker;
use std::collections::BTreeSet;

/// What is wanted, what is being left, what is current.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// The compose project's name on the target.
    pub project: String,
    pub desired: Option<Model>,
    pub leaving: Option<Model>,
    pub current: Option<Model>,
    /// For what a manifest says.
    pub masker: Masker,
    /// For what containers and engines say.
    pub log_masker: Masker,
}

impl States {
    /// # Errors
    /// A state was not written by this adapter, or nothing says which project it is.
    pub fn read(target: &TargetAccess, request: &PlanRequest) -> Result<Self, TargetError> {
        let read = |state: &Option<Desired>| state.as_ref().map(Model::read).transpose();
        let states = [&request.desired, &request.leaving, &request.current];
        let mut read = Self {
            project: String::new(),
            desired: read(&request.desired)?,
            leaving: read(&request.leaving)?,
            current: read(&request.current)?,
            masker: Masker::of(states.into_iter().flatten()),
            log_masker: Masker::default(),
        };
        read.log_masker = read.masker.with(read.all().flat_map(literals::of));
        let named = read.all().map(|model| model.project.name.clone()).next();
        read.project = named
            .or_else(|| target.compose_project.clone())
            .ok_or_else(|| TargetError::Refused("the target names no Compose project".into()))?;
        Ok(read)
    }

    /// For looking at one state alone.
    ///
    /// # Errors
    /// As [`States::read`].
    pub fn of(desired: &Desired) -> Result<Self, TargetError> {
        let model = Model::read(desired)?;
        let masker = Masker::of([desired]);
        Ok(Self {
            project: model.project.name.clone(),
            log_masker: masker.with(literals::of(&model)),
            desired: Some(model),
            masker,
            ..Self::default()
        })
    }

    /// Every state there is, earlier ones first: what runs was made from one of them.
    pub fn all(&self) -> impl Iterator<Item = &Model> {
        [&self.current, &self.leaving, &self.desired].into_iter().flatten()
    }

    /// Whether an object is known to be ours: an earlier release had it.
    pub fn had(&self, key: &str) -> bool {
        let earlier = [&self.current, &self.leaving].into_iter().flatten();
        earlier.flat_map(Model::objects).any(|object| object.key == key)
    }

    /// The same without images: health is seen on what runs.
    pub fn scope_of_health(&self) -> Scope {
        Scope {
            images: Default::default(),
            containers: Default::default(),
            ..self.scope()
        }
    }

    /// What the engine is to be looked at for.
    pub fn scope(&self) -> Scope {
        let mut scope = Scope {
            project: self.project.clone(),
            ..Scope::default()
        };
        for model in self.all() {
            let project = &model.project;
            scope
                .networks
                .extend(project.networks.values().map(|network| network.name.clone()));
            scope
                .volumes
                .extend(project.volumes.values().map(|volume| volume.name.clone()));
            scope
                .known_hashes
                .extend(project.services.values().map(config_hash::service));
        }
        let Some(model) = &self.desired else {
            return scope;
        };
        for (key, service) in &model.project.services {
            match model.pin(service).and_then(|pin| pin.id.clone()) {
                Some(id) => scope.images.insert(id, "never".into()),
                None => match model.pin(service).and_then(|pin| pin.digest.as_ref()) {
                    Some(digest) => scope.images.insert(pinned(&service.image, digest), "never".into()),
                    None => scope.images.insert(service.image.clone(), service.pull_policy.clone()),
                },
            };
            let replicas = u32::try_from(service.replicas()).unwrap_or(0);
            let names = (1..=replicas).map(|n| names::container(&model.project.name, key, service, n));
            scope.containers.extend(names.collect::<BTreeSet<_>>());
        }
        scope
    }

    /// Pins each image to what it stands for now, and what was pinned to a digest to the engine's image of it.
    pub fn pin(&mut self, observed: &Observed) {
        let Some(model) = &mut self.desired else { return };
        let references: BTreeSet<String> = model.project.services.values().map(|s| s.image.clone()).collect();
        for reference in references {
            let known = model.pins.get(&reference);
            let seen = match known {
                Some(Pin { id: Some(_), .. }) => continue,
                Some(Pin {
                    digest: Some(digest), ..
                }) => observed.images.get(&pinned(&reference, digest)),
                Some(Pin { id: None, digest: None }) | None => observed.images.get(&reference),
            };
            let digest = known.and_then(|pin| pin.digest.clone());
            let pin = match seen {
                Some(Image::Local { id, .. }) => Pin {
                    id: Some(id.clone()),
                    digest,
                },
                Some(Image::Remote { digest }) => Pin {
                    id: None,
                    digest: Some(digest.clone()),
                },
                Some(Image::Missing { .. } | Image::Unverified { .. } | Image::Invalid { .. }) | None => continue,
            };
            model.pins.insert(reference, pin);
        }
    }
}

/// `name@sha256:…`: the image of a registry's digest.
pub fn pinned(reference: &str, digest: &str) -> String {
    format!("{}@{digest}", crate::engine::split_tag(reference).0)
}

impl States {
    /// How many services one after the other a service depends on: what depends on others is removed before them.
    pub fn level(&self, key: &str) -> usize {
        let name = key.split_once('/').map_or(key, |(_, name)| name);
        let model = self.all().find(|model| model.project.services.contains_key(name));
        model.map_or(0, |model| model.level(name))
    }
}
