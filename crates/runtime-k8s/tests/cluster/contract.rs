//! The runtime contract on a real control plane and a real node.

use crate::bed::{Bed, access, manifest};
use crate::samples::sleeper;
use async_trait::async_trait;
use kube::api::{Patch, PatchParams};
use release_domain::manifest::Manifest;
use release_domain::ports::{Runtime, TargetAccess};
use release_domain::release::Options;
use release_testkit::hosts::Hosts;
use release_testkit::runtime::{Keys, RuntimeHarness, Sample};
use release_testkit::runtime_contract;
use runtime_k8s::KubernetesRuntime;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

struct Cluster {
    runtime: KubernetesRuntime,
    bed: Bed,
    keys: OnceLock<Keys>,
}

impl Cluster {
    async fn new() -> Self {
        Self {
            runtime: KubernetesRuntime::new(Arc::new(Hosts::default())),
            bed: Bed::new().await,
            keys: OnceLock::new(),
        }
    }

    /// As `kubectl scale` does, by another manager.
    async fn scale(&self, replicas: u32) {
        let api = self.bed.api("apps/v1", "Deployment", "deployments");
        let scaled = json!({"spec": {"replicas": replicas}});
        let patched = api.patch("web", &PatchParams::default(), &Patch::Merge(&scaled)).await;
        patched.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Keys hold the namespace, which is another for each test; the suite wants them for as long as it runs.
    fn key(&self, api_version: &str, kind: &str, name: &str) -> &'static str {
        format!("{api_version}/{kind}/{}/{name}", self.bed.namespace).leak()
    }
}

const SLEEP: &str = "[sleep, '3600']";
const END: &str = "[sh, -c, 'echo starting with $DB_PASSWORD; exit 3']";
const READY: &str = "{exec: {command: ['true']}, periodSeconds: 1}";
const NEVER: &str = "{exec: {command: ['false']}, periodSeconds: 1}";

/// How a `web` differs from the next.
struct Web<'a> {
    serves: &'a str,
    command: &'a str,
    probe: &'a str,
    replicas: u32,
    context: &'a str,
    wave: &'a str,
}

impl Default for Web<'_> {
    fn default() -> Self {
        Self {
            serves: "first",
            command: SLEEP,
            probe: READY,
            replicas: 1,
            context: "{}",
            wave: "0",
        }
    }
}

/// `web`, with a Service before it and a volume in it.
fn web(web: &Web<'_>) -> String {
    let Web {
        serves,
        command,
        probe,
        replicas,
        context,
        wave,
    } = web;
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, annotations: {{releasectl.dev/wave: '{wave}'}}}}
spec:
  replicas: {replicas}
  strategy: {{rollingUpdate: {{maxUnavailable: 0, maxSurge: 1}}}}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: docker.io/testbed/busybox:1
        imagePullPolicy: Never
        command: {command}
        securityContext: {context}
        readinessProbe: {probe}
        env: [{{name: SERVES, value: {serves}}}, {{name: DB_PASSWORD, value: '${{DB_PASSWORD}}'}}]
        volumeMounts: [{{name: data, mountPath: /data, readOnly: true}}]
      volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: front}}
spec: {{clusterIP: None, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data}}
spec: {{accessModes: [ReadWriteOnce], storageClassName: bed, resources: {{requests: {{storage: 1Mi}}}}}}
"
    )
}

#[async_trait]
impl RuntimeHarness for Cluster {
    fn runtime(&self) -> &dyn Runtime {
        &self.runtime
    }

    fn target(&self) -> TargetAccess {
        self.bed.target()
    }

    fn unreachable(&self) -> TargetAccess {
        let nowhere = "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, \
                       user: u}}], clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: u, \
                       user: {token: t}}]}";
        access(nowhere.into(), &self.bed.namespace)
    }

    fn manifest(&self, sample: Sample) -> Manifest {
        let second = Web {
            serves: "second",
            ..Web::default()
        };
        manifest(&match sample {
            Sample::First => web(&Web::default()),
            Sample::Second => web(&second),
            Sample::Extra => web(&second) + &sleeper("extra", ""),
            Sample::Broken => web(&Web {
                serves: "broken",
                command: END,
                ..Web::default()
            }),
            Sample::Hanging => web(&Web {
                serves: "hanging",
                probe: NEVER,
                ..Web::default()
            }),
            Sample::Denied => web(&Web {
                context: "{privileged: true}",
                ..Web::default()
            }),
            Sample::Chain => {
                web(&Web {
                    wave: "1",
                    ..Web::default()
                }) + &sleeper("store", "")
            }
            Sample::Zero => web(&Web {
                replicas: 0,
                ..Web::default()
            }),
            Sample::Other => sleeper("other", ""),
        })
    }

    fn keys(&self) -> Keys {
        *self.keys.get_or_init(|| {
            let web = self.key("apps/v1", "Deployment", "web");
            let extra = self.key("apps/v1", "Deployment", "extra");
            Keys {
                web,
                extra,
                other: self.key("apps/v1", "Deployment", "other"),
                volume: self.key("v1", "PersistentVolumeClaim", "data"),
                secret_path: "/spec/template/spec/containers/0/env/1/value",
                denied_pointer: format!("/{web}/spec/template/spec/containers/0/securityContext/privileged").leak(),
                orphan_pointer: format!("/{extra}").leak(),
            }
        })
    }

    fn dropping(&self, goes: bool) -> Options {
        Options {
            prune: goes,
            ..Options::default()
        }
    }

    fn puts_back(&self) -> bool {
        false
    }

    async fn inventory(&self) -> BTreeMap<String, String> {
        self.bed.inventory().await
    }

    async fn serving(&self) -> Option<String> {
        let pods = self.bed.ready_pods("web").await;
        let serves = |pod: &serde_json::Value| {
            let env = pod["spec"]["containers"][0]["env"].as_array()?;
            let variable = env.iter().find(|variable| variable["name"] == "SERVES")?;
            Some(variable["value"].as_str()?.to_owned())
        };
        let mut serving = pods.iter().map(serves);
        let first = serving.next()??;
        serving.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    /// Takes a variable away: what is gone has no owner whom an apply would have to ask.
    async fn drift(&self) {
        let gone = json!({"spec": {"template": {"spec": {"containers": [
            {"name": "web", "env": [{"name": "SERVES", "$patch": "delete"}]}]}}}});
        let api = self.bed.api("apps/v1", "Deployment", "deployments");
        let patched = api
            .patch("web", &PatchParams::default(), &Patch::Strategic(&gone))
            .await;
        patched.unwrap_or_else(|error| panic!("{error}"));
    }

    async fn tamper(&self) {
        self.scale(2).await;
    }

    async fn undo(&self) {
        self.scale(1).await;
    }

    async fn lose(&self) {
        let api = self.bed.api("apps/v1", "Deployment", "deployments");
        crate::bed::remove(&api, "web").await;
    }

    async fn clean(&self) {
        self.bed.clean().await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let bed = &self.bed;
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(bed.end()));
    }
}

runtime_contract!("kubernetes", Cluster::new());
