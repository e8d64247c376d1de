//! What goes: services that are no longer wanted, those that depend on others first, then networks, then volumes.

use super::{Broken, Run};
use crate::desired::{network_key, volume_key};
use crate::diagnose::Doing;
use crate::plan::Removal;
use futures::future::try_join_all;
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;

const LEFT: &str = "nobody is in it, but the engine counts somebody until it is restarted: it stays";

impl Run<'_> {
    pub(super) async fn prune(&self) -> Result<(), Broken> {
        let steps = &self.steps;
        if steps.removals.is_empty() && steps.dropped_networks.is_empty() && steps.dropped_volumes.is_empty() {
            return Ok(());
        }
        self.monitor.stage(StageName::Pruning).await;
        self.not_fenced().await?;
        self.may_write().await?;
        for level in steps.removals.chunk_by(|a, b| a.level == b.level) {
            try_join_all(level.iter().map(|removal| self.remove(removal))).await?;
        }
        let networks = steps.dropped_networks.iter();
        try_join_all(networks.map(|(key, name)| self.remove_network(network_key(key), name))).await?;
        let volumes = steps.dropped_volumes.iter().map(|(key, name)| async move {
            let object = volume_key(key);
            let removed = self.engine.remove_volume(name).await;
            removed.map_err(Self::call(&object, None, Doing::Remove))?;
            self.gone(&object).await
        });
        try_join_all(volumes).await?;
        Ok(())
    }

    async fn remove(&self, removal: &Removal) -> Result<(), Broken> {
        self.tell(&removal.key, ObjectStatus::InProgress, None, None).await;
        let containers = removal.containers.iter().map(|id| async move {
            let stopped = self.engine.stop(id).await;
            stopped.map_err(Self::call(&removal.key, Some(id), Doing::Stop))?;
            self.remove_container(&removal.key, id, false).await
        });
        try_join_all(containers).await?;
        for volume in &removal.volumes {
            // Another container may still have its files mounted.
            match self.engine.remove_volume(volume).await {
                Err(fault) if fault.status() == Some(409) => {}
                removed => removed.map_err(Self::call(&removal.key, None, Doing::Remove))?,
            }
        }
        self.gone(&removal.key).await
    }

    /// An empty network that the engine will not let go of stays and is named: a release does not fail for a miscount
    /// (see [`super::joining`]). The next plan that has no use for it removes it.
    async fn remove_network(&self, object: String, name: &str) -> Result<(), Broken> {
        match self.engine.remove_network(name).await {
            Err(fault) if fault.says("has active endpoints") && self.is_empty(name).await? => {
                self.shared().left.insert(object.clone());
                self.tell(&object, ObjectStatus::Skipped, None, Some(LEFT.into())).await;
                Ok(())
            }
            removed => {
                removed.map_err(Self::call(&object, None, Doing::Remove))?;
                self.gone(&object).await
            }
        }
    }

    /// Whether no container is in a network. The engine may still list some that are gone.
    async fn is_empty(&self, network: &str) -> Result<bool, Broken> {
        let found = self.engine.inspect_network(network).await?;
        for id in found.into_iter().flat_map(|network| network.containers) {
            if self.engine.inspect(&id).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn gone(&self, object: &str) -> Result<(), Broken> {
        self.tell(object, ObjectStatus::Healthy, None, Some("removed".into()))
            .await;
        Ok(())
    }
}
