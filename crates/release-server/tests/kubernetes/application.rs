//! An application of three tiers, and eyes on it that do not look through the server.

use super::bed::cluster::{Namespace, tool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// Every busybox applet, on the node already.
pub const IMAGE: &str = "docker.io/testbed/busybox:1";
/// What the application is made of; `shelves` are its own kind.
const KINDS: &str = "configmaps,secrets,services,deployments,statefulsets,jobs,ingresses";

/// What serves: with a command, and how it is known to be ready.
pub fn web(replicas: u32, command: &str, probe: &str) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: {IMAGE}
        imagePullPolicy: Never
        command: {command}
        readinessProbe: {{periodSeconds: 1, {probe}}}
"
    )
}

/// Three tiers, with what they are configured by, a kind of its own and a resource of that kind.
pub fn three_tiers(group: &str, greeting: &str, web: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data: {{greeting: {greeting}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: keys}}
stringData: {{password: hunter22}}
---
apiVersion: v1
kind: Service
metadata: {{name: front}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
{web}---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: store}}
spec:
  serviceName: store
  selector: {{matchLabels: {{app: store}}}}
  template:
    metadata: {{labels: {{app: store}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {{name: store, image: '{IMAGE}', imagePullPolicy: Never, command: [sleep, '3600'],
         volumeMounts: [{{name: data, mountPath: /data}}]}}
      volumes: [{{name: data, emptyDir: {{}}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {{name: migrate}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: migrate, image: '{IMAGE}', imagePullPolicy: Never, command: ['true']}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: front}}
spec: {{rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: front, port: {{number: 80}}}}}}}}]}}}}]}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: shelves.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: shelves, singular: shelf, kind: Shelf}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{books: {{type: integer}}}}}}}}}}}}
---
apiVersion: {group}/v1
kind: Shelf
metadata: {{name: first}}
spec: {{books: 12}}
"
    )
}

/// Every object by kind and name, without what changes by itself and what the contract sets aside.
pub fn objects(namespace: &Namespace, group: &str) -> BTreeMap<String, Value> {
    let mut found = namespace.list(KINDS);
    if !tool(
        "kubectl",
        &["get", "crd", &format!("shelves.{group}"), "--ignore-not-found"],
        "",
    )
    .well()
    .is_empty()
    {
        found.extend(namespace.list(&format!("shelves.{group}")));
    }
    let mut objects = BTreeMap::new();
    for mut object in found {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if name == "kube-root-ca.crt" || name.starts_with("releasectl-") {
            continue;
        }
        set_aside(&mut object);
        objects.insert(
            format!("{} {name}", object["kind"].as_str().unwrap_or_default()),
            object,
        );
    }
    objects
}

fn set_aside(object: &mut Value) {
    let members = object.as_object_mut().expect("an object");
    members.remove("status");
    let metadata = members["metadata"].as_object_mut().expect("metadata");
    for counted in ["resourceVersion", "generation", "managedFields"] {
        metadata.remove(counted);
    }
    let ours = |name: &str| {
        name.starts_with("releasectl.dev/")
            || name.starts_with("applyset.kubernetes.io/")
            || name == "deployment.kubernetes.io/revision"
    };
    for place in ["annotations", "labels"] {
        if let Some(notes) = metadata.get_mut(place).and_then(Value::as_object_mut) {
            notes.retain(|name, _| !ours(name));
            if notes.is_empty() {
                metadata.remove(place);
            }
        }
    }
}

/// Identities of the pods with this label that are not on their way out.
pub fn pods(namespace: &Namespace, app: &str) -> Vec<String> {
    let pods = namespace
        .list("pods")
        .into_iter()
        .filter(|pod| pod["metadata"]["labels"]["app"] == app && pod["metadata"]["deletionTimestamp"].is_null());
    let mut ids: Vec<String> = pods
        .map(|pod| pod["metadata"]["uid"].as_str().unwrap_or_default().to_owned())
        .collect();
    ids.sort();
    ids
}

/// `kubectl`'s own watch of the Deployments: when each first had so many ready.
#[derive(Debug)]
pub struct Watch {
    child: Child,
    seen: Arc<Mutex<BTreeMap<(String, usize), i64>>>,
}

impl Watch {
    pub fn of(namespace: &Namespace) -> Self {
        let mut child = Command::new("kubectl")
            .env("KUBECONFIG", std::env::var("TESTBED_KUBECONFIG").expect("a cluster"))
            .args(["--namespace", &namespace.0, "get", "deployments", "--watch", "--output"])
            .arg("jsonpath={.metadata.name} {.status.readyReplicas}{\"\\n\"}")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("kubectl");
        let stdout = child.stdout.take().expect("an output");
        let seen = Arc::new(Mutex::new(BTreeMap::new()));
        let told = seen.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let now = jiff::Timestamp::now().as_microsecond();
                if let Some((name, ready)) = line.split_once(' ')
                    && let Ok(ready) = ready.parse()
                {
                    told.lock()
                        .expect("no panic")
                        .entry((name.to_owned(), ready))
                        .or_insert(now);
                }
            }
        });
        Self { child, seen }
    }

    /// Microseconds since 1970.
    pub fn ready_at(&self, deployment: &str, ready: usize) -> Option<i64> {
        let at = (deployment.to_owned(), ready);
        self.seen.lock().expect("no panic").get(&at).copied()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended with the cluster.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
