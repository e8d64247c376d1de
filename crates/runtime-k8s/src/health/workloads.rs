//! Kinds that keep a number of pods.

use super::{Around, Health};
use crate::conditions::{self, count};
use crate::object;
use serde_json::Value;

/// Pods asked for; one where nothing is said.
fn asked(live: &Value) -> i64 {
    live.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

pub(super) fn deployment(live: &Value, around: &Around<'_>) -> Health {
    let total = asked(live);
    let ready = count(live, "/status/readyReplicas");
    judged_deployment(live, total, around).counted(ready.min(total), total)
}

fn judged_deployment(live: &Value, total: i64, around: &Around<'_>) -> Health {
    let progressing = conditions::find(live, "Progressing");
    if progressing.is_some_and(|c| c.reason == "ProgressDeadlineExceeded") {
        return Health::failed("its progress deadline is exceeded");
    }
    if live.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
        return match around.asks("/spec/paused") && observed_once(live) {
            true => Health::healthy(),
            false => Health::in_progress("its rollout is paused"),
        };
    }
    let status = |name: &str| count(live, &format!("/status/{name}"));
    let (replicas, updated) = (status("replicas"), status("updatedReplicas"));
    let (available, ready) = (status("availableReplicas"), status("readyReplicas"));
    if updated < total {
        return Health::in_progress(format!("{updated} of {total} pods are updated"));
    }
    if replicas > updated || replicas > total {
        let old = replicas - updated.min(total);
        return Health::in_progress(format!("{old} old pods are still there"));
    }
    let rolled_out = progressing.is_some_and(|c| c.is_true() && c.reason == "NewReplicaSetAvailable");
    let not_available = conditions::find(live, "Available").filter(|c| !c.is_true());
    if available < total || ready < total {
        let message = format!("{} of {total} pods are available", available.min(ready));
        // A rollout that was complete: this revision served before.
        return match rolled_out && not_available.is_some() {
            true => Health::degraded(message),
            false => Health::in_progress(message),
        };
    }
    // kstatus: a deadline that is asked for must be known to be met.
    let deadline = live.pointer("/spec/progressDeadlineSeconds").and_then(Value::as_i64);
    if deadline.is_some_and(|secs| secs != i64::from(i32::MAX)) && !rolled_out {
        return Health::in_progress("its newest ReplicaSet is not available yet");
    }
    match conditions::find(live, "Available").is_some_and(|c| c.is_true()) {
        true => Health::healthy(),
        false => Health::in_progress("it is not available yet"),
    }
}

/// Whether the controller has looked at the object at all.
fn observed_once(live: &Value) -> bool {
    count(live, "/status/observedGeneration") > 0
}

pub(super) fn stateful_set(live: &Value) -> Health {
    let total = asked(live);
    let ready = count(live, "/status/readyReplicas");
    judged_stateful_set(live, total).counted(ready.min(total), total)
}

fn judged_stateful_set(live: &Value, total: i64) -> Health {
    let status = |name: &str| count(live, &format!("/status/{name}"));
    let (replicas, ready, updated) = (status("replicas"), status("readyReplicas"), status("updatedReplicas"));
    if !observed_once(live) {
        return Health::in_progress("its controller has not seen it yet");
    }
    if replicas < total {
        return Health::in_progress(format!("{replicas} of {total} pods are there"));
    }
    let strategy = object::text(live, "/spec/updateStrategy/type");
    let partition = live
        .pointer("/spec/updateStrategy/rollingUpdate/partition")
        .and_then(Value::as_i64);
    let revision = |name: &str| object::text(live, name);
    let complete = revision("/status/currentRevision") == revision("/status/updateRevision");
    // Argo CD: `OnDelete` too wants all of its pods ready.
    if ready < total {
        return Health::in_progress(format!("{ready} of {total} pods are ready"));
    }
    if replicas > total {
        return Health::in_progress(format!("{} pods too many are still there", replicas - total));
    }
    if strategy == "OnDelete" {
        return Health::healthy();
    }
    if let Some(partition) = partition.filter(|partition| *partition > 0) {
        let wanted = (total - partition).max(0);
        return match updated < wanted {
            true => Health::in_progress(format!("{updated} of {wanted} pods beyond the partition are updated")),
            false => Health::healthy(),
        };
    }
    let available = status("availableReplicas");
    if live.pointer("/status/availableReplicas").is_some() && available < total {
        return Health::in_progress(format!("{available} of {total} pods are available"));
    }
    if !complete {
        return Health::in_progress(format!("{updated} of {total} pods are updated"));
    }
    // kstatus: pods of the current revision are counted even where the revisions are not named.
    match status("currentReplicas") < total && updated < total {
        true => Health::in_progress(format!("{} of {total} pods are current", status("currentReplicas"))),
        false => Health::healthy(),
    }
}

pub(super) fn daemon_set(live: &Value) -> Health {
    let desired = live.pointer("/status/desiredNumberScheduled").and_then(Value::as_i64);
    let Some(total) = desired.filter(|_| observed_once(live)) else {
        return Health::in_progress("its controller has not seen it yet");
    };
    let ready = count(live, "/status/numberReady");
    judged_daemon_set(live, total).counted(ready.min(total), total)
}

fn judged_daemon_set(live: &Value, total: i64) -> Health {
    let status = |name: &str| count(live, &format!("/status/{name}"));
    let on_delete = object::text(live, "/spec/updateStrategy/type") == "OnDelete";
    let steps = [
        ("currentNumberScheduled", "are scheduled", true),
        ("updatedNumberScheduled", "are updated", !on_delete),
        ("numberAvailable", "are available", true),
        ("numberReady", "are ready", true),
    ];
    for (name, words, counts) in steps {
        if counts && status(name) < total {
            return Health::in_progress(format!("{} of {total} pods {words}", status(name)));
        }
    }
    Health::healthy()
}

pub(super) fn replica_set(live: &Value) -> Health {
    let total = asked(live);
    let ready = count(live, "/status/readyReplicas");
    judged_replica_set(live, total).counted(ready.min(total), total)
}

fn judged_replica_set(live: &Value, total: i64) -> Health {
    // Argo CD: degraded; kstatus: in progress.
    if let Some(failure) = conditions::find(live, "ReplicaFailure").filter(conditions::Condition::is_true) {
        return Health::degraded(failure.words());
    }
    let status = |name: &str| count(live, &format!("/status/{name}"));
    let labelled = live.pointer("/status/fullyLabeledReplicas").is_some();
    let steps = [
        ("replicas", "are there", true),
        ("fullyLabeledReplicas", "bear its labels", labelled),
        ("availableReplicas", "are available", true),
        ("readyReplicas", "are ready", true),
    ];
    for (name, words, counts) in steps {
        if counts && status(name) < total {
            return Health::in_progress(format!("{} of {total} pods {words}", status(name)));
        }
    }
    match status("replicas") - total {
        over @ 1.. => Health::in_progress(format!("{over} pods too many are still there")),
        _ => Health::healthy(),
    }
}
