//! What is kept on the cluster about a service, written: the Lease that fences, and the parent of its ApplySet (KEP-3659), whose
//! kinds are a superset while an apply is under way and exact after it.

use super::{Broken, Run};
use crate::books::{epoch_of, lease_path, parent_path};
use crate::cluster::{Apply, Deletion, News};
use crate::desired::Identity;
use crate::look::Look;
use crate::names::{self, applyset, ours};
use crate::object;
use futures::StreamExt;
use release_domain::ports::TargetError;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Times the Lease is read anew when somebody else wrote it in between.
const MAX_RACES: usize = 8;
/// Who keeps the set, as KEP-3659 wants it said: name and version.
const TOOLING: &str = concat!("releasectl/v", env!("CARGO_PKG_VERSION"));

impl Run<'_> {
    /// Puts our epoch on the Lease; a newer one stops the run.
    pub(super) async fn fence(&self) -> Result<(), Broken> {
        let service = self.request.plan.service;
        let path = lease_path(&self.cluster.namespace, service);
        let mut lease = self.look.books.lease.clone();
        for _ in 0..MAX_RACES {
            if lease.as_ref().is_some_and(|lease| epoch_of(lease) > self.request.epoch) {
                return Err(Broken::Target(TargetError::Fenced));
            }
            let written = match &lease {
                Some(lease) => self.cluster.replace(&path, &self.lease(Some(lease))).await,
                None => {
                    let (folder, _) = path.rsplit_once('/').unwrap_or((&path, ""));
                    self.cluster.create(folder, &self.lease(None)).await
                }
            };
            match written {
                Ok(_) => return Ok(()),
                // The namespace comes with the release: `settle_in` fences as soon as it is there.
                Err(fault) if fault.is_not_found() => return Ok(()),
                Err(fault) if fault.is_conflict() => lease = self.cluster.find(&path).await?,
                Err(fault) => return Err(Broken::at("coordination.k8s.io/v1/Lease")(fault)),
            }
        }
        Err(Broken::Target(TargetError::Fenced))
    }

    fn lease(&self, before: Option<&Value>) -> Value {
        let mut lease = before.cloned().unwrap_or_else(|| {
            json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {
                    "name": names::bookkeeping(self.request.plan.service), "namespace": self.cluster.namespace,
                },
                "spec": {},
            })
        });
        object::mark(&mut lease, "annotations", ours::EPOCH, &self.request.epoch.to_string());
        object::mark(
            &mut lease,
            "annotations",
            ours::RELEASE,
            &self.request.plan.release.to_string(),
        );
        lease["spec"]["holderIdentity"] = self.request.plan.release.to_string().into();
        lease
    }

    /// The target's namespace came with the release and is there now: nothing else is written in it before the books.
    pub(super) async fn settle_in(&self) -> Result<(), Broken> {
        self.fence().await?;
        self.remember_superset().await
    }

    /// Ends when a newer epoch comes onto the Lease while this run is under way, by a watch: nothing is asked for each
    /// write. Who may not watch it learns of it from [`Run::not_fenced`] and the read-back.
    pub(super) async fn overtaken(&self) -> Broken {
        let kind = self.board().kinds.of_group("coordination.k8s.io", "Lease").cloned();
        if let Some(kind) = kind {
            let name = names::bookkeeping(self.request.plan.service);
            let mut leases = self.cluster.watch(&kind, Some(&self.cluster.namespace), Some(&name));
            while let Some(seen) = leases.next().await {
                if let Ok(News::Seen(lease)) = seen
                    && epoch_of(&lease) > self.request.epoch
                {
                    return Broken::Target(TargetError::Fenced);
                }
            }
        }
        futures::future::pending().await
    }

    /// A newer epoch on the cluster stops this run, however late it comes.
    pub(super) async fn not_fenced(&self) -> Result<(), Broken> {
        let path = lease_path(&self.cluster.namespace, self.request.plan.service);
        let lease = self.cluster.find(&path).await?;
        match lease.is_some_and(|lease| epoch_of(&lease) > self.request.epoch) {
            true => Err(Broken::Target(TargetError::Fenced)),
            false => Ok(()),
        }
    }

    /// Before anything carries the set's label: every kind that has or may get members.
    pub(super) async fn remember_superset(&self) -> Result<(), Broken> {
        let mut members: Vec<Identity> = self.planned.steps.iter().map(|step| step.id.clone()).collect();
        members.extend(self.look.left_over.iter().map(crate::desired::identity));
        let mut kinds = kinds_of(&members);
        kinds.extend(self.look.books.listed(applyset::GROUP_KINDS).map(ToOwned::to_owned));
        let mut namespaces = self.namespaces_of(&members);
        namespaces.extend(self.look.books.listed(applyset::NAMESPACES).map(ToOwned::to_owned));
        if members.is_empty() {
            return Ok(());
        }
        self.remember(&kinds, &namespaces, self.look.books.parent.as_ref())
            .await
    }

    /// After all is done: the kinds that have members; no parent where there are none.
    pub(super) async fn remember_set(&self, look: &Look) -> Result<(), Broken> {
        let mut members: Vec<Identity> = self.planned.steps.iter().map(|step| step.id.clone()).collect();
        members.extend(look.left_over.iter().map(crate::desired::identity));
        match (&look.books.parent, members.is_empty()) {
            (None, true) => Ok(()),
            (Some(parent), true) => {
                let path = parent_path(&self.cluster.namespace, self.request.plan.service);
                self.cluster
                    .delete(&path, object::uid(parent), Deletion::OfItself)
                    .await?;
                Ok(())
            }
            (parent, false) => {
                let (kinds, namespaces) = (kinds_of(&members), self.namespaces_of(&members));
                self.remember(&kinds, &namespaces, parent.as_ref()).await
            }
        }
    }

    async fn remember(
        &self,
        kinds: &BTreeSet<String>,
        namespaces: &BTreeSet<String>,
        before: Option<&Value>,
    ) -> Result<(), Broken> {
        let done = self.done();
        let joined = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let (kinds, namespaces) = (joined(kinds), joined(namespaces));
        let is_said = |name: &str, text: &str| {
            before.is_some_and(|parent| object::annotation(parent, name).unwrap_or_default() == text)
        };
        let done = match done.is_empty() {
            true => String::new(),
            // Texts only: it is JSON.
            false => serde_json::to_string(&done).unwrap_or_default(),
        };
        let said = [
            (applyset::GROUP_KINDS, &kinds),
            (applyset::NAMESPACES, &namespaces),
            (ours::DONE, &done),
        ];
        if said.into_iter().all(|(name, text)| is_said(name, text)) {
            return Ok(());
        }
        let mut parent = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": names::bookkeeping(self.request.plan.service), "namespace": self.cluster.namespace},
        });
        object::mark(&mut parent, "labels", applyset::ID, &self.states.applyset);
        object::mark(&mut parent, "annotations", applyset::TOOLING, TOOLING);
        object::mark(&mut parent, "annotations", applyset::GROUP_KINDS, &kinds);
        if !namespaces.is_empty() {
            object::mark(&mut parent, "annotations", applyset::NAMESPACES, &namespaces);
        }
        if !done.is_empty() {
            object::mark(&mut parent, "annotations", ours::DONE, &done);
        }
        let path = parent_path(&self.cluster.namespace, self.request.plan.service);
        let how = Apply {
            dry_run: false,
            force: true,
        };
        match self.cluster.apply(&path, &parent, how).await {
            Ok(_) => Ok(()),
            // The namespace comes with the release; the exact set is written at its end.
            Err(fault) if fault.is_not_found() => Ok(()),
            Err(fault) => Err(Broken::at("v1/ConfigMap")(fault)),
        }
    }

    fn namespaces_of(&self, members: &[Identity]) -> BTreeSet<String> {
        let own = &self.cluster.namespace;
        members
            .iter()
            .filter_map(|(_, _, namespace, _)| namespace.clone())
            .filter(|name| name != own)
            .collect()
    }
}

/// `Kind.group`, sorted.
fn kinds_of(members: &[Identity]) -> BTreeSet<String> {
    let named = members.iter().map(|(group, kind, ..)| match group.as_str() {
        "" => kind.clone(),
        group => format!("{kind}.{group}"),
    });
    named.collect()
}
