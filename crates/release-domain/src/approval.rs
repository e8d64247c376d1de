//! Tickets, decisions, and how many approvals are needed.

use crate::access::RoleKey;
use crate::actor::{Actor, Channel};
use crate::canonical::Hash;
use crate::codes::words;
use crate::ids::{TicketId, UserId};
use crate::plan::{PlanSummary, RiskCode};
use crate::policy::{ApprovalMode, Policy};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    pub enum TicketStatus {
        Pending = "pending",
        Approved = "approved",
        Rejected = "rejected",
        Expired = "expired",
        Voided = "voided",
        Withdrawn = "withdrawn",
    }
}

words! {
    pub enum TicketPurpose {
        Apply = "apply",
        Rollback = "rollback",
        BreakGlassReview = "break_glass_review",
    }
}

words! {
    pub enum Verdict {
        Approved = "approved",
        Rejected = "rejected",
    }
}

/// One approver's decision, with the standing it was given under: it is judged when made and counted later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDecision {
    pub approver: Actor,
    pub decision: Verdict,
    pub comment: Option<String>,
    pub at: Timestamp,
    pub channel: Channel,
    /// The approver's roles there when deciding.
    pub roles: Vec<RoleKey>,
    /// Whether the approver had a hand in what was approved.
    pub own: bool,
    /// The users who count as having decided: the approver, and whoever made the token a service account used.
    #[serde(default)]
    pub responsible: BTreeSet<UserId>,
}

/// The approval rule a ticket was opened under: its copy of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    pub approver_roles: Vec<RoleKey>,
    pub allow_self_approval: bool,
    pub require_comment: bool,
}

impl ApprovalRule {
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        Self {
            approver_roles: policy.approver_roles.clone(),
            allow_self_approval: policy.allow_self_approval,
            require_comment: policy.require_comment,
        }
    }

    /// Whether an approval given under that standing counts under this rule.
    #[must_use]
    pub fn counts(&self, decision: &ApprovalDecision) -> bool {
        decision.decision == Verdict::Approved
            && (self.allow_self_approval || !decision.own)
            && decision.roles.iter().any(|r| self.approver_roles.contains(r))
    }
}

/// Why approvals are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    pub code: BecauseCode,
    pub message: String,
}

words! {
    pub enum BecauseCode {
        Policy = "policy",
        Assistant = "assistant",
        Risk = "risk",
        RollbackPolicy = "rollback_policy",
        PassOver = "pass_over",
        BreakGlass = "break_glass",
    }
}

/// How many approvals a plan needs (0: none) and what asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    pub required: u32,
    pub because: Vec<Because>,
}

/// What a policy asks of a plan with these risks, submitted through this channel (lifecycle.md, *The approval gate*).
/// Whatever `min_approvals` says, where an approval is asked one at least is needed.
#[must_use]
pub fn requirement(policy: &Policy, risks: &[RiskCode], channel: Channel) -> Requirement {
    let mut needed = Requirement::default();
    let min_approvals = policy.min_approvals.max(1);
    let mut ask = |required: u32, code, message: String| {
        needed.required = needed.required.max(required);
        needed.because.push(Because { code, message });
    };
    if policy.approval == ApprovalMode::Required {
        ask(
            min_approvals,
            BecauseCode::Policy,
            format!("the environment's policy asks for {min_approvals} approval(s)"),
        );
    }
    if policy.ai_requires_approval && channel == Channel::Mcp {
        ask(
            min_approvals,
            BecauseCode::Assistant,
            "it was submitted by an agent, whose releases people approve".into(),
        );
    }
    for risk in risks {
        if let Some(required) = policy.risk_approvals.get(risk).copied().filter(|n| *n > 0) {
            ask(
                required,
                BecauseCode::Risk,
                format!("the plan carries the risk `{risk}`, which asks for {required}"),
            );
        }
    }
    needed
}

/// One approval request for one release and one plan hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: TicketId,
    pub purpose: TicketPurpose,
    pub status: TicketStatus,
    pub plan_hash: Hash,
    pub summary: PlanSummary,
    pub risks: Vec<RiskCode>,
    /// The copy's count: deciding and applying meet both this and the present policy's.
    pub required: u32,
    pub rule: ApprovalRule,
    pub because: Vec<Because>,
    pub decisions: Vec<ApprovalDecision>,
    pub requested_by: Actor,
    /// The channel it was asked for through: what `ai_requires_approval` asks about.
    pub channel: Channel,
    /// Who counts as having asked for it, beside the release's own requesters.
    pub responsible: BTreeSet<UserId>,
    pub requested_at: Timestamp,
    /// `None`: never (reviews).
    pub expires_at: Option<Timestamp>,
}

impl Ticket {
    /// The approvals that count under the ticket's copy of the policy and under `present` alike.
    #[must_use]
    pub fn received(&self, present: &Policy) -> u32 {
        let present = ApprovalRule::of(present);
        let counted = self
            .decisions
            .iter()
            .filter(|d| self.rule.counts(d) && present.counts(d))
            .count();
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    /// The larger of what the copy and what the present policy ask for. A review takes one decision.
    #[must_use]
    pub fn required_now(&self, present: &Policy) -> u32 {
        match self.purpose {
            TicketPurpose::Apply => self
                .required
                .max(requirement(present, &self.risks, self.channel).required),
            TicketPurpose::Rollback => {
                let risks = requirement(present, &self.risks, self.channel).required;
                self.required.max(risks).max(present.min_approvals).max(1)
            }
            TicketPurpose::BreakGlassReview => 1,
        }
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == TicketStatus::Pending
    }

    /// Pending past its time: whoever touches it closes it first.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.is_open() && self.expires_at.is_some_and(|end| end <= now)
    }
}
