//! What goes: by identity, what others need last, each gone with what it made before the next level begins.

use super::watch::makes_nothing;
use super::{Broken, Progress, Run};
use crate::cluster::{Deleted, Deletion, Leaving};
use crate::plan::Removal;
use futures::future::try_join_all;
use futures::try_join;
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// Group, kind and namespace.
type Place<'r> = (&'r str, &'r str, Option<&'r str>);

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
            let mut places: BTreeMap<Place<'_>, Vec<&Removal>> = BTreeMap::new();
            for removal in level {
                let (group, kind, namespace, _) = &removal.id;
                places
                    .entry((group.as_str(), kind.as_str(), namespace.as_deref()))
                    .or_default()
                    .push(removal);
            }
            try_join_all(places.values().map(|removals| self.remove(removals))).await?;
        }
        Ok(())
    }

    /// Deletes objects of one kind and place, and waits until they are gone.
    pub(super) async fn remove(&self, removals: &[&Removal]) -> Result<(), Broken> {
        let Some((_, kind, namespace, _)) = removals.first().map(|removal| &removal.id) else {
            return Ok(());
        };
        let info = self.board().kinds.of_group(&removals[0].id.0, kind).cloned();
        let Some(info) = info else { return Ok(()) };
        let how = match makes_nothing(kind) {
            true => Deletion::OfItself,
            false => Deletion::WithWhatItMade,
        };
        let (at_once, gone) = mpsc::unbounded_channel();
        let asked = async {
            let each = removals.iter().map(|removal| {
                let at_once = at_once.clone();
                let path = info.path(namespace.as_deref(), &removal.id.3);
                async move {
                    self.tell(&removal.key, Progress::of(ObjectStatus::InProgress)).await;
                    let deleted = self.cluster.delete(&path, &removal.uid, how).await;
                    if deleted.map_err(Broken::at(&removal.key))? == Deleted::Gone {
                        // Who listens has seen all of them go otherwise.
                        let _ = at_once.send(removal.uid.clone());
                    }
                    Ok::<_, Broken>(())
                }
            });
            try_join_all(each).await
        };
        let uids = removals.iter().map(|removal| removal.uid.clone()).collect();
        let leaving = self.cluster.leaving(&info, namespace.as_deref(), uids);
        try_join!(asked, self.see_off(removals, leaving, gone))?;
        Ok(())
    }

    async fn see_off(
        &self,
        removals: &[&Removal],
        mut leaving: Leaving,
        mut gone: mpsc::UnboundedReceiver<String>,
    ) -> Result<(), Broken> {
        loop {
            let uids = tokio::select! {
                Some(uid) = gone.recv() => {
                    leaving.went(std::slice::from_ref(&uid));
                    vec![uid]
                }
                seen = leaving.next() => match seen.map_err(Broken::at(&removals[0].key))? {
                    Some(uids) => uids,
                    None => return Ok(()),
                },
            };
            for removal in removals.iter().filter(|removal| uids.contains(&removal.uid)) {
                let removed = Progress::of(ObjectStatus::Healthy).saying("removed");
                self.tell(&removal.key, removed).await;
            }
        }
    }
}
