//! `/environments/{id}/policy`: what an environment asks of releases, and how it came to.

mod put;
mod revisions;

pub use put::put;
pub use revisions::revisions;

use crate::access::fields::{Fields, MAX_NAME_CHARS};
use crate::app::App;
use crate::error::AppError;
use release_domain::access::RoleKey;
use release_domain::freeze::FreezeWindow;
use release_domain::plan::RiskCode;
use release_domain::policy::{ApprovalMode, Policy, RollbackApproval, RuntimeAllowances};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest list in a policy; each is looked through with every release.
const MAX_ENTRIES: usize = 100;

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

impl PolicyBody {
    /// The policy, with what was left out taken from `default`.
    #[must_use]
    pub fn over(self, default: Policy) -> Policy {
        Policy {
            approval: self.approval.unwrap_or(default.approval),
            min_approvals: self.min_approvals.unwrap_or(default.min_approvals),
            approver_roles: self.approver_roles.unwrap_or(default.approver_roles),
            allow_self_approval: self.allow_self_approval.unwrap_or(default.allow_self_approval),
            require_comment: self.require_comment.unwrap_or(default.require_comment),
            approval_ttl_secs: self.approval_ttl_secs.unwrap_or(default.approval_ttl_secs),
            preview_ttl_secs: self.preview_ttl_secs.unwrap_or(default.preview_ttl_secs),
            progress_deadline_secs: self.progress_deadline_secs.unwrap_or(default.progress_deadline_secs),
            auto_rollback: self.auto_rollback.unwrap_or(default.auto_rollback),
            rollback_approval: self.rollback_approval.unwrap_or(default.rollback_approval),
            rollback_pass_secs: self.rollback_pass_secs.unwrap_or(default.rollback_pass_secs),
            ai_requires_approval: self.ai_requires_approval.unwrap_or(default.ai_requires_approval),
            break_glass_roles: self.break_glass_roles.unwrap_or(default.break_glass_roles),
            risk_approvals: self.risk_approvals.unwrap_or(default.risk_approvals),
            freeze_windows: self.freeze_windows.unwrap_or(default.freeze_windows),
            allow: self.allow.unwrap_or(default.allow),
        }
    }
}

/// Everything that is wrong with a policy, below `at`. Roles must exist, but one that `before` names already may have
/// gone; time zones must be known here.
pub(super) async fn check(
    app: &App,
    fields: &mut Fields,
    at: &str,
    policy: &Policy,
    before: &Policy,
) -> Result<(), AppError> {
    for (pointer, message) in policy.violations() {
        fields.wrong(format!("{at}{pointer}"), "invalid_value", message);
    }
    let allow = &policy.allow;
    for (name, entries) in [
        ("approver_roles", policy.approver_roles.len()),
        ("break_glass_roles", policy.break_glass_roles.len()),
        ("freeze_windows", policy.freeze_windows.len()),
        ("allow/bind_mounts", allow.bind_mounts.len()),
        ("allow/capabilities", allow.capabilities.len()),
        ("allow/other_namespaces", allow.other_namespaces.len()),
    ] {
        if entries > MAX_ENTRIES {
            fields.wrong(
                format!("{at}/{name}"),
                "too_long",
                format!("at most {MAX_ENTRIES} entries"),
            );
        }
    }
    for (i, prefix) in allow.bind_mounts.iter().enumerate() {
        if !is_plain_path(prefix) {
            let message = "an absolute path without `.` and `..`";
            fields.wrong(format!("{at}/allow/bind_mounts/{i}"), "invalid_value", message);
        }
    }
    for (i, window) in policy.freeze_windows.iter().enumerate() {
        if app.zones.local(&window.time_zone, app.now()).is_none() {
            let message = "a time zone such as `Europe/Berlin` or `UTC`";
            fields.wrong(format!("{at}/freeze_windows/{i}/time_zone"), "invalid_value", message);
        }
        fields.line(&format!("{at}/freeze_windows/{i}/name"), &window.name, MAX_NAME_CHARS);
    }
    let known = app.store.access_policy().await?.roles;
    for (name, roles, had) in [
        ("approver_roles", &policy.approver_roles, &before.approver_roles),
        (
            "break_glass_roles",
            &policy.break_glass_roles,
            &before.break_glass_roles,
        ),
    ] {
        for (i, role) in roles.iter().enumerate() {
            if !known.iter().any(|r| r.key == *role) && !had.contains(role) {
                fields.wrong(format!("{at}/{name}/{i}"), "not_found", "there is no such role");
            }
        }
    }
    Ok(())
}

fn is_plain_path(path: &str) -> bool {
    let inside = path.strip_prefix('/');
    inside.is_some_and(|rest| rest.split('/').all(|part| part != "." && part != ".."))
}
