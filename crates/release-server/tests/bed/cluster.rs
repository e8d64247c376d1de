//! The test bed's cluster: namespaces that are gone when their test is, and `kubectl` to look at them with.

use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Where the kubeconfig of this run's cluster is.
fn kubeconfig_path() -> String {
    std::env::var("TESTBED_KUBECONFIG").expect("a cluster: run this with `testbed/with kube -- …`")
}

/// The cluster's administrator.
pub fn kubeconfig() -> String {
    let path = kubeconfig_path();
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a command printed and how it ended.
#[derive(Clone, Debug)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

impl Said {
    /// What it printed, where it ended well.
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }
}

/// Runs a program that talks to the cluster, with what it reads.
pub fn tool(program: &str, words: &[&str], input: &str) -> Said {
    let mut child = Command::new(program)
        .args(words)
        .env("KUBECONFIG", kubeconfig_path())
        .env("KUBECTL_APPLYSET", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().expect("an input");
    // A program that does not read to the end says why itself.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let done = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        out: text(&done.stdout),
        err: text(&done.stderr),
        code: done.status.code(),
    }
}

/// A namespace of this test's own; what is in it goes with it.
#[derive(Debug)]
pub struct Namespace(pub String);

impl Namespace {
    pub fn new(name: &str) -> Self {
        let name = format!("{name}-{}", &uuid::Uuid::now_v7().simple().to_string()[20..]);
        tool("kubectl", &["create", "namespace", &name], "").well();
        Self(name)
    }

    pub fn kubectl(&self, words: &[&str], input: &str) -> Said {
        tool("kubectl", &[&["--namespace", &self.0], words].concat(), input)
    }

    /// Objects of these kinds (`pods`, `pods,services`).
    pub fn list(&self, kinds: &str) -> Vec<Value> {
        let found = self.kubectl(&["get", kinds, "--output", "json"], "").well();
        let mut found: Value = serde_json::from_str(&found).expect("JSON");
        match found["items"].take() {
            Value::Array(items) => items,
            other => panic!("no list: {other}"),
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let said = tool("kubectl", &["delete", "namespace", &self.0], "");
        if said.code != Some(0) {
            eprintln!("{}", said.err);
        }
    }
}

/// An account that may do everything in a namespace, and a flow of its own at the API server: what it asks is counted
/// apart from what everybody else asks (API priority and fairness).
#[derive(Debug)]
pub struct Flow {
    name: String,
    namespace: String,
}

impl Flow {
    /// With more room than it takes.
    pub fn roomy(namespace: &Namespace) -> Self {
        Self::new(namespace, 100)
    }

    /// With the least room there is: what does not fit is refused (429) and not queued.
    pub fn tight(namespace: &Namespace) -> Self {
        Self::new(namespace, 1)
    }

    fn new(namespace: &Namespace, shares: u32) -> Self {
        let flow = Self {
            name: namespace.0.clone(),
            namespace: namespace.0.clone(),
        };
        let objects = flow.objects(shares).map(|object| object.to_string()).join("\n---\n");
        tool("kubectl", &["apply", "-f", "-"], &objects).well();
        flow
    }

    fn objects(&self, shares: u32) -> [Value; 4] {
        let account = json!({"kind": "ServiceAccount", "name": "releaser", "namespace": self.namespace});
        let apf = "flowcontrol.apiserver.k8s.io/v1";
        [
            json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "releaser", "namespace": self.namespace}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": "releaser", "namespace": self.namespace}, "subjects": [account],
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}}),
            json!({"apiVersion": apf, "kind": "PriorityLevelConfiguration", "metadata": {"name": self.name},
                "spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": shares, "lendablePercent": 0,
                    "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}}}),
            json!({"apiVersion": apf, "kind": "FlowSchema", "metadata": {"name": self.name},
            "spec": {"matchingPrecedence": 500, "priorityLevelConfiguration": {"name": self.name}, "rules": [{
                "subjects": [{"kind": "ServiceAccount",
                    "serviceAccount": {"name": "releaser", "namespace": self.namespace}}],
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true,
                    "namespaces": ["*"]}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            }]}}),
        ]
    }

    /// A kubeconfig of the account.
    pub fn kubeconfig(&self) -> String {
        let token = tool(
            "kubectl",
            &["--namespace", &self.namespace, "create", "token", "releaser"],
            "",
        )
        .well();
        let config = tool("kubectl", &["config", "view", "--raw", "--output", "json"], "").well();
        let mut config: Value = serde_json::from_str(&config).expect("JSON");
        config["users"][0]["user"] = json!({"token": token.trim()});
        config.to_string()
    }

    /// Requests of the account that were served so far.
    pub fn dispatched(&self) -> u64 {
        self.counted("apiserver_flowcontrol_dispatched_requests_total")
    }

    /// Requests that were refused for lack of room.
    pub fn rejected(&self) -> u64 {
        self.counted("apiserver_flowcontrol_rejected_requests_total")
    }

    fn counted(&self, metric: &str) -> u64 {
        let page = tool("kubectl", &["get", "--raw", "/metrics"], "").well();
        let schema = format!("flow_schema=\"{}\"", self.name);
        let lines = page
            .lines()
            .filter(|line| line.starts_with(metric) && line.contains(&schema));
        let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count written as a float"
        )]
        let sum = counts.sum::<f64>() as u64;
        sum
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        for kind in ["flowschema", "prioritylevelconfiguration"] {
            let said = tool("kubectl", &["delete", kind, &self.name], "");
            if said.code != Some(0) {
                eprintln!("{}", said.err);
            }
        }
    }
}
