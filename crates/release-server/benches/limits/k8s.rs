//! `k8s-plan`, `k8s-new`, `k8s-same`: this adapter and `kubectl --server-side` on the same objects and the same API
//! server, in turn, each in a namespace of its own. Ours reads the manifest and plans or applies; theirs is the whole
//! command. `k8s-new/raw` is the least that has to be done: the same PATCHes and nothing else.

use crate::bed::cluster::{Namespace, kubeconfig, tool};
use crate::ours::Ours;
use crate::report::{Goal, Row, millis};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::StreamExt;
use release_domain::ids::ReleaseId;
use release_domain::plan::Action;
use release_domain::ports::{Desired, TargetAccess, TargetConnection};
use release_domain::secret::SecretText;
use release_testkit::fixtures::id;
use release_testkit::hosts::Hosts;
use runtime_k8s::KubernetesRuntime;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

const RUNS: usize = 5;
const CONFIG_MAPS: usize = 200;
/// Of Services, ServiceAccounts and Roles, each.
const OTHERS: usize = 100;
/// ConfigMaps that the second revision changes.
const CHANGED: usize = 50;
/// PATCHes sent raw, at a time.
const RAW_AT_ONCE: usize = 8;
const KUBECTL: &str = "kubectl apply --server-side";

/// What a plan shows where some of much has changed.
pub async fn plan() -> Vec<Row> {
    let (ours, theirs) = (Bench::new(), Bench::new());
    let (before, after) = (manifest(0), manifest(CHANGED));
    let (current, _) = ours.apply(&before, None).await;
    theirs.kubectl(&["apply", "--server-side"], &before, 0);
    let (mut took, mut against) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        took.push(ours.plan(&after, &current).await);
        against.push(theirs.kubectl(&["diff", "--server-side"], &after, 1));
    }
    vec![Row {
        with: "kubectl diff --server-side".into(),
        ..row("k8s-plan", Goal::FasterAtLeast(4.0), took, against)
    }]
}

/// From nothing to all of it.
pub async fn new() -> Vec<Row> {
    let text = manifest(0);
    let (mut ours, mut raw, mut against) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(Bench::new().apply(&text, None).await.1);
        raw.push(Bench::new().raw().await);
        against.push(Bench::new().kubectl(&["apply", "--server-side"], &text, 0));
    }
    vec![
        row("k8s-new", Goal::FasterAtLeast(8.0), ours.clone(), against),
        Row {
            with: format!("the same PATCHes sent raw, {RAW_AT_ONCE} at a time"),
            ..row("k8s-new/raw", Goal::TimesAtMost(1.6), ours, raw)
        },
    ]
}

/// All of it is there already.
pub async fn same() -> Vec<Row> {
    let text = manifest(0);
    let (ours, theirs) = (Bench::new(), Bench::new());
    let (current, _) = ours.apply(&text, None).await;
    theirs.kubectl(&["apply", "--server-side"], &text, 0);
    let made = ours.versions();
    let (mut took, mut against) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        took.push(ours.apply(&text, Some(&current)).await.1);
        against.push(theirs.kubectl(&["apply", "--server-side"], &text, 0));
    }
    assert_eq!(ours.versions(), made, "nothing was written");
    vec![row("k8s-same", Goal::FasterAtLeast(20.0), took, against)]
}

fn objects(changed: usize) -> Vec<Value> {
    let maps = (0..CONFIG_MAPS).map(|n| {
        let revision = if n < changed { "second" } else { "first" };
        object(
            "v1",
            "ConfigMap",
            n,
            json!({"data": {"number": n.to_string(), "revision": revision}}),
        )
    });
    let others = (0..OTHERS).flat_map(|n| {
        let rule = json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]});
        [
            object(
                "v1",
                "Service",
                n,
                json!({"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}),
            ),
            object("v1", "ServiceAccount", n, json!({})),
            object("rbac.authorization.k8s.io/v1", "Role", n, json!({"rules": [rule]})),
        ]
    });
    maps.chain(others).collect()
}

fn object(version: &str, kind: &str, n: usize, mut more: Value) -> Value {
    more["apiVersion"] = version.into();
    more["kind"] = kind.into();
    more["metadata"] = json!({"name": format!("bench-{n}"), "labels": {"app": "bench"}});
    more
}

/// JSON is YAML.
fn manifest(changed: usize) -> String {
    let documents: Vec<String> = objects(changed).iter().map(Value::to_string).collect();
    documents.join("\n---\n")
}

/// One namespace.
struct Bench {
    namespace: Namespace,
    ours: Ours,
}

