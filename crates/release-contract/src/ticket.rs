//! Tickets of the approval queue.

use crate::body::Input;
use crate::common::{Action, ActionReason, Actor, EnvironmentReference, Reference};
use crate::list::list;
use crate::plan::{Check, Plan, PlanSummary};
use crate::release::{ApprovalRule, Because, Decision};
use crate::scalar::{HashHex, Time};
use crate::word;
use release_app::approvals::TicketView;
use release_app::approvals::get::TicketDetail;
use release_domain::canonical::Hash;
use release_domain::{actor, approval, catalogue, plan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The release a ticket is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TicketRelease {
    pub id: Uuid,
    pub number: u64,
    pub service: Reference,
    pub target: Reference,
    #[schema(value_type = EnvironmentReference)]
    pub environment: catalogue::EnvironmentReference,
    #[schema(value_type = PlanSummary)]
    pub summary: plan::PlanSummary,
}

/// One approval request for one release and one plan hash.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ticket {
    pub id: Uuid,
    pub release: TicketRelease,
    pub plan_hash: HashHex,
    #[schema(value_type = word::TicketStatus)]
    pub status: approval::TicketStatus,
    pub required: u32,
    pub received: u32,
    pub decisions: Vec<Decision>,
    #[schema(value_type = Actor)]
    pub requested_by: actor::Actor,
    pub requested_at: Time,
    /// Null: never.
    #[schema(required = true)]
    pub expires_at: Option<Time>,
    #[schema(value_type = word::TicketPurpose)]
    pub purpose: approval::TicketPurpose,
    #[schema(value_type = ApprovalRule)]
    pub rule: approval::ApprovalRule,
    #[schema(value_type = Vec<Because>)]
    pub because: Vec<approval::Because>,
    /// `approve`, `reject`.
    pub actions: Vec<Action>,
}

list! {
    /// Tickets, newest first.
    TicketList of Ticket
}

impl From<&TicketView> for Ticket {
    fn from(view: &TicketView) -> Self {
        let (ticket, release) = (&view.ticket, &view.release);
        let reasons: Vec<_> = view.reasons.iter().cloned().map(ActionReason::from).collect();
        let action = |name| Action {
            name,
            allowed: view.may_decide,
            reasons: reasons.clone(),
        };
        Self {
            id: ticket.id.0,
            release: TicketRelease {
                id: release.id.0,
                number: release.number,
                service: (&release.service).into(),
                target: (&release.target).into(),
                environment: release.environment.clone(),
                summary: ticket.summary,
            },
            plan_hash: HashHex(ticket.plan_hash),
            status: ticket.status,
            required: view.required,
            received: view.received,
            decisions: ticket.decisions.iter().cloned().map(Decision::from).collect(),
            requested_by: ticket.requested_by.clone(),
            requested_at: Time(ticket.requested_at),
            expires_at: ticket.expires_at.map(Time),
            purpose: ticket.purpose,
            rule: ticket.rule.clone(),
            because: ticket.because.clone(),
            actions: vec![action("approve"), action("reject")],
        }
    }
}

/// A ticket with the plan it asks about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TicketWithPlan {
    #[serde(flatten)]
    pub ticket: Ticket,
    /// Null once a newer preview shows another plan.
    #[schema(required = true)]
    pub plan: Option<Plan>,
    #[schema(value_type = Vec<Check>)]
    pub checks: Vec<plan::Check>,
    #[schema(value_type = Vec<Check>)]
    pub warnings: Vec<plan::Check>,
}

impl From<TicketDetail> for TicketWithPlan {
    fn from(detail: TicketDetail) -> Self {
        Self {
            ticket: (&detail.ticket).into(),
            plan: detail.plan.map(Plan::from),
            checks: detail.checks,
            warnings: detail.warnings,
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// The plan that was looked at; any other text is another plan.
    pub plan_hash: String,
    pub comment: Option<String>,
}

impl Input for Approve {}

impl Approve {
    /// What was looked at: text that is no hash is the hash of nothing here.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::parse(&self.plan_hash).unwrap_or_else(|| Hash::of(self.plan_hash.as_bytes()))
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    #[schema(min_length = 1)]
    pub comment: String,
}

impl Input for Reject {}
