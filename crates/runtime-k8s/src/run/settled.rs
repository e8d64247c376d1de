//! The end of waiting: what looks healthy has to stay so ([`crate::settle`] says for how long).

use super::watch::{TICK, WORKLOADS, takes_time};
use super::{Broken, Run};
use crate::conditions;
use crate::desired::Identity;
use crate::object;
use crate::plan::Step;
use crate::settle;
use release_domain::execution::ObjectStatus;
use release_domain::plan::Action;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, interval};

impl Run<'_> {
    pub(super) fn note_life(&self, pod: &Value) {
        if let Some(life) = settle::life(pod) {
            self.board().lives.entry(life).or_insert_with(Instant::now);
        }
    }

    /// Waits until everything that was watched has stayed healthy for a while, and each of its pods has been ready in
    /// its present life for as long as that takes. The last look is one of its own: a watch may be late.
    pub(super) async fn settled(&self) -> Result<(), Broken> {
        let slow: Vec<&Step> = {
            let board = self.board();
            let steps = self.planned.steps.iter();
            let slow = steps.filter(|step| {
                self.was_written(&step.key) && board.live.get(&step.id).is_some_and(|live| takes_time(live))
            });
            slow.collect()
        };
        if slow.is_empty() {
            return Ok(());
        }
        let mut rest = settle::LEAST;
        while !rest.is_zero() {
            self.stay_healthy(&slow, rest).await;
            rest = self.rest(&slow).await?;
        }
        Ok(())
    }

    /// Waits until all of them have been healthy for so long without a break; after one for the least time again.
    async fn stay_healthy(&self, steps: &[&Step], mut long: Duration) {
        let mut tick = interval(TICK / 5);
        let mut since = Instant::now();
        while since.elapsed() < long {
            tick.tick().await;
            let told = |step: &&Step| self.board().told.get(&step.key).map(|told| told.status);
            if !steps.iter().all(|step| told(step) == Some(ObjectStatus::Healthy)) {
                (since, long) = (Instant::now(), settle::LEAST);
            }
        }
    }

    /// How much longer the pods of these objects have to stay as they are; who may not see pods knows no more.
    async fn rest(&self, steps: &[&Step]) -> Result<Duration, Broken> {
        let counted: Vec<&&Step> = steps
            .iter()
            .filter(|step| step.id.1 == "Pod" || WORKLOADS.contains(&step.id.1.as_str()))
            // What is to pause may pause half ready.
            .filter(|step| step.body.pointer("/spec/paused") != Some(&Value::Bool(true)))
            .collect();
        let places: BTreeSet<&Option<String>> = counted.iter().map(|step| &step.id.2).collect();
        let mut rest = Duration::ZERO;
        for namespace in places {
            let kind = self.board().kinds.of_group("", "Pod").cloned();
            let Some(kind) = kind else { continue };
            let listed = self.cluster.list(&kind.collection(namespace.as_deref()), "").await;
            let pods = match listed {
                Ok(pods) => pods.unwrap_or_default(),
                Err(fault) if fault.is_forbidden() => continue,
                Err(fault) => return Err(fault.into()),
            };
            let of_these = |pod: &&Value| counted.iter().any(|step| may_be_of(pod, &step.id));
            let stays = |pod: &&Value| {
                matches!(object::text(pod, "/status/phase"), "Running" | "Pending") && !conditions::is_going(pod)
            };
            for pod in pods.iter().filter(stays).filter(of_these) {
                self.note_life(pod);
                let since = settle::life(pod).and_then(|life| self.board().lives.get(&life).copied());
                let lasted = since.map_or(Duration::ZERO, |since| since.elapsed());
                rest = rest.max(settle::needs(pod).saturating_sub(lasted));
            }
        }
        Ok(rest)
    }

    fn was_written(&self, key: &str) -> bool {
        self.action(key) != Action::Unchanged
    }
}

/// Whether a pod is the object, or one of those that it has made, by its owner's name.
pub(super) fn may_be_of(pod: &Value, id: &Identity) -> bool {
    let (_, kind, namespace, name) = id;
    let owner = |member: &str| object::text(pod, &format!("/metadata/ownerReferences/0/{member}"));
    let is_its = match kind.as_str() {
        "Pod" => object::name(pod) == name,
        // Its ReplicaSets are called after it and what they are made from.
        "Deployment" => {
            owner("kind") == "ReplicaSet" && owner("name").rsplit_once('-').is_some_and(|(base, _)| base == name)
        }
        kind => owner("kind") == kind && owner("name") == name,
    };
    is_its && namespace.as_deref() == object::namespace(pod)
}
