//! What is kept on the cluster about a service, read: the Lease that fences, and the parent of its ApplySet (KEP-3659).

use crate::cluster::{Cluster, Fault};
use crate::names::{self, ours};
use crate::object;
use release_domain::ids::ServiceId;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Books {
    pub lease: Option<Value>,
    pub parent: Option<Value>,
}

impl Books {
    /// # Errors
    /// The cluster cannot be read.
    pub async fn read(cluster: &Cluster, service: ServiceId) -> Result<Self, Fault> {
        let (lease, parent) = (
            lease_path(&cluster.namespace, service),
            parent_path(&cluster.namespace, service),
        );
        // Who may not read them may not write them either, which the preflight says in its own words.
        let readable = |found: Result<Option<Value>, Fault>| match found {
            Err(fault) if fault.is_forbidden() => Ok(None),
            found => found,
        };
        let (lease, parent) = futures::join!(cluster.find(&lease), cluster.find(&parent));
        Ok(Self {
            lease: readable(lease)?,
            parent: readable(parent)?,
        })
    }

    /// The newest epoch that wrote.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.lease.as_ref().map_or(0, epoch_of)
    }

    /// Hooks that are gone because they succeeded: what each was, by key.
    #[must_use]
    pub fn done(&self) -> BTreeMap<String, String> {
        serde_json::from_str(self.said(ours::DONE)).unwrap_or_default()
    }

    /// The items of a list in an annotation of the parent.
    pub fn listed(&self, annotation: &str) -> impl Iterator<Item = &str> {
        self.said(annotation).split(',').filter(|item| !item.is_empty())
    }

    fn said(&self, annotation: &str) -> &str {
        let said = self
            .parent
            .as_ref()
            .and_then(|parent| object::annotation(parent, annotation));
        said.unwrap_or_default()
    }
}

/// The epoch on an object of ours.
#[must_use]
pub fn epoch_of(value: &Value) -> u64 {
    object::annotation(value, ours::EPOCH)
        .and_then(|epoch| epoch.parse().ok())
        .unwrap_or(0)
}

#[must_use]
pub fn lease_path(namespace: &str, service: ServiceId) -> String {
    let name = names::bookkeeping(service);
    format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}")
}

#[must_use]
pub fn parent_path(namespace: &str, service: ServiceId) -> String {
    let name = names::bookkeeping(service);
    format!("/api/v1/namespaces/{namespace}/configmaps/{name}")
}
