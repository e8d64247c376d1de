//! `status` of a target: its newest probe, and what of it is told.

use crate::codes::words;
use crate::ports::{Probe, ProbeCapability, TargetError};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// What the newest probe of a target found.
    pub enum Reachability {
        Unknown = "unknown",
        Reachable = "reachable",
        Unreachable = "unreachable",
    }
}

/// The newest probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStatus {
    pub reachability: Reachability,
    pub checked_at: Option<Timestamp>,
    pub last_reachable_at: Option<Timestamp>,
    pub version: Option<String>,
    pub latency_ms: Option<u64>,
    pub message: Option<String>,
    /// What its credentials may do, as the newest probe that reached it found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<ProbeCapability>,
    /// What the timeline last said. `None`: kept before that was noted apart, then it said what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Reachability>,
}

/// The status after one more probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeKept {
    pub status: TargetStatus,
    /// What it was until now, where this probe is the second to say that it has changed.
    pub changed_from: Option<Reachability>,
    /// The next probe confirms it or takes it back.
    pub is_unsettled: bool,
}

impl TargetStatus {
    pub const UNKNOWN: Self = Self {
        reachability: Reachability::Unknown,
        checked_at: None,
        last_reachable_at: None,
        version: None,
        latency_ms: None,
        message: None,
        capabilities: Vec::new(),
        told: None,
    };

    /// One more probe.
    #[must_use]
    pub fn probed(&self, found: Result<&Probe, &TargetError>, at: Timestamp) -> ProbeKept {
        let told = self.told.unwrap_or(self.reachability);
        let mut status = match found {
            Ok(probe) => Self {
                reachability: Reachability::Reachable,
                checked_at: Some(at),
                last_reachable_at: Some(at),
                version: Some(probe.version.clone()),
                latency_ms: Some(probe.latency_ms),
                message: None,
                capabilities: probe.capabilities.clone(),
                told: Some(told),
            },
            Err(error) => Self {
                reachability: Reachability::Unreachable,
                checked_at: Some(at),
                latency_ms: None,
                message: Some(error.to_string()),
                told: Some(told),
                ..self.clone()
            },
        };
        let is_news = status.reachability != told;
        let agrees = self.reachability == status.reachability;
        let changed_from = (is_news && agrees).then_some(told);
        if changed_from.is_some() {
            status.told = Some(status.reachability);
        }
        ProbeKept {
            is_unsettled: is_news && !agrees,
            changed_from,
            status,
        }
    }
}
