//! What goes: services that are no longer wanted, those that depend on others first, then networks, then volumes.

use super::{Broken, Run};
use crate::desired::{network_key, volume_key};
use crate::diagnose::Doing;
use crate::plan::Removal;
use futures::future::try_join_all;
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;

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
        let networks = steps.dropped_networks.iter().map(|(key, name)| async move {
            let object = network_key(key);
            let removed = self.engine.remove_network(name).await;
            removed.map_err(Self::call(&object, None, Doing::Remove))?;
            self.gone(&object).await
        });
        try_join_all(networks).await?;
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

    async fn gone(&self, object: &str) -> Result<(), Broken> {
        self.tell(object, ObjectStatus::Healthy, None, Some("removed".into()))
            .await;
        Ok(())
    }
}
