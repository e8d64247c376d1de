//! Refusals that a preview shows before anything is written.

use crate::bed::access;
use crate::pods::{deployment, program};
use crate::refusals::{make, token_of, with_user};
use crate::story::{Story, tell};
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use release_domain::plan::{Check, CheckCode, CheckStatus};
use release_domain::ports::{PlanMade, PlanRequest, Purpose, Runtime};
use release_testkit::registry::{self, PASSWORD};
use serde_json::{Value, json};

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: lone}, spec: {containers: [{name: app, image: 'app:1', \
                   resources: {limits: {memory: 64Mi}}}]}}";

/// The failed checks of a preview.
async fn failed(story: &Story, text: &str) -> Vec<Check> {
    let made = story.plan(text, None).await;
    let failed = made
        .checks
        .into_iter()
        .filter(|check| check.status == CheckStatus::Failed);
    failed.collect()
}

fn codes(checks: &[Check]) -> Vec<CheckCode> {
    checks.iter().map(|check| check.code).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_used_up_shows() {
    tell(async |story| {
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
            "spec": {"hard": {"pods": "0"}}});
        let quotas = story.bed.api("v1", "ResourceQuota", "resourcequotas");
        make(&quotas, quota).await;
        // Until its controller has counted, the server refuses without saying what is used up.
        let is_counted = |quota: Option<&DynamicObject>| quota.is_some_and(|q| q.data["status"]["hard"].is_object());
        let counted = await_condition(quotas, "small", is_counted).await;
        counted.map(|_| ()).unwrap_or_else(|error| panic!("{error}"));
        let checks = failed(story, POD).await;
        assert_eq!(codes(&checks), [CheckCode::QuotaExceeded], "{checks:#?}");
        // Of a workload's pods some may go until its new ones are made.
        let made = story.plan(&program("[sleep, '60']", ""), None).await;
        assert_eq!(made.checks, []);
        assert_eq!(
            codes(&made.warnings),
            [CheckCode::QuotaExceeded],
            "{:#?}",
            made.warnings
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_range_that_is_not_kept_shows() {
    tell(async |story| {
        let range = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"},
            "spec": {"limits": [{"type": "Container", "max": {"memory": "32Mi"}}]}});
        make(&story.bed.api("v1", "LimitRange", "limitranges"), range).await;
        let checks = failed(story, POD).await;
        assert_eq!(codes(&checks), [CheckCode::QuotaExceeded], "{checks:#?}");
        assert!(checks[0].message.contains("32Mi"), "{checks:#?}");
        let checks = failed(story, &program("[sleep, '60']", "resources: {limits: {memory: 64Mi}}")).await;
        assert_eq!(codes(&checks), [CheckCode::QuotaExceeded], "{checks:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pod_security_shows_for_pods_and_for_workloads() {
    tell(async |story| {
        let namespaces = story.bed.of_cluster("v1", "Namespace", "namespaces");
        let enforce = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
        let labelled = namespaces
            .patch(&story.bed.namespace, &PatchParams::default(), &Patch::Merge(enforce))
            .await;
        labelled.unwrap_or_else(|error| panic!("{error}"));
        let checks = failed(story, POD).await;
        assert_eq!(codes(&checks), [CheckCode::PodSecurityDenied], "{checks:#?}");
        let checks = failed(story, &program("[sleep, '60']", "")).await;
        assert_eq!(codes(&checks), [CheckCode::PodSecurityDenied], "{checks:#?}");
        assert!(checks[0].message.contains("allowPrivilegeEscalation"), "{checks:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_credentials_may_not_do_shows_by_verb_and_kind() {
    tell(async |story| {
        let rbac = "rbac.authorization.k8s.io/v1";
        let role = json!({"apiVersion": rbac, "kind": "Role", "metadata": {"name": "deployer"}, "rules": [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]});
        make(&story.bed.api(rbac, "Role", "roles"), role).await;
        let token = token_of(&story.bed, "deployer").await;
        story.target = access(with_user(&json!({"token": token})), &story.bed.namespace);
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
                    {apiVersion: v1, kind: Secret, metadata: {name: b}, stringData: {a: b}}\n";
        let checks = failed(story, text).await;
        let told: Vec<_> = checks
            .iter()
            .filter(|check| check.params.contains_key("verb"))
            .map(|check| (check.code, check.params["verb"].as_str(), check.params["kind"].as_str()))
            .collect();
        let forbidden = CheckCode::ForbiddenOnTarget;
        assert_eq!(
            told,
            [(forbidden, "create", "Secret"), (forbidden, "patch", "Secret")],
            "{checks:#?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_version_that_is_gone_is_named_with_the_one_that_is_served() {
    tell(async |story| {
        let text = "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: x}}";
        let checks = failed(story, text).await;
        assert_eq!(codes(&checks), [CheckCode::ApiVersionRemoved]);
        assert!(
            checks[0].message.contains("policy/v1beta1") && checks[0].message.contains("policy/v1"),
            "{checks:#?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_image_name_shows_at_its_place() {
    tell(async |story| {
        let text = deployment("{name: app, image: 'Testbed/UPPER:1'}", "");
        let checks = failed(story, &text).await;
        assert_eq!(codes(&checks), [CheckCode::ImageNotFound], "{checks:#?}");
        let namespace = &story.bed.namespace;
        let place = format!("/apps/v1/Deployment/{namespace}/web/spec/template/spec/containers/0/image");
        assert_eq!(checks[0].pointer.as_deref(), Some(place.as_str()));
    })
    .await;
}

/// A Deployment of one container of each image.
fn of_images(images: &[&str], more: &str) -> String {
    let containers = images.iter().enumerate();
    let containers: Vec<_> = containers
        .map(|(n, image)| format!("{{name: c{n}, image: '{image}'}}"))
        .collect();
    deployment(&containers.join(", "), more)
}

/// What a plan says of images: the codes, by the number of the container.
fn told(made: &PlanMade) -> Vec<(usize, CheckCode)> {
    let all = made.checks.iter().chain(&made.warnings);
    let of_images = all.filter(|check| matches!(check.code, CheckCode::ImageNotFound | CheckCode::ImageUnverified));
    let mut told: Vec<_> = of_images
        .map(|check| {
            let pointer = check.pointer.as_deref().unwrap_or_default();
            let number = pointer
                .strip_suffix("/image")
                .and_then(|above| above.rsplit('/').next()?.parse().ok());
            (number.unwrap_or_else(|| panic!("{check:#?}")), check.code)
        })
        .collect();
    told.sort_unstable();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_its_registry_does_not_know_fails_the_preview_and_a_silent_registry_is_a_warning() {
    tell(async |story| {
        let registry = registry::start();
        let repositories = [
            "known", "nothing", "public", "private", "limited", "broken", "silent", "metadata",
        ];
        let images = repositories.map(|repository| registry.image(repository));
        let mut images: Vec<&str> = images.iter().map(String::as_str).collect();
        images.extend(["testbed/busybox:1", "testbed/busybox:2", "169.254.169.254/app:1"]);
        let made = story.plan(&of_images(&images, ""), None).await;
        let unverified = [3, 4, 5, 6, 7, 9, 10].map(|number| (number, CheckCode::ImageUnverified));
        let expected: Vec<_> = [(1, CheckCode::ImageNotFound)].into_iter().chain(unverified).collect();
        assert_eq!(told(&made), expected, "{:#?} {:#?}", made.checks, made.warnings);
        assert_eq!(made.checks[0].status, CheckStatus::Failed);
        for (number, _) in expected {
            let mut all = made.checks.iter().chain(&made.warnings);
            assert!(
                all.any(|check| check.message.contains(images[number])),
                "{}",
                images[number]
            );
        }
        println!(
            "images of a preview: {} images, {} failed, {} warnings",
            images.len(),
            1,
            made.warnings.len()
        );
    })
    .await;
}

/// A pull secret for a registry on this machine.
fn pull_secret(port: u16) -> Value {
    let config = json!({"auths": {format!("127.0.0.1:{port}"): {"username": "robot", "password": PASSWORD}}});
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": config.to_string()}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pull_secrets_are_used_where_they_can_be_read_and_never_shown() {
    tell(async |story| {
        let registry = registry::start();
        let image = registry.image("private");
        let of_pod = of_images(&[&image], "imagePullSecrets: [{name: pull}],");
        let of_account = of_images(&[&image], "");
        let unverified = [(0, CheckCode::ImageUnverified)];
        let secret = pull_secret(registry.port);

        let made = story.plan(&of_pod, None).await;
        assert_eq!(told(&made), unverified, "nobody has made the secret");
        let made = story.plan(&format!("{of_pod}---\n{secret}\n"), None).await;
        assert_eq!(told(&made), [], "it comes with the release");
        let said = format!("{:?} {:?} {:?} {:?}", made.checks, made.warnings, made.plan, made.texts);
        assert!(!said.contains(PASSWORD), "{said}");

        make(&story.bed.api("v1", "Secret", "secrets"), secret).await;
        assert_eq!(told(&story.plan(&of_pod, None).await), []);
        assert_eq!(told(&story.plan(&of_account, None).await), unverified);
        let account = story.bed.api("v1", "ServiceAccount", "serviceaccounts");
        let given = json!({"imagePullSecrets": [{"name": "pull"}]});
        // The controller makes the account in its own time.
        let is_there = |account: Option<&DynamicObject>| account.is_some();
        let made = await_condition(account.clone(), "default", is_there).await;
        made.map(|_| ()).unwrap_or_else(|error| panic!("{error}"));
        let given = account
            .patch("default", &PatchParams::default(), &Patch::Merge(given))
            .await;
        given.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(told(&story.plan(&of_account, None).await), []);

        // Who may neither read secrets nor look at nodes is told less.
        let rbac = "rbac.authorization.k8s.io/v1";
        let role = json!({"apiVersion": rbac, "kind": "Role", "metadata": {"name": "deployer"}, "rules": [
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["*"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]});
        make(&story.bed.api(rbac, "Role", "roles"), role).await;
        let token = token_of(&story.bed, "deployer").await;
        story.target = access(with_user(&json!({"token": token})), &story.bed.namespace);
        let of_both = of_images(&[&image, "testbed/busybox:1"], "imagePullSecrets: [{name: pull}],");
        let both = [(0, CheckCode::ImageUnverified), (1, CheckCode::ImageUnverified)];
        assert_eq!(told(&story.plan(&of_both, None).await), both);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registries_are_asked_by_previews_alone_and_only_about_what_a_node_may_pull() {
    tell(async |story| {
        let registry = registry::start();
        let of = |container: &str| deployment(&format!("{{name: app, command: [sleep, '60'], {container}}}"), "");
        let there = of("image: 'docker.io/testbed/busybox:1'");
        for text in [
            there.clone(),
            of("image: 'testbed/busybox:1', imagePullPolicy: IfNotPresent"),
            of("image: 'nobody/has-it:1', imagePullPolicy: Never"),
            of("image: 'nobody/has-it:1', securityContext: {privileged: true}"),
        ] {
            assert_eq!(told(&story.plan(&text, None).await), [], "{text}");
        }
        assert_eq!(story.hosts.take(), [""; 0]);
        let always = of("image: 'testbed/busybox:1', imagePullPolicy: Always");
        assert_eq!(
            told(&story.plan(&always, None).await),
            [(0, CheckCode::ImageUnverified)]
        );
        assert_eq!(story.hosts.take(), ["registry-1.docker.io"]);

        // What runs and stays as it is.
        let applied = story.to(&there, None).await;
        story.plan(&there, Some(&applied)).await;
        assert_eq!(story.hosts.take(), [""; 0]);

        // Neither plan nor fingerprint tells whether a registry was asked, or what it said.
        let mut made = Vec::new();
        for purpose in [Purpose::Preview, Purpose::Recheck] {
            let desired = story.render(&of(&format!("image: '{}'", registry.image("nothing"))));
            let request = PlanRequest {
                purpose,
                ..story.request(Some(desired), Some(applied.clone()))
            };
            let planned = story.runtime.plan(&story.target, &request).await;
            made.push((planned.unwrap_or_else(|error| panic!("{error}")), registry.take().len()));
        }
        let [(preview, asked), (recheck, never)] = &made[..] else {
            panic!("two plans")
        };
        assert_eq!(
            (told(preview), told(recheck)),
            (vec![(0, CheckCode::ImageNotFound)], vec![])
        );
        assert_eq!((*asked, *never), (1, 0));
        assert_eq!(
            (&preview.plan, preview.live_fingerprint),
            (&recheck.plan, recheck.live_fingerprint)
        );
    })
    .await;
}
