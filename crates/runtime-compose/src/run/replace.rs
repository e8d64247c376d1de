//! Making containers, and one taking the place of another. The old one is kept until the new one is healthy.

use super::phases::Phase;
use super::round::Round;
use super::{Broken, Run};
use crate::container::{Recipe, files, networking};
use crate::converge::{Slot, starts_first};
use crate::diagnose::Doing;
use crate::engine::Fault;
use crate::names::{self, compose, is_anonymous_volume, ours};
use crate::observed::{Container, MountSeen, Status};
use futures::future::{join_all, try_join_all};
use release_domain::release::Strategy;
use std::time::Duration;
use tokio::time::timeout;

/// How often a name is asked for that a run before us may have taken, and how long each time for the engine to say so.
const LEFTOVER_TRIES: u32 = 5;
const LEFTOVER_WAIT: Duration = Duration::from_secs(2);

/// One replacement.
struct Swap<'a> {
    number: u32,
    old: &'a Container,
    new: String,
}

impl Round<'_> {
    /// All replacements: one replica at a time, or all at once where the strategy is `recreate`.
    pub(super) async fn replace_all(&self, ready: u32) -> Result<Vec<Phase>, Broken> {
        let run = self.run;
        let pending: Vec<_> = self
            .needs
            .slots
            .iter()
            .filter_map(|slot| match slot {
                Slot::Replace {
                    number, old, successor, ..
                } => Some((*number, run.observed.container(old)?, successor)),
                Slot::Keep { .. } | Slot::Start { .. } | Slot::Create { .. } => None,
            })
            .collect();
        let mut phases = Vec::new();
        match run.request.plan.strategy {
            Strategy::Rolling => {
                for (number, old, successor) in pending {
                    let swap = self.prepare(number, old, successor.as_deref()).await?;
                    if phases.is_empty() && ready == 0 {
                        self.is_parent(&swap.new);
                    }
                    phases.push(match starts_first(self.service()) {
                        true => self.start_first(swap).await?,
                        false => self.stop_first(swap).await?,
                    });
                    let done = ready.saturating_add(u32::try_from(phases.len()).unwrap_or(u32::MAX));
                    if done < self.total() {
                        self.progress(done, None).await;
                    }
                }
            }
            Strategy::Recreate => {
                let prepared = pending
                    .into_iter()
                    .map(|(n, old, successor)| self.prepare(n, old, successor.as_deref()));
                let swaps = try_join_all(prepared).await?;
                if let (Some(swap), 0) = (swaps.first(), ready) {
                    self.is_parent(&swap.new);
                }
                try_join_all(swaps.iter().map(|swap| self.stop(&swap.old.id))).await?;
                phases = try_join_all(swaps.into_iter().map(|swap| self.stop_first(swap))).await?;
            }
        }
        Ok(phases)
    }

    /// The new container under its interim name: what cannot even be made takes nothing away.
    async fn prepare<'c>(&self, number: u32, old: &'c Container, successor: Option<&str>) -> Result<Swap<'c>, Broken> {
        let new = match successor {
            Some(id) => id.to_owned(),
            None => self.create(number, Some(old)).await?,
        };
        Ok(Swap { number, old, new })
    }

    /// The old one serves until the new one is healthy, and leaves its networks before it ends, so that nobody is sent
    /// to it any more.
    async fn start_first(&self, swap: Swap<'_>) -> Result<Phase, Broken> {
        self.start(&swap.new).await?;
        let phase = self.healthy(&swap.new, true).await?;
        self.commit(&swap);
        let engine = self.run.engine;
        let leaves = swap
            .old
            .networks
            .keys()
            .map(|network| engine.leave(network, &swap.old.id));
        // A network that it cannot leave is left when it is removed.
        join_all(leaves).await;
        self.end(&swap.old.id).await?;
        self.take_name(&swap).await?;
        Ok(phase)
    }

    /// Where two cannot run side by side.
    async fn stop_first(&self, swap: Swap<'_>) -> Result<Phase, Broken> {
        self.stop(&swap.old.id).await?;
        self.start(&swap.new).await?;
        let phase = self.healthy(&swap.new, true).await?;
        self.commit(&swap);
        self.end(&swap.old.id).await?;
        self.take_name(&swap).await?;
        Ok(phase)
    }

    async fn stop(&self, id: &str) -> Result<(), Broken> {
        self.run.shared().stopping.insert(id.to_owned());
        let stopped = self.run.engine.stop(id).await;
        stopped.map_err(Run::call(&self.object, Some(id), Doing::Stop))
    }

    fn commit(&self, swap: &Swap<'_>) {
        self.run.shared().committed.insert(swap.new.clone());
    }

    async fn take_name(&self, swap: &Swap<'_>) -> Result<(), Broken> {
        let name = self.name(swap.number);
        let renamed = self.run.engine.rename(&swap.new, &name).await;
        renamed.map_err(Run::call(&self.object, Some(&name), Doing::Create))
    }

    fn name(&self, number: u32) -> String {
        names::container(&self.run.states.project, self.key, self.service(), number)
    }

    /// Makes a container with its networks and files; it does not run yet.
    pub(super) async fn create(&self, number: u32, replaces: Option<&Container>) -> Result<String, Broken> {
        let run = self.run;
        let model = run.model()?;
        let service = self.service();
        let image = run.images.get(&service.image).cloned().unwrap_or_default();
        let inherited = replaces
            .map(|old| self.inherited(old, &image.volumes))
            .unwrap_or_default();
        let recipe = Recipe {
            model,
            key: self.key,
            service,
            number,
            image: &image.ask,
            image_id: &image.id,
            config_hash: &self.wanted.hash,
            files_hash: self.wanted.files.as_deref(),
            inherited: &inherited,
            replaces: replaces.map(|old| old.id.as_str()),
            links: self.links(),
            marks: &run.marks,
            api: run.engine.api,
        };
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
                    Some(found) if self.is_leftover(&found) => run.engine.remove_container(&found.id, true).await?,
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
        let (engine, name, body) = (self.run.engine.clone(), name.to_owned(), recipe.body());
        self.run
            .to_the_end(async move { engine.create_container(&name, body).await })
            .await
    }

    fn is_leftover(&self, found: &Container) -> bool {
        let run = self.run;
        found.state.status == Status::Created
            && found.owner() == Some(&run.owner)
            && found.label(compose::PROJECT) == Some(&run.states.project)
    }

    /// Anonymous volumes go on in the new container, where it still has a place for them.
    fn inherited(&self, old: &Container, of_image: &std::collections::BTreeSet<String>) -> Vec<MountSeen> {
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
}

/// Whether a container stands under an interim name, waiting for the place of another; that one's id.
pub(super) fn waits_for(container: &Container) -> Option<&str> {
    let old = container.label(ours::REPLACES)?;
    container
        .name
        .starts_with(&format!("{}_", names::short(old)))
        .then_some(old)
}
