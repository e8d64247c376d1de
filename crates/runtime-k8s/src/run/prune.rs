//! What goes: by identity, what others need last, each gone with what it made before the next level begins.

use super::{Broken, Progress, Run};
use crate::desired::Identity;
use futures::future::try_join_all;
use kube::api::{Api, DynamicObject};
use kube::runtime::wait::{await_condition, conditions};
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::ports::TargetError;

impl Run<'_> {
    pub(super) async fn prune(&self) -> Result<(), Broken> {
        let mut removals: Vec<_> = self.planned.removals.iter().collect();
        if removals.is_empty() {
            return Ok(());
        }
        self.monitor.stage(StageName::Pruning).await;
        self.not_fenced().await?;
        self.may_write().await?;
        removals.sort_by_key(|removal| removal.level);
        for level in removals.chunk_by(|a, b| a.level == b.level) {
            let each = level.iter().map(|removal| async move {
                self.tell(&removal.key, Progress::of(ObjectStatus::InProgress)).await;
                self.delete(&removal.key, &removal.id, &removal.uid).await?;
                let removed = Progress::of(ObjectStatus::Healthy).saying("removed");
                self.tell(&removal.key, removed).await;
                Ok::<_, Broken>(())
            });
            try_join_all(each).await?;
        }
        Ok(())
    }

    /// Deletes one object and waits until it is gone.
    pub(super) async fn delete(&self, key: &str, id: &Identity, uid: &str) -> Result<(), Broken> {
        let (Some(path), Some(api)) = (self.path(id), self.api(id)) else {
            return Ok(());
        };
        let is_going = self.cluster.delete(&path, uid).await.map_err(Broken::at(key))?;
        if is_going {
            let gone = await_condition(api, &id.3, conditions::is_deleted(uid)).await;
            gone.map_err(|error| Broken::Target(TargetError::Unreachable(error.to_string())))?;
        }
        Ok(())
    }

    fn api(&self, id: &Identity) -> Option<Api<DynamicObject>> {
        let (group, kind, namespace, _) = id;
        let info = self.board().kinds.of_group(group, kind).cloned()?;
        Some(self.cluster.api(&info, namespace.as_deref()))
    }
}
