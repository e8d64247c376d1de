//! Policies: what an environment asks of releases.

use crate::body::Input;
use crate::common::Actor;
use crate::list::list;
use crate::scalar::Time;
use crate::word;
use release_app::catalogue::policy::PolicyBody;
use release_domain::catalogue::PolicyRevision as DomainRevision;
use release_domain::policy as domain;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Schema of a recurring window.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeWindow {
    #[schema(min_length = 1)]
    pub name: String,
    pub kind: word::WindowKind,
    /// Five fields: minute, hour, day of month, month, day of week.
    pub cron: String,
    pub duration_secs: u32,
    /// An IANA name or `UTC`.
    pub time_zone: String,
    #[schema(default = false, required = false)]
    pub covers_rollback: bool,
}

/// What manifests may ask of the host; what is left out is not allowed.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowances {
    /// Prefixes of host paths that may be mounted.
    #[schema(required = false)]
    pub bind_mounts: Vec<String>,
    #[schema(required = false)]
    pub privileged: bool,
    #[schema(required = false)]
    pub host_namespaces: bool,
    #[schema(required = false)]
    pub docker_socket: bool,
    #[schema(required = false)]
    pub devices: bool,
    #[schema(required = false)]
    pub capabilities: Vec<String>,
    #[schema(required = false)]
    pub security_opt: bool,
    #[schema(required = false)]
    pub cluster_scoped: bool,
    #[schema(required = false)]
    pub other_namespaces: Vec<String>,
}

/// An environment's policy, complete.
#[derive(ToSchema)]
pub struct Policy {
    pub approval: word::ApprovalMode,
    pub min_approvals: u32,
    pub approver_roles: Vec<String>,
    pub allow_self_approval: bool,
    pub require_comment: bool,
    pub approval_ttl_secs: u32,
    pub preview_ttl_secs: u32,
    pub progress_deadline_secs: u32,
    pub auto_rollback: bool,
    pub rollback_approval: word::RollbackApproval,
    pub rollback_pass_secs: u32,
    pub ai_requires_approval: bool,
    pub break_glass_roles: Vec<String>,
    /// Risk code to the approvals it asks for.
    pub risk_approvals: BTreeMap<String, u32>,
    pub freeze_windows: Vec<FreezeWindow>,
    pub allow: Allowances,
}

/// Approvals that each risk asks for.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskApprovals {
    pub delete: Option<u32>,
    pub replace: Option<u32>,
    pub volume: Option<u32>,
    pub replicas_zero: Option<u32>,
    pub rbac: Option<u32>,
    pub image_registry: Option<u32>,
    pub privileged: Option<u32>,
    pub host_mount: Option<u32>,
}

/// A policy as a request gives it; what it leaves out takes the default of the environment's kind.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyInput {
    pub approval: Option<word::ApprovalMode>,
    pub min_approvals: Option<u32>,
    pub approver_roles: Option<Vec<String>>,
    pub allow_self_approval: Option<bool>,
    pub require_comment: Option<bool>,
    /// 1 s to 90 days.
    pub approval_ttl_secs: Option<u32>,
    /// 1 s to 7 days.
    pub preview_ttl_secs: Option<u32>,
    /// 1 s to 1 day.
    pub progress_deadline_secs: Option<u32>,
    pub auto_rollback: Option<bool>,
    pub rollback_approval: Option<word::RollbackApproval>,
    pub rollback_pass_secs: Option<u32>,
    pub ai_requires_approval: Option<bool>,
    pub break_glass_roles: Option<Vec<String>>,
    pub risk_approvals: Option<RiskApprovals>,
    pub freeze_windows: Option<Vec<FreezeWindow>>,
    pub allow: Option<Allowances>,
}

/// The body of `PUT …/policy`: a policy.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = PolicyInput)]
pub struct PutPolicy(pub PolicyBody);

impl Input for PutPolicy {}

/// One changed member of a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyChange {
    /// A JSON pointer into the policy.
    pub path: String,
    #[schema(required = true)]
    pub before: Value,
    #[schema(required = true)]
    pub after: Value,
    pub weaker: bool,
}

/// One state of a policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyRevision {
    pub number: u32,
    #[schema(value_type = Policy)]
    pub policy: domain::Policy,
    pub changed: Vec<PolicyChange>,
    #[schema(value_type = Actor)]
    pub by: release_domain::actor::Actor,
    pub at: Time,
}

list! {
    /// A policy's revisions, newest first.
    PolicyRevisionList of PolicyRevision
}

impl From<DomainRevision> for PolicyRevision {
    fn from(revision: DomainRevision) -> Self {
        Self {
            number: revision.number,
            policy: revision.policy,
            changed: revision
                .changed
                .into_iter()
                .map(|change| PolicyChange {
                    path: change.path,
                    before: change.before,
                    after: change.after,
                    weaker: change.weaker,
                })
                .collect(),
            by: revision.by,
            at: Time(revision.at),
        }
    }
}
