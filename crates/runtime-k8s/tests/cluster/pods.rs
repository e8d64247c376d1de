//! Causes that lie in pods: made to happen on the node.

use crate::samples::{self, BUSYBOX};
use crate::signs::Sign::{Condition, Event, Waiting};
use crate::story::Story;
use release_domain::diagnostics::Finding;
use release_testkit::registry;

/// A program that ends badly and says why.
const ENDS: &str = "command: [sh, -c, 'echo told why; exit 3']";

/// A Deployment of one pod, which must stay up for a while, with this container and more of its pod's spec.
pub fn deployment(container: &str, spec: &str) -> String {
    let pod = format!("{spec} containers: [{container}]");
    samples::deployment("web", "minReadySeconds: 4,", &pod)
}

/// A container `app` of busybox with more in it.
fn app(more: &str) -> String {
    format!("{{name: app, {BUSYBOX}, {more}}}")
}

/// A Deployment whose container has a volume of this kind.
fn mounting(volume: &str) -> String {
    let container = app("command: [sleep, '60'], volumeMounts: [{name: v, mountPath: /v}]");
    deployment(&container, &format!("volumes: [{{name: v, {volume}}}],"))
}

/// A Deployment of a program of busybox with more of the container's spec.
pub fn program(command: &str, more: &str) -> String {
    deployment(&app(&format!("command: {command}, {more}")), "")
}

async fn of_image(story: &Story, image: &str) -> Vec<Finding> {
    let text = deployment(&format!("{{name: app, image: '{image}'}}"), "");
    story.stuck(&text, &[Event("Failed"), Waiting("ErrImage")]).await
}

async fn of_registry(story: &Story, repository: &str) -> Vec<Finding> {
    of_image(story, &registry::start().image(repository)).await
}

pub async fn image_not_found(story: &Story) -> Vec<Finding> {
    of_registry(story, "nothing").await
}

pub async fn image_never_pulled(story: &Story) -> Vec<Finding> {
    let never = "{name: app, image: 'testbed/nowhere:1', imagePullPolicy: Never}";
    story.failing(&deployment(never, ""), None).await
}

pub async fn image_pull_unauthorized(story: &Story) -> Vec<Finding> {
    of_registry(story, "denied").await
}

pub async fn image_pull_rate_limited(story: &Story) -> Vec<Finding> {
    of_registry(story, "limited").await
}

pub async fn image_platform_mismatch(story: &Story) -> Vec<Finding> {
    of_registry(story, "foreign").await
}

pub async fn registry_unreachable(story: &Story) -> Vec<Finding> {
    of_image(story, "registry.invalid/app:1").await
}

pub async fn invalid_image_name(story: &Story) -> Vec<Finding> {
    of_image(story, "Testbed/UPPER:1").await
}

pub async fn config_map_missing(story: &Story) -> Vec<Finding> {
    let named = "env: [{name: A, valueFrom: {configMapKeyRef: {name: nowhere, key: a}}}]";
    story
        .stuck(
            &program("[sleep, '60']", named),
            &[Event("Failed"), Waiting("CreateContainerConfigError")],
        )
        .await
}

pub async fn secret_key_missing(story: &Story) -> Vec<Finding> {
    let named = "env: [{name: A, valueFrom: {secretKeyRef: {name: keys, key: other}}}]";
    let secret = "---\n{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {a: b}}\n";
    story
        .stuck(
            &(program("[sleep, '60']", named) + secret),
            &[Event("Failed"), Waiting("CreateContainerConfigError")],
        )
        .await
}

pub async fn mounted_secret_missing(story: &Story) -> Vec<Finding> {
    let text = mounting("secret: {secretName: nowhere}");
    story
        .stuck(&text, &[Event("FailedMount"), Waiting("ContainerCreating")])
        .await
}

pub async fn start_failed(story: &Story) -> Vec<Finding> {
    story.failing(&program("[nope]", ""), None).await
}

pub async fn start_failed_126(story: &Story) -> Vec<Finding> {
    story.failing(&program("[sh, -c, /etc/passwd]", ""), None).await
}

pub async fn start_failed_127(story: &Story) -> Vec<Finding> {
    story.failing(&program("[sh, -c, nope]", ""), None).await
}

pub async fn crash_loop(story: &Story) -> Vec<Finding> {
    story
        .failing(&program("[sh, -c, 'echo told why; exit 3']", ""), None)
        .await
}

