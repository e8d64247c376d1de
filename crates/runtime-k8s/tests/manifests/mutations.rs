//! Mutated manifests through rendering, policy, order, masks and the normal form: whatever the text, an answer and no
//! panic, soon.
//!
//! The mutations come from a fixed seed, so a failure names a case that fails again. `MANIFEST_MUTATIONS` sets how many
//! are made; they are shared out to as many threads as there are cores.

use crate::support;
use release_domain::canonical;
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::MacKey;
use release_domain::secret;
use release_testkit::mutation::{self, Random, mutated};
use runtime_k8s::desired::Model;
use runtime_k8s::mask::Masker;
use runtime_k8s::{live, order, policy};

const DEFAULT_MUTATIONS: usize = 50_000;

/// What is mutated: each kind that something here looks into.
const SEED: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: &l {app: web}, annotations: {releasectl.dev/wave: '1', helm.sh/hook: pre-install}}
spec:
  replicas: ${COUNT:-3}
  selector: {matchLabels: *l}
  template:
    metadata: {labels: {<<: *l, tier: front}}
    spec:
      hostNetwork: false
      serviceAccountName: web
      volumes: [{name: a, hostPath: {path: /var}}, {name: b, secret: {secretName: s, defaultMode: 0644}}]
      containers:
      - name: web
        image: registry.example/web:${TAG}
        env: [{name: DB_PASSWORD, value: '${TAG?}'}, {name: X, valueFrom: {configMapKeyRef: {name: c, key: k}}}]
        securityContext: {privileged: true, capabilities: {add: [NET_ADMIN]}}
        resources: {limits: {cpu: 1.5, memory: 1e3}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: x}, data: {b: eA==}}
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: j}, spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
---
{\"apiVersion\": \"apiextensions.k8s.io/v1\", \"kind\": \"CustomResourceDefinition\", \"metadata\": {\"name\": \"w.e.io\"},
 \"spec\": {\"group\": \"e.io\", \"scope\": \"Namespaced\", \"names\": {\"kind\": \"W\"}}}
---
apiVersion: e.io/v1
kind: W
metadata: {name: w}
spec: {ratio: 0.25, when: 2020-01-01}
";

/// Pieces that mean something to Kubernetes, thrown in beside those of YAML.
const PIECES: &[&str] = &[
    "*l",
    "<<: *l",
    "!!int ",
    "${TAG:-${TAG:-",
    "${TAG:+",
    "-0",
    "kind: List\n",
    "items: []\n",
    "metadata: null\n",
    "spec: 3\n",
    "containers: {}\n",
    "hostPath: null",
    "labels: []\n",
    "namespace: ''\n",
    "name: 5\n",
    "? [a]\n: b\n",
];

/// Everything that is asked of a desired state without a cluster.
fn look_into(model: &Model) {
    let (allow, key) = (RuntimeAllowances::default(), MacKey([1; 32]));
    let masker = Masker::of(secret::Masker::default());
    let all: Vec<_> = model.objects.iter().collect();
    assert_eq!(order::of(&all).len(), all.len());
    for value in all {
        let denied = policy::denied(value, "shop", &allow);
        assert!(
            denied.iter().all(|denied| value.pointer(&denied.pointer).is_some()),
            "{denied:?}"
        );
        let normal = live::normal(value);
        assert_eq!(live::normal(&normal), normal, "the normal form is its own");
        assert_eq!(live::differences(&normal, &normal), []);
        assert!(
            !live::is_as_desired(value, &normal),
            "what nobody manages is asked about"
        );
        let keyed = masker.keyed(&normal, &key);
        let fields = live::differences(&serde_json::Value::Null, &keyed);
        drop((masker.shown(value), fields));
    }
    masker.literals(model.objects.iter());
}

/// Renders one mutation; whether it was accepted.
fn rendered(case: usize, content: &str) -> bool {
    let rendered = support::render_with(&[("app.yaml", content)], &[("TAG", "1.2"), ("COUNT", "2")]);
    let Some(desired) = &rendered.desired else {
        assert!(
            !rendered.problems.is_empty(),
            "case {case} refused without a word:\n{content}"
        );
        return false;
    };
    assert!(
        canonical::to_bytes(desired).is_ok(),
        "case {case} cannot be hashed:\n{content}"
    );
    look_into(&Model::read(desired).unwrap_or_else(|error| panic!("case {case}: {error}")));
    true
}

#[test]
fn no_mutation_of_a_manifest_panics_or_hangs() {
    let wanted = mutation::wanted("MANIFEST_MUTATIONS", DEFAULT_MUTATIONS);
    let pieces = [mutation::YAML, PIECES].concat();
    let played = mutation::play_all(wanted, |case| {
        rendered(case, &mutated(SEED, &pieces, &mut Random::of(case)))
    });
    let accepted = played.accepted;
    assert!(accepted > 0 && accepted < wanted, "{accepted} of {wanted} accepted");
    println!(
        "mutations: {wanted} rendered, {accepted} accepted, 0 panics, 0 hangs, {} ms the longest, {} s in all",
        played.longest.as_millis(),
        played.took.as_secs()
    );
}
