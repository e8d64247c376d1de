//! What a cluster shows when something on it is stuck, and waiting for it.

use crate::bed::Bed;
use futures::StreamExt;
use futures::stream::select;
use kube::api::{Api, DynamicObject};
use kube::runtime::watcher::{self, watcher};
use serde_json::Value;

/// Something that a pod or an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An event has this reason.
    Event(&'static str),
    /// A container waits for a reason that begins so.
    Waiting(&'static str),
    /// A pod has this condition.
    Condition(&'static str),
}

impl Sign {
    fn is_on(self, seen: &Value) -> bool {
        let listed = |list: &str| seen["status"][list].as_array().into_iter().flatten();
        match self {
            Self::Event(reason) => seen["reason"] == reason,
            Self::Waiting(reason) => listed("containerStatuses").any(|status| {
                let waiting = status["state"]["waiting"]["reason"].as_str();
                waiting.is_some_and(|waiting| waiting.starts_with(reason))
            }),
            Self::Condition(kind) => listed("conditions").any(|c| c["type"] == kind && c["status"] == "True"),
        }
    }
}

/// Waits until the namespace has shown all of them.
pub async fn shown(bed: &Bed, signs: &[Sign]) {
    let stream = |api: Api<DynamicObject>| watcher(api, watcher::Config::default()).boxed();
    let (pods, events) = (bed.api("v1", "Pod", "pods"), bed.api("v1", "Event", "events"));
    let mut seen = select(stream(pods), stream(events));
    let mut missing = signs.to_vec();
    while !missing.is_empty() {
        match seen.next().await {
            Some(Ok(watcher::Event::Apply(found) | watcher::Event::InitApply(found))) => {
                let found = serde_json::to_value(found).unwrap_or_default();
                missing.retain(|sign| !sign.is_on(&found));
            }
            Some(Ok(watcher::Event::Init | watcher::Event::InitDone | watcher::Event::Delete(_))) => {}
            Some(Err(error)) => panic!("{error}"),
            None => panic!("the watch ended"),
        }
    }
}
