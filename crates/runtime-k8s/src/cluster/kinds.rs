//! Which kinds a cluster serves, by aggregated discovery: two requests, whatever is installed.

use super::{Cluster, Fault};
use crate::object;
use serde_json::Value;
use std::collections::BTreeMap;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// What to accept for a path: the discovery documents have a form of their own.
pub(super) fn accepted(path: &str) -> &'static str {
    match path {
        "/api" | "/apis" => AGGREGATED,
        _ => "application/json",
    }
}

/// One kind as a cluster serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindInfo {
    pub api_version: String,
    pub kind: String,
    pub plural: String,
    pub is_namespaced: bool,
    pub verbs: Vec<String>,
}

impl KindInfo {
    /// Path of all objects of the kind, in a namespace where it has those.
    #[must_use]
    pub fn collection(&self, namespace: Option<&str>) -> String {
        let root = match object::group(&self.api_version) {
            "" => format!("/api/{}", self.api_version),
            _ => format!("/apis/{}", self.api_version),
        };
        match namespace.filter(|_| self.is_namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    #[must_use]
    pub fn path(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{name}", self.collection(namespace))
    }

    #[must_use]
    pub fn group(&self) -> &str {
        object::group(&self.api_version)
    }

    /// `Kind.group`, as ApplySets name kinds.
    #[must_use]
    pub fn group_kind(&self) -> String {
        match self.group() {
            "" => self.kind.clone(),
            group => format!("{}.{group}", self.kind),
        }
    }
}

/// All kinds of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    by_version: BTreeMap<(String, String), KindInfo>,
}

impl Kinds {
    /// Asks the cluster.
    pub async fn discover(cluster: &Cluster) -> Result<Self, Fault> {
        let (core, groups) = futures::try_join!(cluster.get("/api"), cluster.get("/apis"))?;
        let mut kinds = Self::default();
        for list in [&core, &groups] {
            kinds.read(list);
        }
        if kinds.by_version.is_empty() {
            let message = "the API server offers no aggregated discovery; Kubernetes 1.30 or newer is needed";
            return Err(Fault::Unreachable(message.into()));
        }
        Ok(kinds)
    }

    fn read(&mut self, list: &Value) {
        for group in items(list, "items") {
            let group_name = object::text(group, "/metadata/name");
            for version in items(group, "versions") {
                let version_name = object::text(version, "/version");
                let api_version = match group_name {
                    "" => version_name.to_owned(),
                    group => format!("{group}/{version_name}"),
                };
                for resource in items(version, "resources") {
                    // A stale or broken one has no kind.
                    let kind = object::text(resource, "/responseKind/kind");
                    if kind.is_empty() {
                        continue;
                    }
                    let verbs = items(resource, "verbs").filter_map(Value::as_str);
                    let info = KindInfo {
                        api_version: api_version.clone(),
                        kind: kind.to_owned(),
                        plural: object::text(resource, "/resource").to_owned(),
                        is_namespaced: object::text(resource, "/scope") == "Namespaced",
                        verbs: verbs.map(ToOwned::to_owned).collect(),
                    };
                    self.by_version.insert((api_version.clone(), kind.to_owned()), info);
                }
            }
        }
    }

    #[must_use]
    pub fn of(&self, api_version: &str, kind: &str) -> Option<&KindInfo> {
        self.by_version.get(&(api_version.to_owned(), kind.to_owned()))
    }

    #[must_use]
    pub fn of_object(&self, object: &Value) -> Option<&KindInfo> {
        self.of(object::api_version(object), object::kind(object))
    }

    /// The kind in whatever version of its group is served.
    #[must_use]
    pub fn of_group(&self, group: &str, kind: &str) -> Option<&KindInfo> {
        self.by_version
            .values()
            .find(|info| info.kind == kind && info.group() == group)
    }

    /// Every version that serves a kind of this name, in whatever group.
    pub fn named<'k>(&'k self, kind: &'k str) -> impl Iterator<Item = &'k KindInfo> {
        self.by_version.values().filter(move |info| info.kind == kind)
    }
}

fn items<'v>(value: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}
