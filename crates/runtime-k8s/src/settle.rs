//! How long what looks healthy has to stay so before it is believed. Pure.
//!
//! A container without a probe is ready the moment it starts, and what it does next is told by its node a little later.
//! So not the time since the workload looked healthy counts but that of each pod's present life, which a restart and
//! each loss of readiness end; and a node that was slow to tell of the start gets longer to tell of the end.

use crate::conditions::{self, count};
use crate::health::pods::statuses;
use crate::object;
use release_domain::timestamp::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// Healthy for so long before a run succeeds (runtimes.md, *Health*).
pub const LEAST: Duration = Duration::from_secs(3);
/// However slow a node is, a run does not wait longer for it than this.
pub const MOST: Duration = Duration::from_secs(30);
/// What a node took to tell that a container runs is waited for so many times over.
const SLOWNESS: u32 = 2;

/// One stretch of a pod's readiness, by what its node wrote of it; no clock of ours is compared with the node's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Life {
    pod: String,
    restarts: i64,
    ready_since: Timestamp,
}

/// The life of a pod that is ready; `None`: it is not, or it is going.
#[must_use]
pub fn life(pod: &Value) -> Option<Life> {
    let ready = conditions::find(pod, "Ready").filter(conditions::Condition::is_true)?;
    (!conditions::is_going(pod)).then_some(Life {
        pod: object::uid(pod).to_owned(),
        restarts: statuses(pod).map(|status| count(status, "/restartCount")).sum(),
        ready_since: ready.since?,
    })
}

/// How long a pod's life has to last.
#[must_use]
pub fn needs(pod: &Value) -> Duration {
    (slowness(pod) * SLOWNESS).clamp(LEAST, MOST)
}

/// What the node took to tell that the last container runs. Nothing where a probe was waited for: that took its own time.
fn slowness(pod: &Value) -> Duration {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let mut containers = containers.into_iter().flatten();
    let is_probed = containers.any(|c| c.get("readinessProbe").is_some() || c.get("startupProbe").is_some());
    let started =
        statuses(pod).filter_map(|status| Timestamp::parse(object::text(status, "/state/running/startedAt")).ok());
    let told = conditions::find(pod, "ContainersReady").and_then(|condition| condition.since);
    match (started.max(), told) {
        (Some(started), Some(told)) if !is_probed => {
            Duration::from_secs(u64::try_from(told.secs_since(started)).unwrap_or_default())
        }
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A pod that was started and told as ready at these seconds of a minute.
    fn pod(started: &str, told: &str, restarts: i64) -> Value {
        let at = |secs: &str| format!("2026-01-01T00:00:{secs}Z");
        let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at(told)});
        json!({
            "metadata": {"uid": "u"}, "spec": {"containers": [{"name": "c"}]},
            "status": {
                "conditions": [condition("Ready"), condition("ContainersReady")],
                "containerStatuses": [{"restartCount": restarts, "state": {"running": {"startedAt": at(started)}}}],
            },
        })
    }

    #[test]
    fn a_slow_node_gets_longer_and_none_gets_for_ever() {
        for (started, told, secs) in [
            ("10", "10", 3),
            ("10", "11", 3),
            ("10", "15", 10),
            ("00", "50", 30),
            ("20", "10", 3),
        ] {
            assert_eq!(
                needs(&pod(started, told, 0)),
                Duration::from_secs(secs),
                "{started} {told}"
            );
        }
        let mut probed = pod("10", "20", 0);
        probed["spec"]["containers"][0]["readinessProbe"] = json!({"exec": {}});
        assert_eq!(needs(&probed), LEAST, "the probe took that time, not the node");
    }

    #[test]
    fn a_restart_and_a_loss_of_readiness_begin_another_life() {
        let first = life(&pod("10", "11", 0));
        assert!(first.is_some());
        assert_eq!(first, life(&pod("10", "11", 0)));
        assert_ne!(first, life(&pod("10", "11", 1)));
        assert_ne!(first, life(&pod("10", "12", 0)));
        let mut going = pod("10", "11", 0);
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:20Z".into();
        assert_eq!(life(&going), None);
    }
}
