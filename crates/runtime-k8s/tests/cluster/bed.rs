//! A namespace of its own on the test bed's cluster, and eyes on it that do not look through the adapter.

use futures::StreamExt;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Config};
use release_domain::manifest::{Manifest, ManifestFile};
use release_domain::ports::{TargetAccess, TargetConnection};
use release_domain::secret::SecretText;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::ready;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};

/// Kinds that tests make in a namespace, those first that make others.
const KINDS: [(&str, &str, &str); 8] = [
    ("apps/v1", "Deployment", "deployments"),
    ("batch/v1", "Job", "jobs"),
    ("v1", "Pod", "pods"),
    ("v1", "Service", "services"),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("v1", "ConfigMap", "configmaps"),
    ("v1", "Secret", "secrets"),
    ("coordination.k8s.io/v1", "Lease", "leases"),
];

/// Where the cluster is.
///
/// # Panics
/// None was started: a missing one fails tests, it skips none.
pub fn kubeconfig() -> String {
    let path = std::env::var("TESTBED_KUBECONFIG")
        .unwrap_or_else(|_| panic!("no cluster: run this as `testbed/with kube -- cargo nextest run -p runtime-k8s`"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One namespace on the cluster, with a volume that its claim `data` is bound to.
pub struct Bed {
    pub namespace: String,
    pub client: Client,
}

impl Bed {
    pub async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = Kubeconfig::from_yaml(&kubeconfig()).unwrap_or_else(|error| panic!("{error}"));
        let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await;
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        let client = Client::try_from(config).unwrap_or_else(|error| panic!("{error}"));
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let bed = Self {
            namespace: format!("bed-{}-{count}", std::process::id()),
            client,
        };
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": bed.namespace}});
        bed.create(&bed.of_cluster("v1", "Namespace", "namespaces"), namespace)
            .await;
        bed.make_volume().await;
        bed
    }

    async fn create(&self, api: &Api<DynamicObject>, value: Value) {
        let object = serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"));
        let made = api.create(&PostParams::default(), &object).await;
        made.unwrap_or_else(|error| panic!("{error}"));
    }

    pub fn of_cluster(&self, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
        Api::all_with(self.client.clone(), &resource(version, kind, plural))
    }

    pub fn api(&self, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
        self.within(&self.namespace, version, kind, plural)
    }

    /// Objects of a namespace that is another than this one.
    pub fn within(&self, namespace: &str, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &resource(version, kind, plural))
    }

    fn volumes(&self) -> Api<DynamicObject> {
        self.of_cluster("v1", "PersistentVolume", "persistentvolumes")
    }

    async fn make_volume(&self) {
        let volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": self.namespace},
            "spec": {
                "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "bed",
                "persistentVolumeReclaimPolicy": "Retain",
                "hostPath": {"path": format!("/tmp/{}", self.namespace), "type": "DirectoryOrCreate"},
                "claimRef": {"namespace": self.namespace, "name": "data"},
            },
        });
        self.create(&self.volumes(), volume).await;
    }

    pub fn target(&self) -> TargetAccess {
        access(kubeconfig(), &self.namespace)
    }

    pub async fn list(&self, version: &str, kind: &str, plural: &str) -> Vec<Value> {
        let listed = self.api(version, kind, plural).list(&ListParams::default()).await;
        let items = listed.map(|list| list.items).unwrap_or_default();
        items
            .into_iter()
            .map(|item| serde_json::to_value(item).unwrap_or_default())
            .collect()
    }

    /// Everything a release can make here by name, with its identity and what it is configured to be. The adapter's own
    /// bookkeeping is no part of a release.
    pub async fn inventory(&self) -> BTreeMap<String, String> {
        let mut inventory = BTreeMap::new();
        for (version, kind, plural) in KINDS
            .into_iter()
            .filter(|(_, kind, _)| !["Pod", "Lease"].contains(kind))
        {
            for value in self.list(version, kind, plural).await {
                let metadata = &value["metadata"];
                let name = metadata["name"].as_str().unwrap_or_default();
                if name == "kube-root-ca.crt" || name.starts_with("releasectl-") {
                    continue;
                }
                let mut annotations = metadata["annotations"].clone();
                if let Some(annotations) = annotations.as_object_mut() {
                    // Controllers write these when they get to it.
                    annotations.retain(|name, _| name.starts_with("releasectl.dev/"));
                }
                let identity = format!(
                    "{} {} {annotations} {}",
                    metadata["uid"], metadata["generation"], metadata["labels"]
                );
                inventory.insert(format!("{kind} {name}"), identity);
            }
        }
        inventory
    }

    /// Pods of the app that are ready and stay.
    pub async fn ready_pods(&self, app: &str) -> Vec<Value> {
        let pods = self.list("v1", "Pod", "pods").await;
        let is_ready = |pod: &Value| {
            let conditions = pod["status"]["conditions"].as_array();
            let mut ready = conditions.into_iter().flatten().filter(|c| c["type"] == "Ready");
            ready.any(|c| c["status"] == "True") && pod["metadata"]["deletionTimestamp"].is_null()
        };
        pods.into_iter()
            .filter(|pod| pod["metadata"]["labels"]["app"] == app && is_ready(pod))
            .collect()
    }

    /// Until a container waits for that reason, as the node tells it.
    pub async fn until_waiting(&self, reason: &str) {
        let waits = |pod: &DynamicObject| {
            let containers = pod.data["status"]["containerStatuses"].as_array();
            let mut containers = containers.into_iter().flatten();
            containers.any(|container| container["state"]["waiting"]["reason"] == reason)
        };
        let pods = watcher(self.api("v1", "Pod", "pods"), watcher::Config::default()).applied_objects();
        let mut waiting = pin!(pods.filter(|pod| ready(pod.as_ref().is_ok_and(waits))));
        waiting.next().await;
    }

    /// Until a node's condition `Ready` is that.
    pub async fn until_node(&self, name: &str, ready: &str) {
        let is = |node: Option<&DynamicObject>| {
            let conditions = node.and_then(|node| node.data["status"]["conditions"].as_array());
            let mut conditions = conditions.into_iter().flatten();
            conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == ready)
        };
        let waited = await_condition(self.of_cluster("v1", "Node", "nodes"), name, is).await;
        waited.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Removes everything but the namespace.
    pub async fn clean(&self) {
        for (version, kind, plural) in KINDS {
            let api = self.api(version, kind, plural);
            for value in self.list(version, kind, plural).await {
                let name = value["metadata"]["name"].as_str().unwrap_or_default();
                if name == "kube-root-ca.crt" {
                    continue;
                }
                remove(&api, name).await;
            }
        }
        remove(&self.volumes(), &self.namespace).await;
        self.make_volume().await;
    }

    /// Removes the rest.
    pub async fn end(&self) {
        remove(&self.volumes(), &self.namespace).await;
        let namespaces = self.of_cluster("v1", "Namespace", "namespaces");
        let _ = namespaces.delete(&self.namespace, &DeleteParams::default()).await;
    }
}

