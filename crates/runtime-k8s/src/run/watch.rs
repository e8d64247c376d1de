//! Waiting for health by watches: each object as it changes, the pods and endpoints around it, and a clock for what
//! counts seconds. What cannot heal ends the run at once.

use super::{Broken, Failure, Phase, Run};
use crate::cluster::KindInfo;
use crate::desired::{Identity, identity};
use crate::diagnose;
use crate::health::pods;
use crate::object;
use crate::surroundings::{Surroundings, now, selects};
use futures::StreamExt;
use futures::stream::{BoxStream, SelectAll};
use kube::api::{Api, ApiResource, DynamicObject};
use kube::runtime::watcher::{self, watcher};
use release_domain::execution::ObjectStatus;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Healthy for so long before a run succeeds (runtimes.md, *Health*).
const SETTLE: Duration = Duration::from_secs(3);
/// How often what counts seconds is looked at again; nothing is asked of the server for it.
const TICK: Duration = Duration::from_millis(500);
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
const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

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

/// Something seen.
enum News {
    Seen(Value),
    Gone(Value),
}

type Streams = SelectAll<BoxStream<'static, Result<News, watcher::Error>>>;

impl Run<'_> {
    /// Follows what is waited for; ends only when something breaks.
    pub(super) async fn watch(&self, mut asked: mpsc::UnboundedReceiver<Watched>) -> Broken {
        let mut streams: Streams = SelectAll::new();
        let mut opened = BTreeSet::new();
        let mut waiting: BTreeMap<Identity, usize> = BTreeMap::new();
        let mut suspects: BTreeMap<String, Value> = BTreeMap::new();
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
                    Ok(News::Gone(value)) => self.gone(&value, &waiting).await,
                    // The watcher begins anew by itself; a server that stays away ends the run by its deadline.
                    Err(error) => {
                        tracing::debug!(%error, "a watch broke");
                        Ok(())
                    }
                },
                _ = tick.tick() => self.count_seconds(&waiting, &suspects).await,
            };
            if let Err(broken) = looked {
                return broken;
            }
        }
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
                streams.push(self.stream(&info, namespace.as_deref()));
            }
        }
    }

    fn stream(&self, info: &KindInfo, namespace: Option<&str>) -> BoxStream<'static, Result<News, watcher::Error>> {
        let (api_version, kind) = (info.api_version.clone(), info.kind.clone());
        let resource = ApiResource {
            group: info.group().to_owned(),
            version: api_version.rsplit('/').next().unwrap_or_default().to_owned(),
            api_version,
            kind,
            plural: info.plural.clone(),
        };
        let client = self.cluster.client();
        let api: Api<DynamicObject> = match namespace.filter(|_| info.is_namespaced) {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        };
        let value = move |found: DynamicObject| {
            let mut value = serde_json::to_value(&found).unwrap_or_default();
            // Items of a list do not say what they are.
            if let Some(members) = value.as_object_mut() {
                members
                    .entry("apiVersion")
                    .or_insert_with(|| resource.api_version.as_str().into());
                members.entry("kind").or_insert_with(|| resource.kind.as_str().into());
            }
            value
        };
        watcher(api, watcher::Config::default())
            .filter_map(move |event| {
                let news = match event {
                    Ok(watcher::Event::Apply(found) | watcher::Event::InitApply(found)) => {
                        Some(Ok(News::Seen(value(found))))
                    }
                    Ok(watcher::Event::Delete(found)) => Some(Ok(News::Gone(value(found)))),
                    Ok(watcher::Event::Init | watcher::Event::InitDone) => None,
                    Err(error) => Some(Err(error)),
                };
                futures::future::ready(news)
            })
            .boxed()
    }

    async fn seen(
        &self,
        value: Value,
        waiting: &BTreeMap<Identity, usize>,
        suspects: &mut BTreeMap<String, Value>,
    ) -> Result<(), Broken> {
        match object::kind(&value) {
            "EndpointSlice" => return self.endpoints_changed(waiting).await,
            "Pod" if !waiting.contains_key(&identity(&value)) => {
                suspects.insert(object::uid(&value).to_owned(), value.clone());
                return self.suspect(&value, waiting).await;
            }
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
                board.live.insert(id.clone(), value);
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
            live: Box::new(value.clone()),
            why: "it was deleted while it was waited for".into(),
        }))
    }

    async fn endpoints_changed(&self, waiting: &BTreeMap<Identity, usize>) -> Result<(), Broken> {
        let around = Surroundings::of(self.cluster, self.states.wanted()).await?;
        *self.around() = around;
        for (id, at) in waiting.iter().filter(|((_, kind, ..), _)| kind == "Service") {
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
                    live: Box::new(live),
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
        let owner = pod
            .pointer("/metadata/ownerReferences/0/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        for (id, at) in waiting {
            let (_, kind, namespace, name) = id;
            let may_be = WORKLOADS.contains(&kind.as_str())
                && namespace.as_deref() == object::namespace(pod)
                && (owner == name || owner.rsplit_once('-').is_some_and(|(base, _)| base == name));
            let live = self.board().live.get(id).cloned().filter(|_| may_be);
            let Some(live) = live else { continue };
            let gathered = diagnose::gather(self.cluster, &live).await;
            if gathered
                .pods
                .iter()
                .any(|seen| object::uid(&seen.pod) == object::uid(pod))
            {
                return Err(Broken::Failed(Failure::Unhealthy {
                    key: self.planned.steps[*at].key.clone(),
                    live: Box::new(live),
                    why,
                }));
            }
        }
        Ok(())
    }

    /// Waits until everything that was watched has stayed healthy for a while.
    pub(super) async fn settled(&self) {
        let mut tick = interval(TICK / 5);
        let mut since = Instant::now();
        let slow: Vec<usize> = {
            let board = self.board();
            let steps = self.planned.steps.iter().enumerate();
            let slow = steps
                .filter(|(_, step)| self.was_written(&step.key) && board.live.get(&step.id).is_some_and(takes_time));
            slow.map(|(at, _)| at).collect()
        };
        while !slow.is_empty() && since.elapsed() < SETTLE {
            tick.tick().await;
            let all_healthy = slow.iter().all(|at| {
                let told = self
                    .board()
                    .told
                    .get(&self.planned.steps[*at].key)
                    .map(|told| told.status);
                told == Some(ObjectStatus::Healthy)
            });
            if !all_healthy {
                since = Instant::now();
            }
        }
    }

    fn was_written(&self, key: &str) -> bool {
        use release_domain::plan::Action;
        self.action(key) != Action::Unchanged
    }
}

fn generation(value: &Value) -> i64 {
    value
        .pointer("/metadata/generation")
        .and_then(Value::as_i64)
        .unwrap_or(0)
}
