//! What an environment asks of releases. Defaults by kind, bounds, and which change makes it weaker.

use crate::access::RoleKey;
use crate::catalogue::EnvironmentKind;
use crate::codes::words;
use crate::freeze::FreezeWindow;
use crate::plan::RiskCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

words! {
    pub enum ApprovalMode {
        None = "none",
        Required = "required",
    }
}

words! {
    pub enum RollbackApproval {
        /// The release's own approval covers its rollback for `rollback_pass_secs`.
        Pass = "pass",
        Required = "required",
        None = "none",
    }
}

/// What manifests may ask of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeAllowances {
    /// Prefixes of host paths that may be mounted.
    pub bind_mounts: Vec<String>,
    pub privileged: bool,
    pub host_namespaces: bool,
    pub docker_socket: bool,
    pub devices: bool,
    pub capabilities: Vec<String>,
    pub security_opt: bool,
    pub cluster_scoped: bool,
    pub other_namespaces: Vec<String>,
}

/// An environment's policy, complete. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub approval: ApprovalMode,
    pub min_approvals: u32,
    pub approver_roles: Vec<RoleKey>,
    pub allow_self_approval: bool,
    pub require_comment: bool,
    pub approval_ttl_secs: u32,
    pub preview_ttl_secs: u32,
    pub progress_deadline_secs: u32,
    pub auto_rollback: bool,
    pub rollback_approval: RollbackApproval,
    pub rollback_pass_secs: u32,
    pub ai_requires_approval: bool,
    pub break_glass_roles: Vec<RoleKey>,
    pub risk_approvals: BTreeMap<RiskCode, u32>,
    pub freeze_windows: Vec<FreezeWindow>,
    pub allow: RuntimeAllowances,
}

/// The bounds of each duration, in seconds, both ends included (api.md, *A policy*).
pub const PREVIEW_TTL_SECS: (u32, u32) = (1, 7 * DAY_SECS);
pub const APPROVAL_TTL_SECS: (u32, u32) = (1, 90 * DAY_SECS);
pub const PROGRESS_DEADLINE_SECS: (u32, u32) = (1, DAY_SECS);
/// A rollback pass may be off (0) or as long as an approval may.
pub const ROLLBACK_PASS_SECS: (u32, u32) = (0, 90 * DAY_SECS);
/// More approvers than this is a mistake, not a policy.
pub const MAX_APPROVALS: u32 = 20;
const DAY_SECS: u32 = 86_400;

impl Policy {
    /// What a request that says nothing gets.
    #[must_use]
    pub fn default_for(kind: EnvironmentKind) -> Self {
        Self {
            approval: match kind {
                EnvironmentKind::Production => ApprovalMode::Required,
                EnvironmentKind::Development | EnvironmentKind::Staging => ApprovalMode::None,
            },
            min_approvals: 1,
            approver_roles: vec![RoleKey("approver".into())],
            allow_self_approval: false,
            require_comment: false,
            approval_ttl_secs: DAY_SECS,
            preview_ttl_secs: 1_800,
            progress_deadline_secs: 600,
            auto_rollback: false,
            rollback_approval: RollbackApproval::Pass,
            rollback_pass_secs: 7 * DAY_SECS,
            ai_requires_approval: true,
            break_glass_roles: Vec::new(),
            risk_approvals: BTreeMap::new(),
            freeze_windows: Vec::new(),
            allow: RuntimeAllowances::default(),
        }
    }

    /// Every bound this policy breaks, as (JSON pointer, message).
    #[must_use]
    pub fn violations(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut bound = |name: &str, value: u32, (low, high): (u32, u32)| {
            if value < low || value > high {
                found.push((
                    format!("/{name}"),
                    format!("{name} must lie between {low} and {high} seconds"),
                ));
            }
        };
        bound("preview_ttl_secs", self.preview_ttl_secs, PREVIEW_TTL_SECS);
        bound("approval_ttl_secs", self.approval_ttl_secs, APPROVAL_TTL_SECS);
        bound(
            "progress_deadline_secs",
            self.progress_deadline_secs,
            PROGRESS_DEADLINE_SECS,
        );
        bound("rollback_pass_secs", self.rollback_pass_secs, ROLLBACK_PASS_SECS);
        if self.min_approvals == 0 || self.min_approvals > MAX_APPROVALS {
            found.push((
                "/min_approvals".into(),
                format!("min_approvals must lie between 1 and {MAX_APPROVALS}"),
            ));
        }
        if self.approver_roles.is_empty() {
            found.push((
                "/approver_roles".into(),
                "at least one role must be able to approve".into(),
            ));
        }
        for (risk, needed) in &self.risk_approvals {
            if *needed > MAX_APPROVALS {
                found.push((
                    format!("/risk_approvals/{risk}"),
                    format!("at most {MAX_APPROVALS} approvals"),
                ));
            }
        }
        for (i, window) in self.freeze_windows.iter().enumerate() {
            if let Err(problem) = window.validate() {
                found.push((format!("/freeze_windows/{i}"), problem.to_string()));
            }
        }
        found
    }

    /// Whether setting this policy on an environment of `kind` needs `policy:weaken`: a production environment with
    /// approval off, fewer approvals than before, self-approval, or `ai_requires_approval` off.
    ///
    /// What already stood so is not a new weakening.
    #[must_use]
    pub fn weakens(&self, before: &Self, kind: EnvironmentKind) -> bool {
        match kind {
            EnvironmentKind::Development | EnvironmentKind::Staging => false,
            EnvironmentKind::Production => self.changes_from(before).iter().any(|c| c.weaker),
        }
    }

    /// Every member that differs, with which of them are weaker than before.
    #[must_use]
    pub fn changes_from(&self, before: &Self) -> Vec<PolicyChange> {
        let (Ok(Value::Object(old)), Ok(Value::Object(new))) =
            (serde_json::to_value(before), serde_json::to_value(self))
        else {
            return Vec::new();
        };
        let mut changed: Vec<_> = new
            .into_iter()
            .filter(|(name, after)| old.get(name) != Some(after))
            .map(|(name, after)| PolicyChange {
                weaker: self.is_weaker_in(before, &name),
                path: format!("/{name}"),
                before: old.get(&name).cloned().unwrap_or(Value::Null),
                after,
            })
            .collect();
        changed.sort_by(|a, b| a.path.cmp(&b.path));
        changed
    }

    fn is_weaker_in(&self, before: &Self, member: &str) -> bool {
        match member {
            "approval" => before.approval == ApprovalMode::Required && self.approval == ApprovalMode::None,
            "min_approvals" => self.min_approvals < before.min_approvals,
            "allow_self_approval" => self.allow_self_approval && !before.allow_self_approval,
            "ai_requires_approval" => before.ai_requires_approval && !self.ai_requires_approval,
            "risk_approvals" => before
                .risk_approvals
                .iter()
                .any(|(risk, n)| self.risk_approvals.get(risk).copied().unwrap_or(0) < *n),
            _ => false,
        }
    }
}

/// One changed member of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    pub path: String,
    pub before: Value,
    pub after: Value,
    pub weaker: bool,
}
