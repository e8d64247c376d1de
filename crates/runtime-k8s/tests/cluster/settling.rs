//! What looks healthy is believed once that has lasted. The node here is the test itself, and a slow one.

use crate::samples::deployment;
use crate::story::{Story, tell};
use futures::StreamExt;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::runtime::watcher::{self, watcher};
use release_domain::ports::ApplyEnd;
use release_domain::timestamp::Timestamp;
use serde_json::{Value, json};
use std::pin::pin;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// What the node takes to tell that a container runs: as long as the container may take to end unseen.
const LATE: Duration = Duration::from_secs(4);

/// Waits for the one pod and tells of its container as running and ready, `LATE` after it started.
async fn tell_late(story: &Story) -> Instant {
    let pods = story.bed.api("v1", "Pod", "pods");
    let mut seen = pin!(watcher(pods.clone(), watcher::Config::default()));
    let name = loop {
        match seen.next().await {
            Some(Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod))) => break pod.metadata.name,
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    let told = OffsetDateTime::now_utc();
    let (told, started) = (Timestamp::new(told), Timestamp::new(told - LATE));
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": told});
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition);
    let status = json!({"status": {
        "phase": "Running", "startTime": started,
        "conditions": conditions,
        "containerStatuses": [{"name": "app", "ready": true, "started": true, "restartCount": 0, "image": "app",
            "imageID": "app", "state": {"running": {"startedAt": started}}}],
    }});
    let name = name.unwrap_or_default();
    let patched = pods
        .patch_status(&name, &PatchParams::default(), &Patch::Merge(status))
        .await;
    patched.unwrap_or_else(|error| panic!("{error}"));
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_node_has_longer_to_tell_of_an_end() {
    tell(async |story| {
        let node = story.bed.namespace.as_str();
        let nodes = story.bed.of_cluster("v1", "Node", "nodes");
        // Nobody else's pods come here.
        let value: Value = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node},
            "spec": {"unschedulable": true}});
        let value = serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"));
        let made = nodes.create(&PostParams::default(), &value).await;
        made.unwrap_or_else(|error| panic!("{error}"));
        let pod = format!("nodeName: {node}, containers: [{{name: app, image: app}}]");
        let text = deployment("web", "", &pod);
        let (end, told) = futures::join!(story.run(&text, None), tell_late(story));
        let lasted = told.elapsed();
        let gone = nodes.delete(node, &DeleteParams::default()).await;
        gone.map(|_| ()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(end, Ok(ApplyEnd::Succeeded));
        assert!(lasted + Duration::from_secs(1) >= 2 * LATE, "believed after {lasted:?}");
    })
    .await;
}
