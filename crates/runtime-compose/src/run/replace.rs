//! One container taking the place of another. The old one is kept until the new one is healthy.

use super::phases::Phase;
use super::round::Round;
use super::{Broken, Run};
use crate::container::networking;
use crate::converge::{Slot, starts_first};
use crate::diagnose::Doing;
use crate::engine::Fault;
use crate::names::{self, ours};
use crate::observed::{Container, Endpoint};
use bollard::models::EndpointSettings;
use futures::future::try_join_all;
use release_domain::release::Strategy;
use std::time::Duration;

/// How long an old container answers those who have looked up its address: a connection whose first packet was lost
/// while it left and joined again is tried anew after one second.
const LINGER: Duration = Duration::from_millis(1_500);

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
                Slot::Keep { .. } | Slot::Start { .. } | Slot::Restart { .. } | Slot::Create { .. } => None,
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

    /// The old one serves until the new one is healthy. Before it ends nobody is sent to it any more, and what it is
    /// answering it may answer.
    async fn start_first(&self, swap: Swap<'_>) -> Result<Phase, Broken> {
        self.start(&swap.new).await?;
        let phase = self.healthy(&swap.new, true).await?;
        self.make_known(&swap).await?;
        self.commit(&swap);
        self.make_unknown(&swap).await?;
        self.end(&swap.old.id).await?;
        self.take_name(&swap).await?;
        Ok(phase)
    }

    /// Gives a new container the names that clients ask for.
    async fn make_known(&self, swap: &Swap<'_>) -> Result<(), Broken> {
        let Some(new) = self.run.engine.inspect(&swap.new).await? else {
            return Ok(()); // what comes next finds it gone
        };
        let image = self.image();
        let recipe = self.recipe(swap.number, &image, None, false, &[])?;
        for (network, settings) in networking::all(&recipe) {
            let unknown = |endpoint: &&Endpoint| !endpoint.aliases.iter().any(|alias| alias == self.key);
            if let Some(endpoint) = new.networks.get(&network).filter(unknown) {
                self.rejoin(&network, &new, endpoint, settings, true).await?;
            }
        }
        Ok(())
    }

    /// Takes its names from an old container; who has its address already is still answered.
    async fn make_unknown(&self, swap: &Swap<'_>) -> Result<(), Broken> {
        if !self.has_neighbours(swap).await? {
            return Ok(());
        }
        let leaves = swap.old.networks.iter().map(|(network, endpoint)| {
            let nameless = EndpointSettings::default();
            self.rejoin(network, swap.old, endpoint, nameless, false)
        });
        try_join_all(leaves).await?;
        tokio::time::sleep(LINGER).await;
        Ok(())
    }

    /// Whether there is anybody in its networks who could ask for it.
    async fn has_neighbours(&self, swap: &Swap<'_>) -> Result<bool, Broken> {
        let own: Vec<&str> = self.run.observed.of_service(self.key).map(|c| c.id.as_str()).collect();
        for network in swap.old.networks.keys() {
            let live = self.run.engine.inspect_network(network).await?;
            let mut others = live.into_iter().flat_map(|network| network.containers);
            if others.any(|id| id != swap.new && !own.contains(&id.as_str())) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leaves a network and joins it again under the same address with other names: connections go on. Where the
    /// engine gives no address twice, it joins under another (`anywhere`) or stays out.
    async fn rejoin(
        &self,
        network: &str,
        container: &Container,
        endpoint: &Endpoint,
        mut settings: EndpointSettings,
        anywhere: bool,
    ) -> Result<(), Broken> {
        let engine = self.run.engine;
        let failed = || Run::call(&self.object, Some(&container.id), Doing::Join);
        let _turn = self.run.joining.lock().await;
        engine.leave(network, &container.id).await.map_err(failed())?;
        let plain = settings.clone();
        settings.ipam_config.get_or_insert_default().ipv4_address = Some(endpoint.ipv4.clone());
        match engine.join(network, &container.id, settings).await {
            Err(Fault::Answer { .. }) if anywhere => engine.join(network, &container.id, plain).await.map_err(failed()),
            Err(Fault::Answer { .. }) => Ok(()),
            joined => joined.map_err(failed()),
        }
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

    pub(super) async fn stop(&self, id: &str) -> Result<(), Broken> {
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
}

/// Whether a container stands under an interim name, waiting for the place of another; that one's id.
pub(super) fn waits_for(container: &Container) -> Option<&str> {
    let old = container.label(ours::REPLACES)?;
    container
        .name
        .starts_with(&format!("{}_", names::short(old)))
        .then_some(old)
}
