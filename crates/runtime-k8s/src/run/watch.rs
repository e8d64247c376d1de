//! Waiting for health by watches: each object as it changes, the pods and endpoints around it, and a clock for what
//! counts seconds. What cannot heal ends the run at once.

use super::settled::may_be_of;
use super::{Broken, Failure, Phase, Run};
use crate::cluster::News;
use crate::conditions;
use crate::desired::{Identity, identity};
use crate::diagnose;
use crate::health::pods;
use crate::object;
use crate::surroundings::{Surroundings, now, selects};
use futures::StreamExt;
use futures::stream::{BoxStream, SelectAll};
use kube::runtime::watcher;
use release_domain::execution::ObjectStatus;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

/// How often what counts seconds is looked at again; nothing is asked of the server for it.
pub(super) const TICK: Duration = Duration::from_millis(500);
/// Kinds that are as good as they get once they are there.
const INSTANT: [&str; 20] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "CronJob",
    "CSIDriver",
    "Endpoints",
    "EndpointSlice",
    "IngressClass",
    "Lease",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "PriorityClass",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "ServiceAccount",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];
/// Kinds that make pods.
pub(super) const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

/// An object to wait for.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub at: usize,
    pub id: Identity,
}

/// Whether an object that was just applied may still change how it is doing.
pub(super) fn takes_time(live: &Value) -> bool {
    match object::kind(live) {
        "Service" => selects(live) || object::text(live, "/spec/type") == "LoadBalancer",
        kind => !INSTANT.contains(&kind),
    }
}

/// Whether objects of a kind have no children that would have to go before them.
pub(super) fn makes_nothing(kind: &str) -> bool {
    kind != "CronJob" && INSTANT.contains(&kind)
}

type Streams = SelectAll<BoxStream<'static, Result<News, watcher::Error>>>;

