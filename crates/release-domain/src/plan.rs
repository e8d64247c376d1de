//! What an apply would change, and the hash that binds approval to it.

use crate::canonical::{self, Hash, NotCanonical};
use crate::codes::words;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

words! {
    /// What happens to one object.
    pub enum Action {
        Create = "create",
        Update = "update",
        Replace = "replace",
        Delete = "delete",
        Unchanged = "unchanged",
        Unverified = "unverified",
    }
}

words! {
    /// What a person should look at twice.
    pub enum RiskCode {
        Delete = "delete",
        Replace = "replace",
        Volume = "volume",
        ReplicasZero = "replicas_zero",
        Rbac = "rbac",
        ImageRegistry = "image_registry",
        Privileged = "privileged",
        HostMount = "host_mount",
    }
}

impl RiskCode {
    /// The four that count in `summary.destructive`.
    #[must_use]
    pub const fn is_destructive(self) -> bool {
        match self {
            Self::Delete | Self::Replace | Self::Volume | Self::ReplicasZero => true,
            Self::Rbac | Self::ImageRegistry | Self::Privileged | Self::HostMount => false,
        }
    }
}

words! {
    /// What a plan checked.
    pub enum CheckCode {
        Orphan = "orphan",
        Adopted = "adopted",
        FieldConflict = "field_conflict",
        PolicyDenied = "policy_denied",
        ImageNotFound = "image_not_found",
        ImageUnverified = "image_unverified",
        ConsentMissing = "consent_missing",
        ForbiddenOnTarget = "forbidden_on_target",
        RelativeBindSource = "relative_bind_source",
        BuildIgnored = "build_ignored",
        NameConflict = "name_conflict",
        ConfigMissing = "config_missing",
        ManifestWarning = "manifest_warning",
        /// The API server refuses the object as it is written.
        InvalidObject = "invalid_object",
        QuotaExceeded = "quota_exceeded",
        PodSecurityDenied = "pod_security_denied",
        AdmissionDenied = "admission_denied",
        WebhookUnreachable = "webhook_unreachable",
        ApiVersionRemoved = "api_version_removed",
        CrdMissing = "crd_missing",
        NamespaceTerminating = "namespace_terminating",
        /// A rollback or uninstall leaves this volume and its data.
        DataKept = "data_kept",
        /// A rollback cannot undo what this one-off container did.
        JobRan = "job_ran",
    }
}

words! {
    pub enum CheckStatus {
        Passed = "passed",
        Warning = "warning",
        Failed = "failed",
    }
}

/// One thing the plan looked at. A failed one makes the preview's token useless (`checks_failed`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub code: CheckCode,
    pub status: CheckStatus,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

/// The object a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
}

/// One field's two sides. Secret values stand as keyed hashes in the hashed plan and as `••••` for readers, with
/// `redacted` true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// A JSON pointer into the object.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    pub redacted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    pub code: RiskCode,
    pub message: String,
}

/// One object of a plan. `fields` is empty for create, delete and unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `api_version/kind/namespace/name`, on Compose `service/web`; the same in every plan.
    pub key: String,
    pub resource: Resource,
    pub action: Action,
    pub fields: Vec<FieldChange>,
    pub risks: Vec<Risk>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    pub create: u32,
    pub update: u32,
    pub replace: u32,
    pub delete: u32,
    pub unchanged: u32,
    pub unverified: u32,
    /// Changes with a destructive risk.
    pub destructive: u32,
}

/// Changes, sorted by key, and their count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub changes: Vec<Change>,
    pub summary: PlanSummary,
}

impl Plan {
    /// Sorts the changes by key and counts them.
    #[must_use]
    pub fn new(mut changes: Vec<Change>) -> Self {
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        let mut summary = PlanSummary::default();
        for change in &changes {
            let count = match change.action {
                Action::Create => &mut summary.create,
                Action::Update => &mut summary.update,
                Action::Replace => &mut summary.replace,
                Action::Delete => &mut summary.delete,
                Action::Unchanged => &mut summary.unchanged,
                Action::Unverified => &mut summary.unverified,
            };
            *count += 1;
            if change.risks.iter().any(|r| r.code.is_destructive()) {
                summary.destructive += 1;
            }
        }
        Self { changes, summary }
    }

    /// Whether an apply would write nothing.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.changes.iter().all(|c| c.action == Action::Unchanged)
    }

    /// Every risk code in the plan, each once.
    #[must_use]
    pub fn risk_codes(&self) -> Vec<RiskCode> {
        let mut codes: Vec<_> = self
            .changes
            .iter()
            .flat_map(|c| c.risks.iter().map(|r| r.code))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// BLAKE3 over the context hash, the canonical plan and the live fingerprint: what an approval is given to.
///
/// Each part is hashed by name, so that no two different triples have the same bytes.
///
/// # Errors
/// The plan holds a number that has no canonical form.
pub fn plan_hash(context_hash: Hash, plan: &Plan, live_fingerprint: Hash) -> Result<Hash, NotCanonical> {
    canonical::hash(&serde_json::json!({
        "context_hash": context_hash,
        "live_fingerprint": live_fingerprint,
        "plan": plan,
    }))
}
