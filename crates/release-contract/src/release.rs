//! Releases.

mod input;

pub use input::{
    ApplyRelease, BreakTheGlass, CancelRelease, CreateRelease, EditRelease, RollBackRelease, SubmitRelease,
};

use crate::common::{Actor, EnvironmentReference, Reference, ReleaseAction};
use crate::list::list;
use crate::plan::PlanSummary;
use crate::runtime::{Drift, Health};
use crate::scalar::{HashHex, Time};
use crate::word;
use release_app::view::{ApprovalView, ReleaseView};
use release_domain::approval::{ApprovalDecision, ApprovalRule as DomainRule, Because as DomainBecause, TicketPurpose};
use release_domain::release::{Draft, Options as DomainOptions, VariableValue};
use release_domain::{actor, catalogue, execution, lifecycle, release};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Schema of where an execution stands.
#[derive(ToSchema)]
pub struct Stage {
    pub name: word::StageName,
    pub objects_done: u32,
    pub objects_total: u32,
    #[schema(required = true)]
    pub since: Option<Time>,
}

/// Schema of the approval rule a ticket stands under.
#[derive(ToSchema)]
pub struct ApprovalRule {
    pub approver_roles: Vec<String>,
    pub allow_self_approval: bool,
    pub require_comment: bool,
}

/// Schema of what asks for an approval.
#[derive(ToSchema)]
pub struct Because {
    pub code: word::BecauseCode,
    pub message: String,
}

/// One approver's decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Decision {
    #[schema(value_type = Actor)]
    pub approver: actor::Actor,
    #[schema(value_type = word::Verdict)]
    pub decision: release_domain::approval::Verdict,
    #[schema(required = true)]
    pub comment: Option<String>,
    pub at: Time,
    #[schema(value_type = word::Channel)]
    pub channel: actor::Channel,
}

impl From<ApprovalDecision> for Decision {
    fn from(decision: ApprovalDecision) -> Self {
        Self {
            approver: decision.approver,
            decision: decision.decision,
            comment: decision.comment,
            at: Time(decision.at),
            channel: decision.channel,
        }
    }
}

/// What a release's approval stands at, or would ask for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Approval {
    #[schema(value_type = word::TicketPurpose)]
    pub purpose: TicketPurpose,
    #[schema(value_type = word::ApprovalStatus)]
    pub status: &'static str,
    #[schema(required = true)]
    pub ticket_id: Option<Uuid>,
    pub required: u32,
    pub received: u32,
    /// Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Vec<Decision>>,
    #[schema(value_type = ApprovalRule)]
    pub rule: DomainRule,
    #[schema(value_type = Vec<Because>)]
    pub because: Vec<DomainBecause>,
    /// Until when an earlier approval covers a rollback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_until: Option<Time>,
}

/// An approval; whole, or as lists show it.
#[must_use]
pub fn approval(view: ApprovalView, whole: bool) -> Approval {
    Approval {
        purpose: view.purpose,
        status: view.status.as_str(),
        ticket_id: view.ticket_id.map(|id| id.0),
        required: view.required,
        received: view.received,
        decisions: whole.then(|| view.decisions.into_iter().map(Decision::from).collect()),
        rule: view.rule,
        because: view.because,
        covered_until: view.covered_until.map(Time),
    }
}

/// A release's newest preview, never its token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleasePreview {
    pub id: Uuid,
    pub context_hash: HashHex,
    pub plan_hash: HashHex,
    pub issued_at: Time,
    pub expires_at: Time,
    /// Whether its token would pass the preview gate now.
    pub valid: bool,
}

/// How a release passed its gates by breaking the glass.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BreakGlass {
    #[schema(value_type = Actor)]
    pub by: actor::Actor,
    pub at: Time,
    pub reason: String,
    pub review_ticket_id: Uuid,
    pub reviewed: bool,
}

/// A variable that the revision declares; secret ones without their value. `set`: the draft gives it one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Variable {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    pub secret: bool,
    pub set: bool,
}

/// Options of a draft. `profiles`, `remove_orphans`: Compose; `prune`, `force_conflicts`: Kubernetes.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    #[schema(required = false)]
    pub profiles: Vec<String>,
    #[schema(required = false, default = false)]
    pub remove_orphans: bool,
    #[schema(required = false, default = true)]
    pub prune: bool,
    #[schema(required = false, default = false)]
    pub force_conflicts: bool,
    #[schema(required = false, value_type = Vec<crate::scalar::Consent>)]
    pub consent: Vec<String>,
}

/// Schema of how an imported row called its state.
#[derive(ToSchema)]
pub struct Compat {
    pub raw_status: String,
    pub mapped: bool,
}

/// One run of a plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Execution {
    pub id: Uuid,
    #[schema(value_type = word::ExecutionKind)]
    pub kind: execution::ExecutionKind,
    #[schema(value_type = Option<word::ExecutionOutcome>, required = true)]
    pub outcome: Option<execution::ExecutionOutcome>,
    pub started_at: Time,
    #[schema(required = true)]
    pub ended_at: Option<Time>,
}

