//! What Helm and `kubectl` made becomes a release's: shown before it happens, nothing made anew, still theirs to look at.

use crate::samples::sleeper;
use crate::story::{Story, tell};
use crate::tools::{helm, kubectl};
use release_domain::plan::{Action, Check, CheckCode, CheckStatus};
use release_domain::ports::PlanMade;
use std::collections::BTreeMap;

/// What serves, by whatever tool it comes.
/// What is configured, what is reached, and what runs.
fn application() -> String {
    let settings = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {greeting: hello}}\n";
    let front = "{apiVersion: v1, kind: Service, metadata: {name: front}, spec: {selector: {app: web}, ports: [{port: 80, \
                 targetPort: 8080}]}}\n";
    format!("{settings}---\n{front}{}", sleeper("web", "replicas: 2,"))
}
const OBJECTS: usize = 3;

/// Identities of the objects and of the pods.
async fn identities(story: &Story) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (version, kind, plural) in [
        ("v1", "ConfigMap", "configmaps"),
        ("v1", "Service", "services"),
        ("apps/v1", "Deployment", "deployments"),
        ("apps/v1", "ReplicaSet", "replicasets"),
        ("v1", "Pod", "pods"),
    ] {
        for value in story.bed.list(version, kind, plural).await {
            let name = value["metadata"]["name"].as_str().unwrap_or_default();
            if !name.starts_with("releasectl-") {
                found.insert(format!("{kind} {name}"), value["metadata"]["uid"].to_string());
            }
        }
    }
    found
}

fn adopted(made: &PlanMade) -> Vec<&Check> {
    made.warnings
        .iter()
        .filter(|check| check.code == CheckCode::Adopted)
        .collect()
}