/// Only the newest revision's pods are asked, while the old ones go on.
pub async fn crash_loop_of_a_new_revision(story: &Story) -> Vec<Finding> {
    let before = story.to(&program("[sleep, '3600']", ""), None).await;
    let after = program("[sh, -c, 'echo told why; exit 3']", "");
    story.failing(&after, Some(&before)).await
}

pub async fn init_container_loops(story: &Story) -> Vec<Finding> {
    let initial = format!("initContainers: [{{name: before, {BUSYBOX}, {ENDS}}}],");
    let text = deployment(&app("command: [sleep, '60']"), &initial);
    story.failing(&text, None).await
}

pub async fn oom_killed(story: &Story) -> Vec<Finding> {
    let eat = program("[sh, -c, 'tail /dev/zero']", "resources: {limits: {memory: 16Mi}}");
    story.failing(&eat, None).await
}

pub async fn exited(story: &Story) -> Vec<Finding> {
    let pod = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: once}}, spec: {{restartPolicy: Never, containers: [{}]}}}}",
        app(ENDS)
    );
    story.failing(&pod, None).await
}

pub async fn not_ready(story: &Story) -> Vec<Finding> {
    let probe = "readinessProbe: {periodSeconds: 1, exec: {command: [sh, -c, 'echo not ready; exit 1']}}";
    story
        .stuck(&program("[sleep, '60']", probe), &[Event("Unhealthy")])
        .await
}

pub async fn not_alive(story: &Story) -> Vec<Finding> {
    let probe =
        "livenessProbe: {periodSeconds: 1, failureThreshold: 1, exec: {command: [sh, -c, 'echo not ready; exit 1']}}";
    let text = program("[sleep, '60']", probe).replace("minReadySeconds: 4", "minReadySeconds: 15");
    story.failing(&text, None).await
}

pub async fn insufficient_resources(story: &Story) -> Vec<Finding> {
    let pod = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: big}}, spec: {{nodeName: localhost, containers: [{}]}}}}",
        app("command: [sleep, '60'], resources: {requests: {cpu: '900'}}")
    );
    story.failing(&pod, None).await
}

pub async fn unschedulable(story: &Story) -> Vec<Finding> {
    let big = program("[sleep, '60']", "resources: {requests: {cpu: '900'}}");
    story.stuck(&big, &[Event("FailedScheduling")]).await
}

pub async fn pvc_pending(story: &Story) -> Vec<Finding> {
    let claim = "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: store}, spec: {storageClassName: \
                 nowhere, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}\n";
    let text = mounting("persistentVolumeClaim: {claimName: store}");
    story.stuck(&(text + claim), &[Event("FailedScheduling")]).await
}

pub async fn mount_failed(story: &Story) -> Vec<Finding> {
    let text = mounting("hostPath: {path: /nowhere/at/all, type: Directory}");
    story
        .stuck(&text, &[Event("FailedMount"), Waiting("ContainerCreating")])
        .await
}

pub async fn job_failed(story: &Story) -> Vec<Finding> {
    let job = format!(
        "{{apiVersion: batch/v1, kind: Job, metadata: {{name: migrate}}, spec: {{backoffLimit: 0, template: {{spec: \
         {{restartPolicy: Never, containers: [{}]}}}}}}}}",
        app(ENDS)
    );
    story.failing(&job, None).await
}

pub async fn progress_deadline_exceeded(story: &Story) -> Vec<Finding> {
    let text = program(
        "[sleep, '60']",
        "readinessProbe: {initialDelaySeconds: 600, exec: {command: ['true']}}",
    );
    let text = text.replace("minReadySeconds: 4", "progressDeadlineSeconds: 3");
    story.failing(&text, None).await
}

pub async fn dependency_failed(story: &Story) -> Vec<Finding> {
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: front}, spec: {selector: {app: web}, ports: [{port: \
                   80}]}}\n";
    let text = program(
        "[sleep, '60']",
        "readinessProbe: {periodSeconds: 1, exec: {command: ['false']}}",
    );
    story.stuck(&(text + service), &[Event("Unhealthy")]).await
}

pub async fn unknown(story: &Story) -> Vec<Finding> {
    let gated = deployment(
        &app("command: [sleep, '60']"),
        "readinessGates: [{conditionType: example.com/never}],",
    );
    story.stuck(&gated, &[Condition("ContainersReady")]).await
}
