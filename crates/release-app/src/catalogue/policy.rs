//! `/environments/{id}/policy`: what an environment asks of releases, and how it came to.

use super::environments::EnvironmentView;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::RoleKey;
use release_domain::catalogue::PolicyRevision;
use release_domain::freeze::FreezeWindow;
use release_domain::ids::EnvironmentId;
use release_domain::plan::RiskCode;
use release_domain::policy::{ApprovalMode, RollbackApproval, RuntimeAllowances};
use release_domain::ports::{Found, Page};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A policy as a request gives it; what it leaves out takes the kind's default. Times in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyBody {
    pub approval: Option<ApprovalMode>,
    pub min_approvals: Option<u32>,
    pub approver_roles: Option<Vec<RoleKey>>,
    pub allow_self_approval: Option<bool>,
    pub require_comment: Option<bool>,
    pub approval_ttl_secs: Option<u32>,
    pub preview_ttl_secs: Option<u32>,
    pub progress_deadline_secs: Option<u32>,
    pub auto_rollback: Option<bool>,
    pub rollback_approval: Option<RollbackApproval>,
    pub rollback_pass_secs: Option<u32>,
    pub ai_requires_approval: Option<bool>,
    pub break_glass_roles: Option<Vec<RoleKey>>,
    pub risk_approvals: Option<BTreeMap<RiskCode, u32>>,
    pub freeze_windows: Option<Vec<FreezeWindow>>,
    pub allow: Option<RuntimeAllowances>,
}

/// Replaces an environment's policy.
///
/// # Errors
/// `NotFound`, `Forbidden` (`policy:write`; `policy:weaken` where production becomes weaker), `Invalid` with a pointer
/// into the policy (`/min_approvals`), `Stale` (`if_match` is the environment's version).
pub async fn put(
    app: &App,
    caller: &Caller,
    id: EnvironmentId,
    if_match: u64,
    body: PolicyBody,
) -> Result<EnvironmentView, AppError> {
    let _ = (app, caller, id, if_match, body);
    todo!()
}

/// Newest first.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn revisions(
    app: &App,
    caller: &Caller,
    id: EnvironmentId,
    page: Page<u32>,
) -> Result<Found<PolicyRevision, u32>, AppError> {
    let _ = (app, caller, id, page);
    todo!()
}
