//! Causes that lie with the API server: refusals of a release's objects, or of the pods that they ask for.

use crate::bed::{Bed, access, kubeconfig};
use crate::pods::program;
use crate::signs::Sign::Event;
use crate::story::Story;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::core::DynamicObject;
use release_domain::diagnostics::{DiagnosticCode, Finding};
use release_domain::plan::CheckCode;
use release_domain::ports::{Runtime, TargetError};
use release_testkit::runtime::race::within;
use serde_json::{Value, json};
use std::time::Duration;

/// Admission that was just configured takes effect when the server has seen it.
const SEEN_WITHIN: Duration = Duration::from_secs(30);

const SETTING: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: setting}, data: {a: b}}\n";

pub async fn make(api: &Api<DynamicObject>, value: Value) {
    let object = serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"));
    let made = api.create(&PostParams::default(), &object).await;
    made.unwrap_or_else(|error| panic!("{error}"));
}

async fn change(api: &Api<DynamicObject>, name: &str, value: Value) {
    let changed = api.patch(name, &PatchParams::default(), &Patch::Merge(value)).await;
    changed.unwrap_or_else(|error| panic!("{error}"));
}

async fn remove(api: &Api<DynamicObject>, name: &str) {
    let removed = api.delete(name, &DeleteParams::default()).await;
    removed.map(|_| ()).unwrap_or_else(|error| panic!("{error}"));
}

/// Waits until the server refuses what it took before. It tells nobody when it begins to; only its answers do.
async fn refused(bed: &Bed) {
    let api = bed.api("v1", "ConfigMap", "configmaps");
    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let probe = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "probe-"}});
    let probe: DynamicObject = serde_json::from_value(probe).unwrap_or_else(|error| panic!("{error}"));
    let asked = async { while api.create(&dry, &probe).await.is_ok() {} };
    let refused = within(SEEN_WITHIN, asked).await;
    refused.unwrap_or_else(|| panic!("the server took it all along"));
}

pub async fn port_conflict(story: &Story) -> Vec<Finding> {
    let taken = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "other"},
        "spec": {"type": "NodePort", "ports": [{"port": 80}]}});
    let services = story.bed.api("v1", "Service", "services");
    make(&services, taken).await;
    let other = services.get("other").await.unwrap_or_else(|error| panic!("{error}"));
    let port = &other.data["spec"]["ports"][0]["nodePort"];
    let text = format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: front}}, spec: {{type: NodePort, ports: [{{port: 80, nodePort: {port}}}]}}}}"
    );
    story.failing(&text, None).await
}

/// Two definitions of one kind in one group: only one can be served.
pub async fn name_conflict(story: &Story) -> Vec<Finding> {
    let group = format!("{}.example.com", story.bed.namespace);
    let definition = |plural: &str| {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": "Widget"},
                "versions": [{"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object"}}}]}})
    };
    let definitions = story.bed.of_cluster(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
    );
    make(&definitions, definition("widgets")).await;
    let findings = story.failing(&definition("gadgets").to_string(), None).await;
    for plural in ["widgets", "gadgets"] {
        remove(&definitions, &format!("{plural}.{group}")).await;
    }
    findings
}

pub async fn quota_exceeded(story: &Story) -> Vec<Finding> {
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "0"}}});
    make(&story.bed.api("v1", "ResourceQuota", "resourcequotas"), quota).await;
    story
        .stuck(&program("[sleep, '60']", ""), &[Event("FailedCreate")])
        .await
}

pub async fn pod_security_denied(story: &Story) -> Vec<Finding> {
    let namespaces = story.bed.of_cluster("v1", "Namespace", "namespaces");
    let enforce = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    change(&namespaces, &story.bed.namespace, enforce).await;
    story
        .stuck(&program("[sleep, '60']", ""), &[Event("FailedCreate")])
        .await
}

pub async fn admission_denied(story: &Story) -> Vec<Finding> {
    let (bed, name) = (&story.bed, story.bed.namespace.as_str());
    let version = "admissionregistration.k8s.io/v1";
    let policies = bed.of_cluster(version, "ValidatingAdmissionPolicy", "validatingadmissionpolicies");
    let bindings = bed.of_cluster(
        version,
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
    );
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]});
    let policy = json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": "object.metadata.name.startsWith('releasectl-')", "message": "we name them otherwise"}]}});
    let binding = json!({"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}}});
    make(&policies, policy).await;
    make(&bindings, binding).await;
    refused(bed).await;
    let findings = story.failing(SETTING, None).await;
    remove(&bindings, name).await;
    remove(&policies, name).await;
    findings
}

pub async fn webhook_unreachable(story: &Story) -> Vec<Finding> {
    let (bed, name) = (&story.bed, story.bed.namespace.as_str());
    let version = "admissionregistration.k8s.io/v1";
    let hooks = bed.of_cluster(
        version,
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    );
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]});
    let hook = json!({"apiVersion": version, "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name},
        "webhooks": [{"name": "gone.example.com", "clientConfig": {"url": "https://127.0.0.1:1/judge"},
            "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
            "matchConditions": [{"name": "theirs", "expression": "!object.metadata.name.startsWith('releasectl-')"}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}]});
    make(&hooks, hook).await;
    refused(bed).await;
    let findings = story.failing(SETTING, None).await;
    remove(&hooks, name).await;
    findings
}

