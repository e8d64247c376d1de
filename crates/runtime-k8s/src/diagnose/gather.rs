//! Reads what there is to know of an object that is not healthy: the pods of its newest revision, what was told of
//! them, the ends of their containers' logs.
//!
//! Everything read here helps and nothing is needed: what cannot be read is left out.

use crate::cluster::Cluster;
use crate::conditions::{self, count};
use crate::health::pods;
use crate::object;
use futures::future::join_all;
use http::Request;
use release_domain::diagnostics::{MAX_BYTES, MAX_LINES};
use release_domain::plan::Resource;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// Pods looked at of one object; those that are worst off first.
const MAX_PODS: usize = 5;
/// Events kept of one object, the newest.
const MAX_EVENTS: usize = 10;
/// A log that takes longer to read tells nothing in time.
const LOG_WITHIN: Duration = Duration::from_secs(5);
/// What a node writes in place of a log whose container it has cleared away: between two lives it names one that is gone
/// already. A moment later it knows the next, so it is asked again, so often and with this pause.
const CLEARED_AWAY: &str = "unable to retrieve container logs for ";
const LOG_TRIES: u32 = 4;
const LOG_PAUSE: Duration = Duration::from_millis(250);

/// Something that a component told of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub reason: String,
    pub message: String,
    pub is_warning: bool,
    pub count: i64,
    /// The container that it is about, where it is about one.
    pub container: Option<String>,
    last: String,
}

impl Event {
    fn read(value: &Value) -> Self {
        let text = |pointer| object::text(value, pointer).to_owned();
        let last = [
            "/series/lastObservedTime",
            "/lastTimestamp",
            "/eventTime",
            "/metadata/creationTimestamp",
        ];
        // `spec.containers{app}`.
        let path = object::text(value, "/involvedObject/fieldPath");
        let container = path.split_once('{').and_then(|(_, name)| name.strip_suffix('}'));
        Self {
            reason: text("/reason"),
            message: text("/message"),
            is_warning: object::text(value, "/type") == "Warning",
            count: count(value, "/count").max(count(value, "/series/count")).max(1),
            container: container.map(ToOwned::to_owned),
            last: last
                .iter()
                .map(|at| text(at))
                .find(|at| !at.is_empty())
                .unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let times = if self.count > 1 {
            format!(" (x{})", self.count)
        } else {
            String::new()
        };
        write!(f, "{}{times}: {}", self.reason, self.message)
    }
}

/// A pod that was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub pod: Value,
    pub events: Vec<Event>,
    /// The end of the log of each container that is in trouble; of its last life where that failed.
    pub logs: BTreeMap<String, Vec<String>>,
    /// Claims that the pod names and that are not bound, with their events; `Null`: there is no such claim.
    pub claims: BTreeMap<String, (Value, Vec<Event>)>,
}

/// What was read of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    pub resource: Resource,
    pub object: Value,
    /// Of the object and of what it made to make its pods.
    pub events: Vec<Event>,
    /// Pods of the newest revision that are not well.
    pub pods: Vec<Seen>,
    /// How many pods the newest revision has.
    pub all_pods: usize,
}

/// Looks at a live object.
pub async fn gather(cluster: &Cluster, live: &Value) -> Gathered {
    let namespace = object::namespace(live).unwrap_or_default();
    let newest = newest_maker(cluster, live, namespace).await;
    let pods = match object::kind(live) {
        "Pod" => vec![live.clone()],
        _ => newest_pods(cluster, live, newest.as_ref(), namespace).await,
    };
    let mut events = events(cluster, namespace, live).await;
    if let Some(newest) = &newest {
        events.extend(self::events(cluster, namespace, newest).await);
    }
    let all_pods = pods.len();
    let mut unwell: Vec<Value> = pods.into_iter().filter(|pod| !is_well(pod)).collect();
    unwell.sort_by_cached_key(|pod| (std::cmp::Reverse(trouble(pod)), object::name(pod).to_owned()));
    unwell.truncate(MAX_PODS);
    let seen = join_all(unwell.into_iter().map(|pod| see(cluster, namespace, pod))).await;
    Gathered {
        resource: object::resource(live),
        object: live.clone(),
        events,
        pods: seen,
        all_pods,
    }
}

/// A Deployment's newest ReplicaSet: the one with the revision that the Deployment bears.
async fn newest_maker(cluster: &Cluster, live: &Value, namespace: &str) -> Option<Value> {
    const REVISION: &str = "deployment.kubernetes.io/revision";
    if object::kind(live) != "Deployment" {
        return None;
    }
    let made = owned(
        cluster,
        live,
        &format!("/apis/apps/v1/namespaces/{namespace}/replicasets"),
    )
    .await;
    let revision = |set: &Value| object::annotation(set, REVISION).and_then(|text| text.parse::<u64>().ok());
    made.into_iter().max_by_key(revision)
}

/// Pods of what is rolling out now. Older ones run, fail and go for reasons of their own.
async fn newest_pods(cluster: &Cluster, live: &Value, newest: Option<&Value>, namespace: &str) -> Vec<Value> {
    let of_kind = [
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "ReplicationController",
    ];
    if !of_kind.contains(&object::kind(live)) || object::kind(live) == "Deployment" && newest.is_none() {
        return Vec::new();
    }
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let mut pods = owned(cluster, newest.unwrap_or(live), &path).await;
    match object::kind(live) {
        "StatefulSet" => {
            let revision = object::text(live, "/status/updateRevision");
            let is_newest = |pod: &Value| object::label(pod, "controller-revision-hash") == Some(revision);
            // A set that never was complete has none yet that is called so.
            if pods.iter().any(is_newest) {
                pods.retain(is_newest);
            }
        }
        "DaemonSet" => {
            let generation =
                |pod: &Value| object::label(pod, "pod-template-generation").and_then(|text| text.parse::<u64>().ok());
            let newest = pods.iter().filter_map(generation).max();
            pods.retain(|pod| generation(pod) == newest);
        }
        _ => {}
    }
    pods
}