/// One intent to bring one service revision to one target. Lists leave out `variables`, `options`, `annotations`,
/// `executions` and the decisions of `approval`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Release {
    pub id: Uuid,
    /// Per project, from 1.
    pub number: u64,
    /// On every event, log line, trace and runtime object of this release.
    pub correlation_id: Uuid,
    pub project: Reference,
    pub service: Reference,
    pub revision: u32,
    pub target: Reference,
    #[schema(value_type = EnvironmentReference)]
    pub environment: catalogue::EnvironmentReference,
    #[schema(value_type = word::RuntimeType)]
    pub runtime_type: catalogue::RuntimeType,
    #[schema(value_type = word::Strategy)]
    pub strategy: release::Strategy,
    #[schema(value_type = word::LifecycleState)]
    pub lifecycle_state: lifecycle::LifecycleState,
    #[schema(value_type = Stage)]
    pub stage: lifecycle::Stage,
    /// Why it is `rejected` or `failed`.
    #[schema(value_type = Option<word::ReleaseReason>, required = true)]
    pub reason_code: Option<&'static str>,
    pub approval: Approval,
    #[schema(required = true)]
    pub preview: Option<ReleasePreview>,
    #[schema(required = true)]
    pub break_glass: Option<BreakGlass>,
    pub actions: Vec<ReleaseAction>,
    #[schema(value_type = Actor)]
    pub created_by: actor::Actor,
    #[schema(value_type = word::Channel)]
    pub channel: actor::Channel,
    pub created_at: Time,
    pub updated_at: Time,
    #[schema(required = true)]
    pub applied_at: Option<Time>,
    pub is_current: bool,
    /// This and the next: where it is current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// A release id, `uninstall` or null.
    #[schema(value_type = Option<String>, required = true)]
    pub rolled_back_to: Option<release_domain::preview::RollbackTo>,
    #[schema(value_type = Option<Compat>, required = true)]
    pub compat: Option<release::Compat>,
    pub version: u64,
    /// Value of the version variable, else `r{revision}`.
    pub app_version: String,
    #[schema(required = true)]
    pub reason: Option<String>,
    #[schema(value_type = Option<PlanSummary>, required = true)]
    pub plan_summary: Option<release_domain::plan::PlanSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Vec<Variable>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Options>)]
    pub options: Option<DomainOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executions: Option<Vec<Execution>>,
}

list! {
    /// Releases, newest first.
    ReleaseList of Release
}

impl Release {
    /// Everything.
    #[must_use]
    pub fn whole(view: &ReleaseView) -> Self {
        let release = &view.release;
        let draft = &release.draft;
        Self {
            variables: Some(variables(draft)),
            options: Some(draft.options.clone()),
            annotations: Some(draft.annotations.clone()),
            executions: Some(release.executions.iter().map(execution_of).collect()),
            approval: approval(view.approval.clone(), true),
            ..Self::listed(view)
        }
    }

    /// As lists show it.
    #[must_use]
    pub fn listed(view: &ReleaseView) -> Self {
        let release = &view.release;
        let draft = &release.draft;
        Self {
            id: release.id.0,
            number: release.number,
            correlation_id: release.correlation_id.0,
            project: (&release.project).into(),
            service: (&release.service).into(),
            revision: draft.revision,
            target: (&release.target).into(),
            environment: release.environment.clone(),
            runtime_type: release.runtime_type,
            strategy: draft.strategy,
            lifecycle_state: release.state(),
            stage: release.stage.clone(),
            reason_code: release.lifecycle.reason_code(),
            approval: approval(view.approval.clone(), false),
            preview: view.preview.as_ref().map(|shown| ReleasePreview {
                id: shown.preview.id.0,
                context_hash: HashHex(shown.preview.context_hash),
                plan_hash: HashHex(shown.preview.plan_hash),
                issued_at: Time(shown.preview.issued_at),
                expires_at: Time(shown.preview.expires_at),
                valid: shown.valid,
            }),
            break_glass: release.break_glass.as_ref().map(|used| BreakGlass {
                by: used.by.clone(),
                at: Time(used.at),
                reason: used.reason.clone(),
                review_ticket_id: used.review_ticket_id.0,
                reviewed: view.reviewed,
            }),
            actions: view.actions.iter().cloned().map(ReleaseAction::from).collect(),
            created_by: release.created_by.clone(),
            channel: release.channel,
            created_at: Time(release.created_at),
            updated_at: Time(release.updated_at),
            applied_at: release.applied_at.map(Time),
            is_current: release.is_current,
            health: view.health.map(Health::from),
            drift: view.drift.map(Drift::from),
            rolled_back_to: release.rolled_back_to,
            compat: release.compat.clone(),
            version: release.version,
            app_version: draft.app_version.clone(),
            reason: draft.reason.clone(),
            plan_summary: release.apply_preview.as_ref().map(|p| p.summary),
            variables: None,
            options: None,
            annotations: None,
            executions: None,
        }
    }
}

/// By name: what the draft gives a value, and what it leaves open.
fn variables(draft: &Draft) -> Vec<Variable> {
    let open = draft.unset.iter().map(|(name, secret)| Variable {
        name: name.clone(),
        value: None,
        secret: *secret,
        set: false,
    });
    let mut all: Vec<_> = draft.variables.iter().map(variable).chain(open).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn variable((name, value): (&String, &VariableValue)) -> Variable {
    let (value, secret) = match value {
        VariableValue::Plain(text) => (Some(text.clone()), false),
        VariableValue::Secret { .. } => (None, true),
    };
    Variable {
        name: name.clone(),
        value,
        secret,
        set: true,
    }
}

fn execution_of(execution: &execution::ExecutionSummary) -> Execution {
    Execution {
        id: execution.id.0,
        kind: execution.kind,
        outcome: execution.outcome,
        started_at: Time(execution.started_at),
        ended_at: execution.ended_at.map(Time),
    }
}