impl Run<'_> {
    /// Follows what is waited for; ends only when something breaks.
    pub(super) async fn watch(&self, mut asked: mpsc::UnboundedReceiver<Watched>) -> Broken {
        let mut streams: Streams = SelectAll::new();
        let mut opened = BTreeSet::new();
        let mut waiting: BTreeMap<Identity, usize> = BTreeMap::new();
        let mut suspects: BTreeMap<String, Value> = BTreeMap::new();
        // Endpoints that went while a watch was broken are told by none.
        let mut stale = false;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let looked = tokio::select! {
                Some(watched) = asked.recv() => {
                    self.open(&watched.id, &mut opened, &mut streams);
                    waiting.insert(watched.id.clone(), watched.at);
                    self.judge(&watched.id, watched.at).await
                }
                Some(news) = streams.next(), if !streams.is_empty() => match news {
                    Ok(News::Seen(value)) => self.seen(value, &waiting, &mut suspects).await,
                    Ok(News::Gone(value)) => {
                        suspects.remove(object::uid(&value));
                        self.gone(&value, &waiting).await
                    }
                    // The watcher begins anew by itself; a server that stays away ends the run by its deadline.
                    Err(error) => {
                        tracing::debug!(%error, "a watch broke");
                        stale = true;
                        Ok(())
                    }
                },
                _ = tick.tick() => {
                    stale = stale && !self.looked_around().await;
                    self.count_seconds(&waiting, &suspects).await
                }
            };
            if let Err(broken) = looked {
                return broken;
            }
        }
    }

    /// Reads anew what stands around; whether that could be done.
    async fn looked_around(&self) -> bool {
        let kinds = self.board().kinds.clone();
        let around = Surroundings::of(self.cluster, &kinds, self.states.wanted()).await;
        around.map(|around| *self.around() = around).is_ok()
    }

    /// Opens the watches that tell of an object.
    fn open(&self, id: &Identity, opened: &mut BTreeSet<(String, String, Option<String>)>, streams: &mut Streams) {
        let (group, kind, namespace, _) = id;
        let mut wanted = vec![(group.as_str(), kind.as_str())];
        if WORKLOADS.contains(&kind.as_str()) {
            wanted.push(("", "Pod"));
        }
        if kind == "Service" {
            wanted.push(("discovery.k8s.io", "EndpointSlice"));
        }
        for (group, kind) in wanted {
            let place = (group.to_owned(), kind.to_owned(), namespace.clone());
            let info = self.board().kinds.of_group(group, kind).cloned();
            if let Some(info) = info.filter(|_| opened.insert(place)) {
                streams.push(self.cluster.watch(&info, namespace.as_deref(), None));
            }
        }
    }

    async fn seen(
        &self,
        value: Value,
        waiting: &BTreeMap<Identity, usize>,
        suspects: &mut BTreeMap<String, Value>,
    ) -> Result<(), Broken> {
        match object::kind(&value) {
            "EndpointSlice" => {
                self.around().saw(&value);
                return self.endpoints_changed(&value, waiting).await;
            }
            "Pod" if !waiting.contains_key(&identity(&value)) => {
                self.note_life(&value);
                // One that is ready is none; of thousands only those that are not are kept.
                if conditions::find(&value, "Ready").is_some_and(|ready| ready.is_true()) {
                    suspects.remove(object::uid(&value));
                    return Ok(());
                }
                suspects.insert(object::uid(&value).to_owned(), value.clone());
                return self.suspect(&value, waiting).await;
            }
            "Pod" => self.note_life(&value),
            _ => {}
        }
        let id = identity(&value);
        let Some(at) = waiting.get(&id).copied() else {
            return Ok(());
        };
        let is_older = {
            let mut board = self.board();
            let older = board
                .live
                .get(&id)
                .is_some_and(|known| generation(known) > generation(&value));
            if !older {
                board.live.insert(id.clone(), Arc::new(value));
            }
            older
        };
        if is_older {
            return Ok(());
        }
        self.judge(&id, at).await
    }

    /// Somebody deleted what was applied.
    async fn gone(&self, value: &Value, waiting: &BTreeMap<Identity, usize>) -> Result<(), Broken> {
        if object::kind(value) == "EndpointSlice" {
            self.around().lost(value);
            return self.endpoints_changed(value, waiting).await;
        }
        let id = identity(value);
        let Some(at) = waiting.get(&id) else { return Ok(()) };
        let is_same = self
            .board()
            .live
            .get(&id)
            .is_some_and(|known| object::uid(known) == object::uid(value));
        if !is_same {
            return Ok(());
        }
        Err(Broken::Failed(Failure::Unhealthy {
            key: self.planned.steps[*at].key.clone(),
            live: Arc::new(value.clone()),
            why: "it was deleted while it was waited for".into(),
        }))
    }

    /// The Service of a slice of endpoints may be doing otherwise now.
    async fn endpoints_changed(&self, slice: &Value, waiting: &BTreeMap<Identity, usize>) -> Result<(), Broken> {
        let service = object::label(slice, "kubernetes.io/service-name").unwrap_or_default();
        let of_it = |(_, kind, namespace, name): &Identity| {
            kind == "Service" && name == service && namespace.as_deref() == object::namespace(slice)
        };
        for (id, at) in waiting.iter().filter(|(id, _)| of_it(id)) {
            self.judge(id, *at).await?;
        }
        Ok(())
    }

    /// How an object is doing now.
    async fn judge(&self, id: &Identity, at: usize) -> Result<(), Broken> {
        let step = &self.planned.steps[at];
        let Some(live) = self.board().live.get(id).cloned() else {
            return Ok(());
        };
        let health = self.around().health(&live, &step.body);
        self.tell_health(&step.key, &health).await;
        match health.status {
            ObjectStatus::Healthy => self.reached(at, Phase::Healthy),
            ObjectStatus::Failed => {
                return Err(Broken::Failed(Failure::Unhealthy {
                    key: step.key.clone(),
                    live,
                    why: health.message,
                }));
            }
            ObjectStatus::Pending
            | ObjectStatus::InProgress
            | ObjectStatus::Degraded
            | ObjectStatus::Missing
            | ObjectStatus::Skipped
            | ObjectStatus::Unknown => {}
        }
        Ok(())
    }

    async fn count_seconds(
        &self,
        waiting: &BTreeMap<Identity, usize>,
        suspects: &BTreeMap<String, Value>,
    ) -> Result<(), Broken> {
        for (id, at) in waiting.iter().filter(|((_, kind, ..), _)| kind == "Pod") {
            self.judge(id, *at).await?;
        }
        for pod in suspects.values() {
            self.suspect(pod, waiting).await?;
        }
        Ok(())
    }

    /// A pod that will never get ready ends the run where it is one of a newest revision that is waited for.
    async fn suspect(&self, pod: &Value, waiting: &BTreeMap<Identity, usize>) -> Result<(), Broken> {
        let Some(why) = pods::hopeless(pod, now()) else {
            return Ok(());
        };
        for (id, at) in waiting {
            let live = self.board().live.get(id).cloned().filter(|_| may_be_of(pod, id));
            let Some(live) = live else { continue };
            let gathered = diagnose::gather(self.cluster, &live).await;
            if gathered
                .pods
                .iter()
                .any(|seen| object::uid(&seen.pod) == object::uid(pod))
            {
                return Err(Broken::Failed(Failure::Unhealthy {
                    key: self.planned.steps[*at].key.clone(),
                    live,
                    why,
                }));
            }
        }
        Ok(())
    }
}

fn generation(value: &Value) -> i64 {
    value
        .pointer("/metadata/generation")
        .and_then(Value::as_i64)
        .unwrap_or(0)
}