pub async fn remove(api: &Api<DynamicObject>, name: &str) {
    let params = DeleteParams {
        grace_period_seconds: Some(0),
        ..DeleteParams::foreground()
    };
    let Ok(found) = api.delete(name, &params).await else {
        return;
    };
    if let Some(object) = found.left() {
        let uid = object.metadata.uid.unwrap_or_default();
        let gone = await_condition(api.clone(), name, conditions::is_deleted(&uid)).await;
        gone.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn resource(version: &str, kind: &str, plural: &str) -> ApiResource {
    let (group, number) = version.split_once('/').unwrap_or(("", version));
    ApiResource {
        group: group.into(),
        version: number.into(),
        api_version: version.into(),
        kind: kind.into(),
        plural: plural.into(),
    }
}

pub fn access(kubeconfig: String, namespace: &str) -> TargetAccess {
    TargetAccess {
        connection: TargetConnection::Kubeconfig {
            kubeconfig: SecretText::new(kubeconfig),
            context: None,
        },
        namespace: Some(namespace.into()),
        compose_project: None,
        working_dir: None,
    }
}

/// One file.
pub fn manifest(content: &str) -> Manifest {
    Manifest {
        files: vec![ManifestFile {
            path: "app.yaml".into(),
            content: content.into(),
        }],
        compose_files: None,
    }
}
