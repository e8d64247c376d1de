//! Pods: one by itself, and what of a workload's newest pods cannot heal.

use super::Health;
use crate::conditions::{self, Condition, count};
use crate::object;
use release_domain::timestamp::Timestamp;
use serde_json::Value;

/// A pod gets so long to be scheduled before that counts as failed (kstatus).
const SCHEDULE_SECS: i64 = 15;
/// So many restarts of one container of a new revision are a loop.
pub const MAX_RESTARTS: i64 = 2;
/// What a pod is configured with may come so much later than the pod.
pub const CONFIG_SECS: i64 = 30;
/// Waiting reasons that no waiting ends.
const HOPELESS: [&str; 2] = ["InvalidImageName", "ErrImageNeverPull"];

/// The containers' statuses, init containers first.
pub fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainerStatuses", "containerStatuses"]
        .into_iter()
        .flat_map(|list| {
            pod.get("status")
                .and_then(|status| status.get(list)?.as_array())
                .into_iter()
                .flatten()
        })
}

/// Why a container waits; empty where it does not.
#[must_use]
pub fn waiting(status: &Value) -> &str {
    object::text(status, "/state/waiting/reason")
}

/// How it ended last, in this life or the one before.
#[must_use]
pub fn ended(status: &Value) -> Option<&Value> {
    let end = |at| status.pointer(at).filter(|end| !end.is_null());
    end("/state/terminated").or_else(|| end("/lastState/terminated"))
}

/// Judges a pod that stands for itself.
#[must_use]
pub fn of(pod: &Value, now: Timestamp) -> Health {
    match object::text(pod, "/status/phase") {
        "Succeeded" => Health::healthy(),
        // kstatus calls a failed pod current; Argo CD and this project do not.
        "Failed" => Health::failed(why_failed(pod)),
        phase => {
            if let Some(reason) = unscheduled(pod, now) {
                return reason;
            }
            if let Some(trouble) = trouble(pod) {
                return trouble;
            }
            match phase {
                "Running" => running(pod),
                _ => Health::in_progress(starting(pod)),
            }
        }
    }
}

fn unscheduled(pod: &Value, now: Timestamp) -> Option<Health> {
    let scheduled = conditions::find(pod, "PodScheduled").filter(Condition::is_false)?;
    // What a container says goes before what kept it from a node once.
    if scheduled.reason != "Unschedulable" || statuses(pod).next().is_some() {
        return None;
    }
    let made = Timestamp::parse(object::text(pod, "/metadata/creationTimestamp")).ok();
    let waited = made.is_none_or(|made| now.secs_since(made) >= SCHEDULE_SECS);
    Some(match waited {
        true => Health::failed(format!("it cannot be scheduled: {}", scheduled.words())),
        false => Health::in_progress("it has not been scheduled"),
    })
}

/// What a container says that does not get ready.
fn trouble(pod: &Value) -> Option<Health> {
    statuses(pod).find_map(|status| {
        let (name, reason) = (object::text(status, "/name"), waiting(status));
        let restarts = count(status, "/restartCount");
        if reason == "CrashLoopBackOff" || HOPELESS.contains(&reason) {
            return Some(Health::failed(format!("{name}: {reason}")));
        }
        // Argo CD's rule for what the kubelet calls errors and back-offs.
        if reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff") {
            return Some(Health::degraded(format!("{name}: {reason}")));
        }
        let end = status.pointer("/state/terminated").filter(|end| !end.is_null());
        let failed = end.is_some_and(|end| count(end, "/exitCode") != 0);
        (failed && restarts >= MAX_RESTARTS).then(|| Health::failed(format!("{name} ends again and again")))
    })
}

fn running(pod: &Value) -> Health {
    let ignored = object::annotation(pod, "argocd.argoproj.io/ignore-restart-policy") == Some("true");
    let policy = object::text(pod, "/spec/restartPolicy");
    let ready = conditions::find(pod, "Ready").is_some_and(|c| c.is_true());
    // Argo CD: a pod that is to end is not done while it runs.
    if matches!(policy, "Never" | "OnFailure") && !ignored {
        return Health::in_progress("it has not ended");
    }
    if ready {
        return Health::healthy();
    }
    let restarted = statuses(pod).find(|status| !status.pointer("/lastState/terminated").is_none_or(Value::is_null));
    match restarted {
        Some(status) => Health::degraded(format!(
            "{} was restarted and is not ready",
            object::text(status, "/name")
        )),
        None => Health::in_progress(starting(pod)),
    }
}

fn starting(pod: &Value) -> String {
    let initial = |list: &str| {
        let listed = pod.get("status").and_then(|status| status.get(list)?.as_array());
        listed.map(|list| (list.iter().filter(|s| is_done(s)).count(), list.len()))
    };
    match (initial("initContainerStatuses"), conditions::find(pod, "Ready")) {
        (Some((done, all)), _) if done < all => format!("{done} of {all} init containers are done"),
        (_, Some(ready)) if !ready.words().is_empty() => ready.words().to_owned(),
        _ => "it is starting".into(),
    }
}

/// An init container that has ended well, or one that stays (a sidecar) and has started.
fn is_done(status: &Value) -> bool {
    let ended = status.pointer("/state/terminated").filter(|end| !end.is_null());
    ended.is_some_and(|end| count(end, "/exitCode") == 0)
        || status.get("started").and_then(Value::as_bool) == Some(true) && status.pointer("/state/running").is_some()
}

fn why_failed(pod: &Value) -> String {
    let message = object::text(pod, "/status/message");
    if !message.is_empty() {
        return message.to_owned();
    }
    let failed = statuses(pod).find_map(|status| {
        let end = ended(status).filter(|end| count(end, "/exitCode") != 0)?;
        Some(format!(
            "{} ended with exit code {}",
            object::text(status, "/name"),
            count(end, "/exitCode")
        ))
    });
    failed.unwrap_or_else(|| "it failed".into())
}

/// What keeps a new revision's pod from ever getting ready, so that nobody needs to wait for the deadline.
#[must_use]
pub fn hopeless(pod: &Value, now: Timestamp) -> Option<String> {
    if conditions::is_going(pod) {
        return None;
    }
    let since = conditions::find(pod, "PodScheduled").and_then(|condition| condition.since);
    statuses(pod).find_map(|status| {
        let (name, reason) = (object::text(status, "/name"), waiting(status));
        let message = object::text(status, "/state/waiting/message");
        if HOPELESS.contains(&reason) || message.contains("invalid reference format") {
            return Some(format!("{name}: {reason}"));
        }
        let waited = since.is_some_and(|since| now.secs_since(since) >= CONFIG_SECS);
        if reason == "CreateContainerConfigError" && waited {
            return Some(format!("{name}: {}", object::text(status, "/state/waiting/message")));
        }
        let restarts = count(status, "/restartCount");
        let ready = status.get("ready").and_then(Value::as_bool) == Some(true);
        (restarts >= MAX_RESTARTS && !ready).then(|| format!("{name} was restarted {restarts} times"))
    })
}
