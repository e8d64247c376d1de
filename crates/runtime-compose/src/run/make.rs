//! Making one container: under which name, of what, with which files.

use super::images::Ready;
use super::round::Round;
use super::{Broken, Run};
use crate::container::{Recipe, files, networking};
use crate::converge::starts_first;
use crate::diagnose::Doing;
use crate::engine::Fault;
use crate::names::{self, compose, is_anonymous_volume, ours};
use crate::observed::{Container, MountSeen, Status};
use release_domain::release::Strategy;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

/// How often a name is asked for that a run before us may have taken, and how long each time for the engine to say so.
const LEFTOVER_TRIES: u32 = 5;
const LEFTOVER_WAIT: Duration = Duration::from_secs(2);

impl Round<'_> {
    /// Makes a container with its networks and files; it does not run yet.
    pub(super) async fn create(&self, number: u32, replaces: Option<&Container>) -> Result<String, Broken> {
        let run = self.run;
        let model = run.model()?;
        let service = self.service();
        let image = self.image();
        let inherited = replaces
            .map(|old| self.inherited(old, &image.volumes))
            .unwrap_or_default();
        let is_rolling = run.request.plan.strategy == Strategy::Rolling;
        let held_back = replaces.is_some() && is_rolling && starts_first(service) && self.can_be_held_back();
        let recipe = self.recipe(number, &image, replaces, held_back, &inherited)?;
        let name = match replaces {
            Some(old) => names::interim(&old.id, &self.name(number)),
            None => self.name(number),
        };
        let id = self.create_named(&name, &recipe).await?;
        run.shared().touched.insert(id.clone(), self.object.clone());
        for (network, settings) in networking::later(&recipe) {
            let joined = run.engine.join(&network, &id, settings).await;
            joined.map_err(Run::call(&self.object, Some(&name), Doing::Join))?;
        }
        let copied = files::of(&model.project, service);
        if !copied.is_empty() {
            let uploaded = run.engine.upload(&id, files::archive(&copied)).await;
            uploaded.map_err(Run::call(&self.object, Some(&name), Doing::Copy))?;
        }
        Ok(id)
    }

    pub(super) fn image(&self) -> Ready {
        self.run.images.get(&self.service().image).cloned().unwrap_or_default()
    }

    pub(super) fn recipe<'r>(
        &'r self,
        number: u32,
        image: &'r Ready,
        replaces: Option<&'r Container>,
        held_back: bool,
        inherited: &'r [MountSeen],
    ) -> Result<Recipe<'r>, Broken> {
        let run = self.run;
        Ok(Recipe {
            model: run.model()?,
            key: self.key,
            service: self.service(),
            number,
            image: &image.ask,
            image_id: &image.id,
            config_hash: &self.wanted.hash,
            files_hash: self.wanted.files.as_deref(),
            inherited,
            replaces: replaces.map(|old| old.id.as_str()),
            held_back,
            links: self.links(),
            marks: &run.marks,
            api: run.engine.api,
        })
    }

    /// A run that was cut off may still be served by the engine: the container that it asked for comes to be after we
    /// looked, and has our name. It never ran, so it is taken away.
    async fn create_named(&self, name: &str, recipe: &Recipe<'_>) -> Result<String, Broken> {
        let run = self.run;
        let failed = || Run::call(&self.object, Some(name), Doing::Create);
        let mut made_by_now = run.changes.of_new();
        for _ in 0..LEFTOVER_TRIES {
            made_by_now.borrow_and_update();
            match self.ask_for(name, recipe).await {
                Err(fault) if fault.status() == Some(409) => match run.engine.inspect(name).await? {
                    Some(found) if self.is_leftover(&found) => {
                        run.remove_container(&self.object, &found.id, true).await?
                    }
                    Some(_) => return Err(failed()(fault)),
                    // The name is taken and nobody has it: it is being made.
                    None => drop(timeout(LEFTOVER_WAIT, made_by_now.changed()).await),
                },
                made => return made.map_err(failed()),
            }
        }
        self.ask_for(name, recipe).await.map_err(failed())
    }

    async fn ask_for(&self, name: &str, recipe: &Recipe<'_>) -> Result<String, Fault> {
        let (engine, body) = (self.run.engine.clone(), recipe.body());
        let (name, platform) = (name.to_owned(), self.service().platform.clone());
        self.run
            .to_the_end(async move { engine.create_container(&name, &platform, body).await })
            .await
    }

    fn is_leftover(&self, found: &Container) -> bool {
        let run = self.run;
        found.state.status == Status::Created
            && found.owner() == Some(&run.owner)
            && found.label(compose::PROJECT) == Some(&run.states.project)
    }

    /// Anonymous volumes go on in the new container, where it still has a place for them.
    fn inherited(&self, old: &Container, of_image: &BTreeSet<String>) -> Vec<MountSeen> {
        let declared = |target: &str| {
            self.service()
                .volumes
                .iter()
                .any(|v| v.target == target && v.source.is_empty())
        };
        let anonymous = old
            .mounts
            .iter()
            .filter(|mount| mount.kind == "volume" && is_anonymous_volume(&mount.name));
        anonymous
            .filter(|m| of_image.contains(&m.target) || declared(&m.target))
            .cloned()
            .collect()
    }

    /// Names under which linked containers are known in this one.
    fn links(&self) -> Vec<String> {
        let Ok(model) = self.run.model() else { return Vec::new() };
        let mut links = Vec::new();
        for link in &self.service().links {
            let (to, alias) = link.split_once(':').unwrap_or((link, link));
            let Some(service) = model.project.services.get(to) else {
                continue;
            };
            for number in 1..=u32::try_from(service.replicas()).unwrap_or(0) {
                let name = names::container(&model.project.name, to, service, number);
                links.push(format!("{name}:{alias}"));
                links.push(format!("{name}:{to}-{number}"));
                links.push(format!("{name}:{}-{to}-{number}", model.project.name));
            }
        }
        links.extend(
            self.service()
                .external_links
                .iter()
                .map(|link| match link.contains(':') {
                    true => link.clone(),
                    false => format!("{link}:{link}"),
                }),
        );
        links.sort();
        links.dedup();
        links
    }

    /// Whether a new container can stay unknown while it starts: every network lets it come back under its address.
    fn can_be_held_back(&self) -> bool {
        let run = self.run;
        let Ok(model) = run.model() else { return false };
        self.service().networks.keys().all(|key| {
            let Some(network) = model.project.networks.get(key) else {
                return false;
            };
            let live = run.observed.networks.get(&network.name);
            let fixed = live.is_some_and(|live| live.labels.contains_key(ours::SUBNET));
            fixed || live.is_some() && network.ipam.config.iter().any(|pool| !pool.subnet.is_empty())
        })
    }

    pub(super) fn name(&self, number: u32) -> String {
        names::container(&self.run.states.project, self.key, self.service(), number)
    }
}
