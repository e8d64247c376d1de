//! Definitions and their resources in one release, and how resources tell that they are healthy.

use crate::story::{Story, tell};
use futures::StreamExt;
use kube::api::{Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watcher};
use release_domain::plan::Action;
use release_domain::ports::ApplyEnd;
use release_testkit::runtime::Recorder;
use serde_json::json;

/// A definition of the namespace's own group, with a rule for the health of its resources, and one resource.
fn release(group: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.{group}
  annotations: {{releasectl.dev/health: '{{\"healthy\": {{\"/status/conditions/Turning/status\": \"True\"}}}}'}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: widgets, kind: Widget}}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {{status: {{}}}}
    schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
---
apiVersion: {group}/v1
kind: Widget
metadata: {{name: first}}
spec: {{size: 3}}
"
    )
}

/// Waits for the resource, as its operator would, and tells that it turns.
async fn turn(story: &Story, group: &str) {
    let widgets = story.bed.api(&format!("{group}/v1"), "Widget", "widgets");
    let mut seen = watcher(widgets.clone(), watcher::Config::default())
        .default_backoff()
        .boxed();
    // Until the definition is served the watch has nothing but errors.
    while !matches!(
        seen.next().await,
        Some(Ok(watcher::Event::Apply(_) | watcher::Event::InitApply(_)))
    ) {}
    let turning = json!({"status": {"conditions": [{"type": "Turning", "status": "True"}]}});
    let patched = widgets
        .patch_status("first", &PatchParams::default(), &Patch::Merge(turning))
        .await;
    patched.unwrap_or_else(|error| panic!("{error}"));
}

async fn definition_and_resource(story: &mut Story) {
    let group = format!("{}.example.com", story.bed.namespace);
    let text = release(&group);
    let planned = story.plan(&text, None).await;
    let actions: Vec<Action> = planned.plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Create, Action::Unverified], "{:#?}", planned.plan);
    let recorder = Recorder::default();
    let (end, ()) = futures::join!(story.watched(&text, None, &recorder), turn(story, &group));
    assert_eq!(end, Ok(ApplyEnd::Succeeded));
    let waited = recorder
        .objects()
        .into_iter()
        .filter_map(|told| told.message)
        .any(|message| message.contains("/status/conditions/Turning/status is not yet"));
    assert!(waited, "the rule was not asked: {:#?}", recorder.objects());
    let again = story.plan(&text, Some(&story.render(&text))).await;
    assert!(again.plan.is_unchanged(), "{:#?}", again.plan);
    // What it brought goes with it, by consent.
    story.options.consent = vec!["delete:CustomResourceDefinition".into()];
    assert_eq!(story.uninstall(&text).await, Ok(ApplyEnd::Succeeded));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_and_its_resource_come_and_go_in_one_release() {
    tell(async |story| definition_and_resource(story).await).await;
}
