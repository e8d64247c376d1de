//! Refusals that a preview shows before anything is written.

use crate::bed::access;
use crate::pods::{deployment, program};
use crate::refusals::{make, token_of, with_user};
use crate::story::{Story, tell};
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use release_domain::plan::{Check, CheckCode, CheckStatus};
use serde_json::json;

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
