//! The Lease that fences: where it stands first, and what it stops.

use crate::bed::{access, kubeconfig};
use crate::pods::program;
use crate::story::{Story, tell};
use futures::StreamExt;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::watcher::{self, watcher};
use release_domain::ports::{ApplyEnd, TargetError};
use release_testkit::runtime::race::within;
use serde_json::json;
use std::pin::pin;
use std::time::Duration;

/// A newer epoch stops a run in far less.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

const EPOCH: &str = "releasectl.dev/epoch";

/// The first object of a kind that shows up.
async fn first(api: &Api<DynamicObject>) -> DynamicObject {
    let mut seen = pin!(watcher(api.clone(), watcher::Config::default()));
    loop {
        match seen.next().await {
            Some(Ok(watcher::Event::Apply(found) | watcher::Event::InitApply(found))) => return found,
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_epoch_stops_a_run_that_is_under_way() {
    tell(async |story| {
        let leases = story.bed.api("coordination.k8s.io/v1", "Lease", "leases");
        let overtake = async {
            first(&story.bed.api("apps/v1", "Deployment", "deployments")).await;
            let name = first(&leases).await.metadata.name.unwrap_or_default();
            let newer = json!({"metadata": {"annotations": {EPOCH: "1000000"}}});
            let patched = leases.patch(&name, &PatchParams::default(), &Patch::Merge(newer)).await;
            patched.unwrap_or_else(|error| panic!("{error}"));
        };
        let never_ready = program("[sleep, '3600']", "readinessProbe: {exec: {command: ['false']}}");
        let both = async { futures::join!(story.run(&never_ready, None), overtake).0 };
        assert_eq!(within(STOPPED_WITHIN, both).await, Some(Err(TargetError::Fenced)));
    })
    .await;
}

/// The namespace of a target that does not exist yet, and all that is in it.
fn with_namespace(name: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}\n---\n\
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings, namespace: {name}}}, data: {{a: b}}}}\n---\n\
         {{apiVersion: v1, kind: Secret, metadata: {{name: keys, namespace: {name}}}, stringData: {{a: b}}}}\n"
    )
}

/// When an object was written last, as the server counts.
fn written(object: &DynamicObject) -> u64 {
    let version = object.metadata.resource_version.as_deref();
    version.and_then(|version| version.parse().ok()).unwrap_or_default()
}

async fn tell_of_own_namespace(story: &mut Story, own: &str) {
    story.target = access(kubeconfig(), own);
    let text = with_namespace(own);
    assert_eq!(story.run(&text, None).await, Ok(ApplyEnd::Succeeded));
    let api = |version: &str, kind: &str, plural: &str| story.bed.within(own, version, kind, plural);
    let (leases, maps) = (
        api("coordination.k8s.io/v1", "Lease", "leases"),
        api("v1", "ConfigMap", "configmaps"),
    );
    let leases = leases
        .list(&ListParams::default())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let [lease] = leases.items.as_slice() else {
        panic!("{leases:#?}");
    };
    assert!(
        lease
            .metadata
            .annotations
            .as_ref()
            .is_some_and(|all| all.contains_key(EPOCH))
    );
    let maps = maps
        .list(&ListParams::default())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let named = |name: &str| maps.items.iter().find(|map| map.metadata.name.as_deref() == Some(name));
    let settings = named("settings").unwrap_or_else(|| panic!("{maps:#?}"));
    assert!(written(lease) < written(settings), "the Lease came later");
    let parent = lease.metadata.name.as_deref().and_then(named);
    assert!(parent.is_some(), "the set has no parent: {maps:#?}");
    let again = story.plan(&text, Some(&story.render(&text))).await;
    assert!(again.plan.is_unchanged(), "{:#?}", again.plan);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lease_is_the_first_thing_in_a_namespace_that_comes_with_the_release() {
    let mut story = Story::new().await;
    let own = format!("{}-own", story.bed.namespace);
    let ended = release_testkit::runtime::race::caught(tell_of_own_namespace(&mut story, &own)).await;
    let namespaces = story.bed.of_cluster("v1", "Namespace", "namespaces");
    if let Ok(going) = namespaces.delete(&own, &DeleteParams::default()).await
        && let Some(uid) = going.left().and_then(|going| going.metadata.uid)
    {
        let gone = await_condition(namespaces, &own, conditions::is_deleted(&uid)).await;
        gone.unwrap_or_else(|error| panic!("{error}"));
    }
    story.bed.end().await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}