impl Bench {
    fn new() -> Self {
        let namespace = Namespace::new("bench");
        let target = TargetAccess {
            connection: TargetConnection::Kubeconfig {
                kubeconfig: SecretText::new(kubeconfig()),
                context: None,
            },
            namespace: Some(namespace.0.clone()),
            compose_project: None,
            working_dir: None,
        };
        let runtime = KubernetesRuntime::new(Arc::new(Hosts::default()));
        Self {
            namespace,
            ours: Ours::new(runtime, target, "app.yaml"),
        }
    }

    /// Reads and applies; what is desired, and the milliseconds it took.
    async fn apply(&self, text: &str, current: Option<&Desired>) -> (Desired, f64) {
        self.ours.apply(text, current).await
    }

    /// Reads and plans; the milliseconds it took.
    async fn plan(&self, text: &str, current: &Desired) -> f64 {
        let (made, took) = self.ours.plan(text, current).await;
        assert!(made.checks.is_empty(), "{:#?}", made.checks);
        let count = |action| {
            made.plan
                .changes
                .iter()
                .filter(|change| change.action == action)
                .count()
        };
        assert_eq!(count(Action::Update), CHANGED);
        assert_eq!(count(Action::Unchanged), CONFIG_MAPS + 3 * OTHERS - CHANGED);
        took
    }

    /// The milliseconds that `kubectl` takes.
    fn kubectl(&self, words: &[&str], text: &str, code: i32) -> f64 {
        let begun = Instant::now();
        let said = self.namespace.kubectl(&[words, &["-f", "-"]].concat(), text);
        let took = begun.elapsed();
        assert_eq!(said.code, Some(code), "{}", said.err);
        millis(took)
    }

    /// The milliseconds that nothing but the PATCHes takes, on connections that are open.
    async fn raw(&self) -> f64 {
        let (http, server) = api_server();
        let release: ReleaseId = id();
        let paths = objects(0).into_iter().map(|mut body| {
            let version = body["apiVersion"].as_str().expect("a version");
            let root = if version == "v1" { "api" } else { "apis" };
            let plural = body["kind"].as_str().expect("a kind").to_lowercase() + "s";
            let name = body["metadata"]["name"].as_str().expect("a name");
            let url = format!(
                "{server}/{root}/{version}/namespaces/{}/{plural}/{name}?fieldManager=raw&fieldValidation=Strict&force=false",
                self.namespace.0
            );
            // As long as ours are.
            body["metadata"]["labels"]["applyset.kubernetes.io/part-of"] =
                format!("applyset-{}-v1", BASE64.encode([b'x'; 32]).replace('=', "")).into();
            body["metadata"]["annotations"] =
                json!({"releasectl.dev/release": release.to_string(), "releasectl.dev/epoch": "1"});
            (url, body.to_string())
        });
        let paths: Vec<_> = paths.collect();
        let begun = Instant::now();
        let sent = futures::stream::iter(paths).map(|(url, body)| {
            let request = http.patch(url).header("content-type", "application/apply-patch+yaml");
            async move {
                let answer = request.body(body).send().await.expect("an answer");
                let status = answer.status();
                let text = answer.text().await.expect("text");
                assert_eq!(status, 201, "{text}");
            }
        });
        sent.buffer_unordered(RAW_AT_ONCE).collect::<Vec<()>>().await;
        millis(begun.elapsed())
    }

    /// Which object is written how often shows in these.
    fn versions(&self) -> BTreeMap<String, String> {
        let found = self.namespace.list("configmaps,services,serviceaccounts,roles");
        let version = |value: &Value| {
            let text = |path| {
                value
                    .pointer(path)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let name = format!("{} {}", text("/kind"), text("/metadata/name"));
            (name, text("/metadata/resourceVersion"))
        };
        found.iter().map(version).collect()
    }
}

/// The cluster's administrator as a plain client of HTTP, and where the API server is.
fn api_server() -> (reqwest::Client, String) {
    let config = tool("kubectl", &["config", "view", "--raw", "--output", "json"], "").well();
    let config: Value = serde_json::from_str(&config).expect("JSON");
    let text = |path: &str| {
        config
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {path}"))
    };
    let bytes = |path: &str| BASE64.decode(text(path)).expect("base64");
    let authority = bytes("/clusters/0/cluster/certificate-authority-data");
    let mut identity = bytes("/users/0/user/client-certificate-data");
    identity.extend(bytes("/users/0/user/client-key-data"));
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&authority).expect("a certificate")])
        .identity(reqwest::Identity::from_pem(&identity).expect("a key"))
        .build();
    (client.expect("a client"), text("/clusters/0/cluster/server").to_owned())
}

fn row(name: &str, goal: Goal, ours: Vec<f64>, against: Vec<f64>) -> Row {
    Row {
        name: name.into(),
        unit: "ms",
        ours,
        against,
        goal,
        with: KUBECTL.into(),
    }
}