/// An account that may do everything but write ConfigMaps whose names are not ours.
pub async fn permission_denied(story: &mut Story) -> Vec<Finding> {
    let bed = &story.bed;
    let rbac = "rbac.authorization.k8s.io/v1";
    let role = json!({"apiVersion": rbac, "kind": "Role", "metadata": {"name": "deployer"}, "rules": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["", "coordination.k8s.io"], "resources": ["configmaps", "leases"], "verbs": ["*"]}]});
    make(&bed.api(rbac, "Role", "roles"), role).await;
    let token = token_of(bed, "deployer").await;
    story.target = access(with_user(&json!({"token": token})), &story.bed.namespace);
    let secret = "{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {a: b}}";
    story.failing(secret, None).await
}

/// A token of an account of the namespace that has the role of its name.
pub async fn token_of(bed: &Bed, name: &str) -> String {
    let rbac = "rbac.authorization.k8s.io/v1";
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
    make(&bed.api("v1", "ServiceAccount", "serviceaccounts"), account).await;
    let binding = json!({"apiVersion": rbac, "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": bed.namespace}]});
    make(&bed.api(rbac, "RoleBinding", "rolebindings"), binding).await;
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}).to_string();
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/{name}/token", bed.namespace);
    let request = http::Request::post(path)
        .header("content-type", "application/json")
        .body(request.into_bytes());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    let answer: Value = bed
        .client
        .request(request)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    answer["status"]["token"].as_str().unwrap_or_default().to_owned()
}

/// The test bed's kubeconfig with another user.
pub fn with_user(user: &Value) -> String {
    let text = kubeconfig();
    let lines = text.lines().map(|line| match line.starts_with("users:") {
        true => format!("users: [{{name: admin, user: {user}}}]"),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub async fn target_auth_failed(story: &Story) -> DiagnosticCode {
    let target = access(with_user(&json!({"token": "of nobody"})), &story.bed.namespace);
    let refused = story.runtime.probe(&target).await;
    refused.map_or_else(
        |error: TargetError| error.diagnostic_code(),
        |_| DiagnosticCode::Unknown,
    )
}

pub async fn target_unreachable(story: &Story) -> DiagnosticCode {
    let text = kubeconfig();
    let server = text
        .split("server: \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let target = access(text.replace(server, "https://127.0.0.1:1"), &story.bed.namespace);
    let refused = story.runtime.probe(&target).await;
    refused.map_or_else(
        |error: TargetError| error.diagnostic_code(),
        |_| DiagnosticCode::Unknown,
    )
}

pub async fn field_conflict(story: &Story) -> Vec<Finding> {
    let theirs =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "setting"}, "data": {"a": "theirs"}});
    let api = story.bed.api("v1", "ConfigMap", "configmaps");
    let applied = api
        .patch("setting", &PatchParams::apply("somebody"), &Patch::Apply(theirs))
        .await;
    applied.unwrap_or_else(|error| panic!("{error}"));
    story.failing(SETTING, None).await
}

/// Without the consent it is not made anew: what was there stays.
pub async fn immutable_field(story: &Story) -> Vec<Finding> {
    let fixed = SETTING.replace("data: {a", "immutable: true, data: {a");
    let before = story.to(&fixed, None).await;
    let findings = story.failing(&fixed.replace("a: b", "a: c"), Some(&before)).await;
    let api = story.bed.api("v1", "ConfigMap", "configmaps");
    let stayed = api.get("setting").await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stayed.data["data"]["a"], "b");
    findings
}

pub async fn invalid_object(story: &Story) -> Vec<Finding> {
    let unknown = SETTING.replace("data: {a", "dta: {a");
    story.failing(&unknown, None).await
}

/// The namespace is going, and something in it holds it back.
pub async fn namespace_terminating(story: &Story) -> Vec<Finding> {
    let held = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "held", "finalizers": ["example.com/held"]}});
    let api = story.bed.api("v1", "ConfigMap", "configmaps");
    make(&api, held).await;
    let namespaces = story.bed.of_cluster("v1", "Namespace", "namespaces");
    remove(&namespaces, &story.bed.namespace).await;
    let findings = story.failing(SETTING, None).await;
    change(&api, "held", json!({"metadata": {"finalizers": null}})).await;
    findings
}

async fn checked(story: &Story, text: &str) -> Vec<CheckCode> {
    let made = story.plan(text, None).await;
    made.checks.into_iter().map(|check| check.code).collect()
}

pub async fn crd_missing(story: &Story) -> Vec<CheckCode> {
    checked(
        story,
        "{apiVersion: example.com/v1, kind: Nothing, metadata: {name: x}}",
    )
    .await
}

pub async fn api_version_removed(story: &Story) -> Vec<CheckCode> {
    checked(
        story,
        "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: x}}",
    )
    .await
}
