//! Plans and previews.

use crate::problem::Problem;
use crate::release::{Approval, approval};
use crate::runtime::Resource;
use crate::scalar::{HashHex, Time};
use crate::word;
use release_app::FieldError;
use release_app::releases::plan::{ObjectTextView, PlanView};
use release_app::releases::preview::PreviewView;
use release_domain::lifecycle::LifecycleState;
use release_domain::plan as domain;
use release_domain::preview::RollbackTo;
use release_domain::secret::MASK;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Schema of one thing the plan looked at.
#[derive(ToSchema)]
pub struct Check {
    pub code: word::CheckCode,
    pub status: word::CheckStatus,
    pub message: String,
    pub pointer: Option<String>,
    #[schema(required = false)]
    pub params: std::collections::BTreeMap<String, String>,
}

/// Schema of something to look at twice.
#[derive(ToSchema)]
pub struct Risk {
    pub code: word::RiskCode,
    pub message: String,
}

/// Schema of the count of a plan's changes.
#[derive(ToSchema)]
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

/// One field's two sides; secret values are masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldChange {
    /// A JSON pointer into the object.
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    pub redacted: bool,
}

impl From<domain::FieldChange> for FieldChange {
    fn from(field: domain::FieldChange) -> Self {
        let shown = |side: Option<Value>| side.map(|v| if field.redacted { MASK.into() } else { v });
        Self {
            path: field.path,
            before: shown(field.before),
            after: shown(field.after),
            redacted: field.redacted,
        }
    }
}

/// One object of a plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    pub key: String,
    #[schema(value_type = Resource)]
    pub resource: domain::Resource,
    #[schema(value_type = word::PlanAction)]
    pub action: domain::Action,
    pub fields: Vec<FieldChange>,
    #[schema(value_type = Vec<Risk>)]
    pub risks: Vec<domain::Risk>,
}

/// What an apply would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Plan {
    pub changes: Vec<Change>,
    #[schema(value_type = PlanSummary)]
    pub summary: domain::PlanSummary,
}

impl From<domain::Plan> for Plan {
    fn from(plan: domain::Plan) -> Self {
        Self {
            changes: plan
                .changes
                .into_iter()
                .map(|change| Change {
                    key: change.key,
                    resource: change.resource,
                    action: change.action,
                    fields: change.fields.into_iter().map(FieldChange::from).collect(),
                    risks: change.risks,
                })
                .collect(),
            summary: plan.summary,
        }
    }
}

/// A fresh preview with its token, shown this once; or the newest one, without.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Preview {
    pub preview_id: Uuid,
    /// Only on the answer of the preview that was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_token: Option<String>,
    #[schema(value_type = word::PreviewKind)]
    pub kind: release_domain::preview::PreviewKind,
    pub expires_at: Time,
    pub context_hash: HashHex,
    pub plan_hash: HashHex,
    pub plan: Plan,
    #[schema(value_type = Vec<Check>)]
    pub checks: Vec<domain::Check>,
    #[schema(value_type = Vec<Check>)]
    pub warnings: Vec<domain::Check>,
    #[schema(value_type = word::LifecycleState)]
    pub lifecycle_state: LifecycleState,
    pub approval: Approval,
    /// Rollbacks: where to, a release id or `uninstall`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub to: Option<RollbackTo>,
    /// Rollbacks: what cannot be undone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub irreversible: Vec<Irreversible>,
}

/// Something a rollback leaves as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Irreversible {
    pub key: String,
    #[schema(value_type = word::CheckCode)]
    pub code: domain::CheckCode,
    pub message: String,
}

#[must_use]
pub fn irreversible(checks: Vec<domain::Check>) -> Vec<Irreversible> {
    checks
        .into_iter()
        .map(|check| Irreversible {
            key: check.pointer.unwrap_or_default(),
            code: check.code,
            message: check.message,
        })
        .collect()
}

impl From<&PreviewView> for Preview {
    fn from(view: &PreviewView) -> Self {
        Self {
            preview_id: view.preview.id.0,
            preview_token: Some(view.token.expose().to_owned()),
            kind: view.preview.kind,
            expires_at: Time(view.preview.expires_at),
            context_hash: HashHex(view.preview.context_hash),
            plan_hash: HashHex(view.preview.plan_hash),
            plan: view.plan.clone().into(),
            checks: view.checks.clone(),
            warnings: view.warnings.clone(),
            lifecycle_state: view.lifecycle_state,
            approval: approval(view.approval.clone(), true),
            to: view.to,
            irreversible: irreversible(view.irreversible.clone()),
        }
    }
}

impl From<PlanView> for Preview {
    fn from(view: PlanView) -> Self {
        Self {
            preview_id: view.preview.id.0,
            preview_token: None,
            kind: view.preview.kind,
            expires_at: Time(view.preview.expires_at),
            context_hash: HashHex(view.preview.context_hash),
            plan_hash: HashHex(view.preview.plan_hash),
            plan: view.plan.into(),
            checks: view.checks,
            warnings: view.warnings,
            lifecycle_state: view.lifecycle_state,
            approval: approval(view.approval, true),
            to: view.preview.to,
            irreversible: irreversible(view.irreversible),
        }
    }
}

/// One object's two sides as YAML, secrets masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ObjectText {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Of the longer side.
    pub bytes: u64,
    pub lines: u64,
}

impl From<ObjectTextView> for ObjectText {
    fn from(view: ObjectTextView) -> Self {
        Self {
            key: view.key,
            before: view.before,
            after: view.after,
            bytes: view.bytes,
            lines: view.lines,
        }
    }
}

/// Where a rollback should go.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRollback {
    /// A release id, or `uninstall`; left out: the release that was current before.
    #[schema(pattern = "^(uninstall|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    pub to: Option<String>,
}

impl crate::body::Input for PreviewRollback {
    const OPTIONAL: bool = true;
}

impl PreviewRollback {
    /// Where to; `None`: where it goes by default.
    ///
    /// # Errors
    /// Text that is neither a release id nor `uninstall`.
    pub fn destination(&self) -> Result<Option<RollbackTo>, Problem> {
        match self.to.as_deref() {
            None => Ok(None),
            Some("uninstall") => Ok(Some(RollbackTo::Uninstall)),
            Some(id) => match id.parse() {
                Ok(id) => Ok(Some(RollbackTo::Release(id))),
                Err(_) => Err(Problem::invalid_body(vec![FieldError::new(
                    "/to",
                    "malformed",
                    "this is neither a release id nor `uninstall`",
                )])),
            },
        }
    }
}
