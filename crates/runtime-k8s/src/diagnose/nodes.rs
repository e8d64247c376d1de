//! What keeps a pod from a node, or from what it needs on it.

use super::{Seen, Told, first_clause};
use crate::conditions;
use crate::object;
use release_domain::diagnostics::{DiagnosticCode as Code, Evidence};
use serde_json::Value;

pub(super) fn of_pod(seen: &Seen) -> Option<Told> {
    let told = evicted(seen)
        .or_else(|| claims(seen))
        .or_else(|| unscheduled(seen))
        .or_else(|| mounts(seen))
        .or_else(|| lost(seen))?;
    let events = seen.events.iter().filter(|event| event.is_warning);
    Some(Told {
        evidence: Evidence {
            events: events.map(ToString::to_string).chain(told.evidence.events).collect(),
            conditions: conditions::of(&seen.pod)
                .filter(|c| !c.is_true())
                .map(|c| c.to_string())
                .collect(),
            ..told.evidence
        },
        ..told
    })
}

/// The node, not a container, ended the pod.
fn evicted(seen: &Seen) -> Option<Told> {
    let (reason, message) = (
        object::text(&seen.pod, "/status/reason"),
        object::text(&seen.pod, "/status/message"),
    );
    if object::text(&seen.pod, "/status/phase") != "Failed" {
        return None;
    }
    let code = match reason {
        "Evicted" if message.contains("ephemeral") || message.contains("disk") => Code::DiskFull,
        "Evicted" | "Preempting" | "Preempted" => Code::InsufficientResources,
        reason if reason.starts_with("OutOf") => Code::InsufficientResources,
        "NodeAffinity" | "UnexpectedAdmissionError" => Code::Unschedulable,
        _ => return None,
    };
    Some(Told::new(
        code,
        format!("a pod was ended by its node: {}", first_clause(message)),
        message,
    ))
}

fn unscheduled(seen: &Seen) -> Option<Told> {
    let scheduled = conditions::find(&seen.pod, "PodScheduled").filter(|c| c.is_false())?;
    // `0/3 nodes are available: …`; what preemption would not help with comes after.
    let why = scheduled
        .message
        .split(" preemption: ")
        .next()
        .unwrap_or(scheduled.message);
    Some(Told::new(
        Code::Unschedulable,
        format!("no node takes its pods: {why}"),
        scheduled.message,
    ))
}

/// A claim that is not bound keeps its pods waiting, on the scheduler or on the kubelet.
fn claims(seen: &Seen) -> Option<Told> {
    let waits = object::text(&seen.pod, "/status/phase") == "Pending";
    let (name, (claim, events)) = seen.claims.iter().find(|_| waits)?;
    if claim.is_null() {
        let summary = format!("there is no PersistentVolumeClaim {name}");
        return Some(Told::new(Code::ConfigMissing, summary, "the pod names it as a volume"));
    }
    let mut told = claim_told(name, claim, events.last().map_or("", |event| &event.message));
    told.evidence.events = events.iter().map(ToString::to_string).collect();
    Some(told)
}

/// Why a claim is not bound.
pub(super) fn claim_told(name: &str, claim: &Value, why: &str) -> Told {
    match object::text(claim, "/status/phase") {
        "Lost" => Told::new(Code::PvcPending, format!("the volume of claim {name} is lost"), why),
        _ => Told::new(
            Code::PvcPending,
            format!("claim {name} is not bound: {}", first_clause(why)),
            why,
        ),
    }
}

/// What the kubelet could not bring to the pod.
fn mounts(seen: &Seen) -> Option<Told> {
    if object::text(&seen.pod, "/status/phase") != "Pending" {
        return None;
    }
    let failed = |reasons: &[&str]| {
        seen.events
            .iter()
            .rfind(|event| reasons.contains(&event.reason.as_str()))
    };
    if let Some(event) = failed(&["FailedMount", "FailedAttachVolume", "FailedMapVolume"]) {
        // `MountVolume.SetUp failed for volume "x" : configmap "y" not found`.
        let message = event.message.as_str();
        let missing = ["configmap", "secret"].iter().any(|kind| message.contains(kind))
            && ["not found", "non-existent", "not registered"]
                .iter()
                .any(|words| message.contains(words));
        let code = if missing {
            Code::ConfigMissing
        } else {
            Code::MountFailed
        };
        return Some(Told::new(
            code,
            format!("a volume cannot be mounted: {}", first_clause(message)),
            message,
        ));
    }
    let event = failed(&["FailedCreatePodSandBox", "FailedSync"])?;
    let summary = format!("the node cannot make the pod: {}", first_clause(&event.message));
    Some(Told::new(Code::ContainerStartFailed, summary, event.message.clone()))
}

/// The node does not say any more how its pods are doing; they are taken for not ready.
fn lost(seen: &Seen) -> Option<Told> {
    conditions::find(&seen.pod, "Ready").filter(|c| c.is_false())?;
    let event = seen.events.iter().rfind(|event| event.reason == "NodeNotReady")?;
    let node = object::text(&seen.pod, "/spec/nodeName");
    Some(Told::new(
        Code::Unknown,
        format!("its node {node} is not ready"),
        event.message.clone(),
    ))
}