/// What an object made itself, found by its selector.
async fn owned(cluster: &Cluster, owner: &Value, path: &str) -> Vec<Value> {
    let labels = owner
        .pointer("/spec/selector/matchLabels")
        .or_else(|| owner.pointer("/spec/selector"));
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let selector: Vec<String> = labels
        .filter_map(|(name, value)| Some(format!("{}%3D{}", encoded(name), encoded(value.as_str()?))))
        .collect();
    let found = cluster
        .list(path, &format!("labelSelector={}", selector.join("%2C")))
        .await;
    let mut found = found.ok().flatten().unwrap_or_default();
    let uid = object::uid(owner);
    found.retain(|made| {
        let owners = made.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners
            .into_iter()
            .flatten()
            .any(|reference| object::text(reference, "/uid") == uid)
    });
    found
}

/// Label names have `/` and nothing else that a query would take amiss.
fn encoded(text: &str) -> String {
    text.replace('/', "%2F")
}

fn is_well(pod: &Value) -> bool {
    conditions::is_going(pod)
        || object::text(pod, "/status/phase") == "Succeeded"
        || conditions::find(pod, "Ready").is_some_and(|ready| ready.is_true())
}

/// How much a pod has to tell: failed ones more than waiting ones.
fn trouble(pod: &Value) -> i64 {
    let restarts: i64 = pods::statuses(pod).map(|status| count(status, "/restartCount")).sum();
    let waits = pods::statuses(pod)
        .any(|status| !matches!(pods::waiting(status), "" | "PodInitializing" | "ContainerCreating"));
    restarts + i64::from(waits) + i64::from(object::text(pod, "/status/phase") == "Failed")
}

async fn events(cluster: &Cluster, namespace: &str, about: &Value) -> Vec<Event> {
    let (uid, path) = (object::uid(about), format!("/api/v1/namespaces/{namespace}/events"));
    if uid.is_empty() || namespace.is_empty() {
        return Vec::new();
    }
    let found = cluster
        .list(&path, &format!("fieldSelector=involvedObject.uid%3D{uid}"))
        .await;
    let mut events: Vec<Event> = found
        .ok()
        .flatten()
        .unwrap_or_default()
        .iter()
        .map(Event::read)
        .collect();
    events.sort_by(|a, b| a.last.cmp(&b.last));
    events.drain(..events.len().saturating_sub(MAX_EVENTS));
    events
}

async fn see(cluster: &Cluster, namespace: &str, pod: Value) -> Seen {
    let mut seen = Seen {
        events: events(cluster, namespace, &pod).await,
        ..Seen::default()
    };
    for status in pods::statuses(&pod) {
        let is_ready = status.get("ready").and_then(Value::as_bool) == Some(true);
        let has_run = status.pointer("/state/running").is_some() || pods::ended(status).is_some();
        if has_run && !is_ready {
            let name = object::text(status, "/name");
            let lines = log(cluster, namespace, object::name(&pod), status).await;
            seen.logs.insert(name.to_owned(), lines);
        }
    }
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    for volume in volumes.into_iter().flatten() {
        let name = object::text(volume, "/persistentVolumeClaim/claimName");
        if name.is_empty() {
            continue;
        }
        let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}");
        match cluster.find(&path).await {
            Ok(Some(claim)) if object::text(&claim, "/status/phase") != "Bound" => {
                let events = events(cluster, namespace, &claim).await;
                seen.claims.insert(name.to_owned(), (claim, events));
            }
            Ok(None) => drop(seen.claims.insert(name.to_owned(), (Value::Null, Vec::new()))),
            Ok(Some(_)) | Err(_) => {}
        }
    }
    seen.pod = pod;
    seen
}

/// The end of a container's log: of the life that failed, which is the one before where it runs or waits again.
async fn log(cluster: &Cluster, namespace: &str, pod: &str, status: &Value) -> Vec<String> {
    let container = object::text(status, "/name");
    let again = status.pointer("/lastState/terminated").is_some() && status.pointer("/state/terminated").is_none();
    for _ in 0..LOG_TRIES {
        let mut is_between = false;
        for previous in [again, !again] {
            let path = format!(
                "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}&tailLines={MAX_LINES}&limitBytes={MAX_BYTES}&previous={previous}"
            );
            let Ok(request) = Request::get(path).body(Vec::new()) else {
                return Vec::new();
            };
            match timeout(LOG_WITHIN, cluster.client().request_text(request)).await {
                Ok(Ok(text)) if text.starts_with(CLEARED_AWAY) => is_between = true,
                Ok(Ok(text)) if !text.trim().is_empty() => return text.lines().map(ToOwned::to_owned).collect(),
                Ok(Ok(_) | Err(_)) | Err(_) => {}
            }
        }
        if !is_between {
            break;
        }
        tokio::time::sleep(LOG_PAUSE).await;
    }
    Vec::new()
}