/// Adopts what is there as it is and yields what is told of it; nothing but our own marks may change.
async fn adopt(story: &Story) -> PlanMade {
    let wait = ["rollout", "status", "deployment/web", "--timeout=60s"];
    assert_eq!(kubectl(story, &wait, "").1, Some(0));
    let before = identities(story).await;
    let made = story.plan(&application(), None).await;
    assert!(
        made.checks.iter().all(|check| check.status != CheckStatus::Failed),
        "{:#?}",
        made.checks
    );
    assert_eq!(adopted(&made).len(), OBJECTS, "{:#?}", made.warnings);
    assert!(
        made.plan.changes.iter().all(|change| change.action == Action::Update),
        "{:#?}",
        made.plan.changes
    );
    let desired = story.to(&application(), None).await;
    assert_eq!(identities(story).await, before, "nothing is made anew");
    let again = story.plan(&application(), Some(&desired)).await;
    assert!(
        again.plan.is_unchanged() && adopted(&again).is_empty(),
        "{:#?}",
        again.plan
    );
    println!("Kubernetes adoption: {OBJECTS} objects adopted, {} made anew", 0);
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_helm_installed_is_adopted_without_a_restart() {
    tell(async |story| {
        let chart = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let write = |name: &str, text: &str| {
            let path = chart.path().join(name);
            std::fs::write(&path, text).unwrap_or_else(|error| panic!("{name}: {error}"));
        };
        std::fs::create_dir(chart.path().join("templates")).unwrap_or_else(|error| panic!("{error}"));
        write("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}\n");
        write("templates/app.yaml", &application());
        let folder = chart.path().to_string_lossy().into_owned();
        helm(story, &["install", "shop", &folder, "--wait", "--timeout", "60s"]);

        let made = adopt(story).await;
        for check in adopted(&made) {
            assert_eq!(
                check.params.get("manager").map(String::as_str),
                Some("Helm release shop")
            );
        }
        assert!(helm(story, &["list", "--short", "--deployed"]).contains("shop"));
        let manifest = helm(story, &["get", "manifest", "shop"]);
        assert_eq!(
            kubectl(story, &["diff", "--server-side", "-f", "-"], &manifest),
            (String::new(), Some(0))
        );
        // What it changes next is its own business and no recreation either.
        let before = identities(story).await;
        helm(story, &["upgrade", "shop", &folder, "--wait", "--timeout", "60s"]);
        assert_eq!(identities(story).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_kubectl_applied_is_adopted_and_what_it_alone_owned_is_taken_over() {
    tell(async |story| {
        assert_eq!(kubectl(story, &["apply", "-f", "-"], &application()).1, Some(0));
        adopt(story).await;
        assert_eq!(
            kubectl(story, &["diff", "-f", "-"], &application()),
            (String::new(), Some(0))
        );
    })
    .await;
    // A value that differs: `kubectl` alone owned it.
    tell(async |story| {
        let theirs = application().replace("hello", "good day");
        assert_eq!(kubectl(story, &["apply", "-f", "-"], &theirs).1, Some(0));
        let before = identities(story).await;
        let made = story.plan(&application(), None).await;
        assert!(
            made.checks.iter().all(|check| check.status != CheckStatus::Failed),
            "{:#?}",
            made.checks
        );
        let fields: Vec<_> = made.plan.changes.iter().flat_map(|change| &change.fields).collect();
        assert!(fields.iter().any(|field| field.path == "/data/greeting"), "{fields:#?}");
        story.to(&application(), None).await;
        let left = identities(story).await;
        assert!(
            before
                .iter()
                .filter(|(name, _)| !name.starts_with("Pod "))
                .all(|(name, uid)| left.get(name) == Some(uid))
        );
        let settings = story.bed.list("v1", "ConfigMap", "configmaps").await;
        assert!(settings.iter().any(|value| value["data"]["greeting"] == "hello"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_kubectl_applied_on_the_server_is_adopted_where_it_is_the_same_and_a_conflict_where_not() {
    tell(async |story| {
        assert_eq!(
            kubectl(story, &["apply", "--server-side", "-f", "-"], &application()).1,
            Some(0)
        );
        adopt(story).await;
        let words = ["diff", "--server-side", "-f", "-"];
        assert_eq!(kubectl(story, &words, &application()), (String::new(), Some(0)));
    })
    .await;
    tell(async |story| {
        let theirs = application().replace("hello", "good day");
        assert_eq!(
            kubectl(story, &["apply", "--server-side", "-f", "-"], &theirs).1,
            Some(0)
        );
        let made = story.plan(&application(), None).await;
        let conflicts: Vec<_> = made
            .checks
            .iter()
            .filter(|check| check.code == CheckCode::FieldConflict)
            .collect();
        assert_eq!(conflicts.len(), 1, "{:#?}", made.checks);
        assert_eq!(
            conflicts[0].params.get("path").map(String::as_str),
            Some(".data.greeting")
        );
        assert_eq!(conflicts[0].params.get("manager").map(String::as_str), Some("kubectl"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_lists_an_apply_set_of_ours_and_prunes_it_by_its_own_rules() {
    tell(async |story| {
        let object = |name: &str| {
            format!("---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{a: b}}}}\n")
        };
        let all = object("first") + &object("second") + &object("third");
        story.to(&all, None).await;
        assert_eq!(kubectl(story, &["create", "configmap", "stranger"], "").1, Some(0));

        let parent = format!("configmap/releasectl-{}", story.service);
        let path = "jsonpath={.metadata.labels['applyset\\.kubernetes\\.io/id']}";
        let (set, _) = kubectl(story, &["get", &parent, "--output", path], "");
        let member = format!("applyset.kubernetes.io/part-of={set}");
        let names = || {
            kubectl(
                story,
                &["get", "configmaps", "--selector", &member, "--output", "name"],
                "",
            )
            .0
        };
        assert_eq!(names(), "configmap/first\nconfigmap/second\nconfigmap/third\n");

        let less = object("first") + &object("third");
        let applyset = format!("--applyset={parent}");
        let prune = ["apply", "--server-side", "--prune", &applyset, "-f", "-"];
        let (said, code) = kubectl(story, &prune, &less);
        assert!(
            code == Some(1) && said.contains("is managed by tooling \"releasectl\""),
            "{said}"
        );
        assert_eq!(
            names().lines().count(),
            3,
            "a set that another tool keeps is left alone"
        );

        // Handed over as KEP-3659 has it, by the annotation.
        let (version, _) = kubectl(
            story,
            &[
                "version",
                "--client",
                "--output",
                "jsonpath={.clientVersion.gitVersion}",
            ],
            "",
        );
        let tooling = format!("applyset.kubernetes.io/tooling=kubectl/{version}");
        assert_eq!(
            kubectl(story, &["annotate", "--overwrite", &parent, &tooling], "").1,
            Some(0)
        );
        let (said, code) = kubectl(story, &prune, &less);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("configmap/second pruned"), "{said}");
        assert_eq!(names(), "configmap/first\nconfigmap/third\n");
        assert_eq!(
            kubectl(story, &["get", "configmap", "stranger"], "").1,
            Some(0),
            "what is no member stays"
        );
        println!("Kubernetes ApplySet: {} pruned by kubectl, {} left", 1, 2);
    })
    .await;
}
