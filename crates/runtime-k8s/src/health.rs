//! How an object is doing, by its kind, judged from one look at it. Pure: the time and what stands around it come in.
//!
//! Each kind is judged at least as strictly as the strictest of Argo CD, kstatus and Helm does. Where they differ, the
//! stricter one's rule is named beside the line that takes it.

mod custom;
mod jobs;
mod networking;
pub mod pods;
pub mod rule;
mod scaling;
mod storage;
mod system;
mod workloads;

pub use rule::Rule;

use crate::conditions;
use crate::object;
use release_domain::execution::ObjectStatus;
use release_domain::timestamp::Timestamp;
use serde_json::Value;

/// What a look says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub status: ObjectStatus,
    /// Why it is not healthy; empty where it is.
    pub message: String,
    /// Pods that serve, of those asked for.
    pub ready: Option<u32>,
    pub total: Option<u32>,
}

impl Health {
    fn new(status: ObjectStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            ready: None,
            total: None,
        }
    }

    fn healthy() -> Self {
        Self::new(ObjectStatus::Healthy, "")
    }

    fn in_progress(message: impl Into<String>) -> Self {
        Self::new(ObjectStatus::InProgress, message)
    }

    fn degraded(message: impl Into<String>) -> Self {
        Self::new(ObjectStatus::Degraded, message)
    }

    fn failed(message: impl Into<String>) -> Self {
        Self::new(ObjectStatus::Failed, message)
    }

    /// With how many of how many are ready.
    fn counted(self, ready: i64, total: i64) -> Self {
        Self {
            ready: u32::try_from(ready).ok(),
            total: u32::try_from(total).ok(),
            ..self
        }
    }

    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.status == ObjectStatus::Healthy
    }
}

/// What an object's own text does not tell of how it is doing.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    pub now: Timestamp,
    /// What the manifest asks for: a pause that it names is meant.
    pub desired: &'a Value,
    /// Endpoints of a Service that are ready; `None`: nobody looked.
    pub ready_endpoints: Option<u32>,
    /// Whether a PersistentVolumeClaim's class waits for the first pod that uses the claim.
    pub first_consumer: bool,
    /// Whether the cluster has an IngressClass: without one nobody gives an Ingress an address.
    pub ingress_class: bool,
    /// The user's own rule for the object or its kind; one that cannot be read, with what is wrong with it.
    pub rule: Option<&'a Result<Rule, String>>,
}

impl<'a> Around<'a> {
    /// Nothing is known but the manifest and the time.
    #[must_use]
    pub fn unknown(desired: &'a Value, now: Timestamp) -> Self {
        Self {
            now,
            desired,
            ready_endpoints: None,
            first_consumer: false,
            ingress_class: true,
            rule: None,
        }
    }

    /// Whether the manifest itself says so.
    fn asks(&self, pointer: &str) -> bool {
        self.desired.pointer(pointer).and_then(Value::as_bool) == Some(true)
    }
}

/// Judges a live object.
#[must_use]
pub fn of(live: &Value, around: &Around<'_>) -> Health {
    if conditions::is_going(live) {
        return Health::in_progress("it is being deleted");
    }
    if !conditions::is_observed(live) {
        return Health::in_progress("its controller has not seen the change yet");
    }
    let group = object::group(object::api_version(live));
    match (group, object::kind(live)) {
        ("apps", "Deployment") => workloads::deployment(live, around),
        ("apps", "StatefulSet") => workloads::stateful_set(live),
        ("apps", "DaemonSet") => workloads::daemon_set(live),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => workloads::replica_set(live),
        ("batch", "Job") => jobs::job(live, around),
        ("batch", "CronJob") => jobs::cron_job(live, around),
        ("", "Pod") => pods::of(live, around.now),
        ("", "PersistentVolumeClaim") => storage::claim(live, around),
        ("", "PersistentVolume") => storage::volume(live),
        ("", "Service") => networking::service(live, around),
        ("networking.k8s.io" | "extensions", "Ingress") => networking::ingress(live, around),
        ("gateway.networking.k8s.io", "Gateway" | "GatewayClass") => networking::gateway(live),
        ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => networking::route(live),
        ("autoscaling", "HorizontalPodAutoscaler") => scaling::autoscaler(live),
        ("policy", "PodDisruptionBudget") => scaling::disruption_budget(live),
        ("", "Namespace") => system::namespace(live),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => system::definition(live),
        ("apiregistration.k8s.io", "APIService") => system::api_service(live),
        (group, _) if is_served(group) => Health::healthy(),
        _ => custom::of(live, around.rule),
    }
}

/// Whether a group's objects are custom resources without a rule of ours.
#[must_use]
pub fn is_custom(group: &str) -> bool {
    let ruled = [
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "extensions",
        "gateway.networking.k8s.io",
    ];
    !is_served(group) && !ruled.contains(&group)
}

/// Groups of the API server's own: what has no rule above is there or not, and no more. Other groups of the same
/// domains are custom resources of projects.
fn is_served(group: &str) -> bool {
    matches!(
        group,
        "" | "admissionregistration.k8s.io"
            | "apps"
            | "authentication.k8s.io"
            | "authorization.k8s.io"
            | "autoscaling"
            | "batch"
            | "certificates.k8s.io"
            | "coordination.k8s.io"
            | "discovery.k8s.io"
            | "events.k8s.io"
            | "flowcontrol.apiserver.k8s.io"
            | "networking.k8s.io"
            | "node.k8s.io"
            | "policy"
            | "rbac.authorization.k8s.io"
            | "resource.k8s.io"
            | "scheduling.k8s.io"
            | "storage.k8s.io"
    )
}
