//! A release as its readers see it: the aggregate with what is worked out of it for this caller.

mod actions;
mod page;

pub use actions::{ActionName, ActionReason, ActionView, Blocker, Permitted, Who, actions};
pub(crate) use page::Page;

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::approval::{
    ApprovalDecision, ApprovalRule, Because, Ticket, TicketPurpose, TicketStatus, requirement,
};
use release_domain::codes::UnknownWord;
use release_domain::decide::{Decision, Effect, Facts, Presented};
use release_domain::gates::rollback::{Cover, cover};
use release_domain::ids::TicketId;
use release_domain::lifecycle::LifecycleState;
use release_domain::observation::{Drift, Health, Observation};
use release_domain::ports::Dossier;
use release_domain::preview::Preview;
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;

/// `approval.status`: a ticket's, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalStatus {
    NotRequested,
    NotRequired,
    Ticket(TicketStatus),
}

impl ApprovalStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRequested => "not_requested",
            Self::NotRequired => "not_required",
            Self::Ticket(status) => status.as_str(),
        }
    }
}

impl std::str::FromStr for ApprovalStatus {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "not_requested" => Ok(Self::NotRequested),
            "not_required" => Ok(Self::NotRequired),
            other => other.parse().map(Self::Ticket),
        }
    }
}

/// `approval` of a release: its newest ticket but for reviews, or what there would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalView {
    pub purpose: TicketPurpose,
    pub status: ApprovalStatus,
    pub ticket_id: Option<TicketId>,
    pub required: u32,
    pub received: u32,
    pub decisions: Vec<ApprovalDecision>,
    pub rule: ApprovalRule,
    pub because: Vec<Because>,
    pub covered_until: Option<Timestamp>,
}

/// `preview` of a release, never the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewView {
    pub preview: Preview,
    pub valid: bool,
}

/// A release for one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseView {
    pub release: Release,
    pub approval: ApprovalView,
    pub preview: Option<PreviewView>,
    pub reviewed: bool,
    /// This and the next: of current releases.
    pub health: Option<Health>,
    pub drift: Option<Drift>,
    pub actions: Vec<ActionView>,
}

impl App {
    /// The view of a dossier for this caller.
    ///
    /// # Errors
    /// The caller's permissions cannot be found out now.
    pub async fn view(&self, caller: &Caller, dossier: &Dossier) -> Result<ReleaseView, AppError> {
        let standing = self.standing(caller, &dossier.release).await?;
        let permitted = self.permitted(caller, &dossier.release).await?;
        let facts = self.facts(dossier, caller.origin(), &standing, Presented::Newest);
        Ok(view(dossier.release.clone(), &facts, &permitted, &dossier.observation))
    }

    /// Reads the release anew and shows it.
    ///
    /// # Errors
    /// As [`App::view`], or the release cannot be read.
    pub async fn view_of(&self, caller: &Caller, id: release_domain::ids::ReleaseId) -> Result<ReleaseView, AppError> {
        let dossier = self.settled(id).await?;
        self.view(caller, &dossier).await
    }
}

/// A pure function of the release, the facts it is looked at with, what the caller is permitted, and what was seen there.
#[must_use]
pub fn view(release: Release, facts: &Facts, permitted: &Permitted, observation: &Observation) -> ReleaseView {
    let approval = approval(&release, facts);
    let preview = release.apply_preview.clone().map(|preview| PreviewView {
        valid: release_domain::gates::preview::check(&release, preview.kind, facts).is_ok(),
        preview,
    });
    let reviewed = release.review.as_ref().is_some_and(|t| !t.is_open());
    let actions = actions(&release, facts, permitted);
    let shown = release.is_current.then(|| observation.shown(release.id));
    ReleaseView {
        release,
        approval,
        preview,
        reviewed,
        health: shown.map(|(health, _)| health),
        drift: shown.map(|(_, drift)| drift),
        actions,
    }
}

/// The release as it stands after a decision: what the command's answer shows.
#[must_use]
pub fn after(decision: &Decision, facts: &Facts, permitted: &Permitted, observation: &Observation) -> ReleaseView {
    let release = decision.release.clone();
    let mut observation = observation.clone();
    let mut facts = Facts {
        token: Presented::Newest,
        live_plan: None,
        ..facts.clone()
    };
    for effect in &decision.effects {
        match effect {
            Effect::Start(_) => {
                facts.running = Some(release.id);
                facts.last_attempt = Some(release.id);
                observation.stands = false;
            }
            Effect::SetCurrent { release: current, .. } => facts.current = *current,
            Effect::SetHold(hold) => facts.hold = Some(hold.clone()),
            Effect::StopExecution(_) => {}
        }
    }
    view(release, &facts, permitted, &observation)
}

/// What `approval` says: the newest ticket, or what submit would ask for.
#[must_use]
pub fn approval(release: &Release, facts: &Facts) -> ApprovalView {
    let covered_until = match release.state() {
        LifecycleState::Applied | LifecycleState::Failed => {
            match cover(release, &facts.policy, facts.origin.channel, facts.now) {
                Cover::Covered { until } => until,
                Cover::Ticket(_) => None,
            }
        }
        LifecycleState::Draft
        | LifecycleState::Previewed
        | LifecycleState::PendingApproval
        | LifecycleState::Approved
        | LifecycleState::Rejected
        | LifecycleState::Applying
        | LifecycleState::Rollback
        | LifecycleState::RolledBack
        | LifecycleState::Cancelled => None,
    };
    let standing = release.ticket.as_ref().map(|t| of_ticket(t, facts, covered_until));
    standing.unwrap_or_else(|| would_ask(release, facts, covered_until))
}

/// What `approval` says beside a preview for apply: the ticket that stands for its plan, or what submit would ask for. A
/// ticket that was closed by the preview asks for nothing any more.
#[must_use]
pub fn preview_approval(release: &Release, facts: &Facts) -> ApprovalView {
    match release.state() {
        LifecycleState::Draft | LifecycleState::Previewed => would_ask(release, facts, None),
        LifecycleState::PendingApproval
        | LifecycleState::Approved
        | LifecycleState::Rejected
        | LifecycleState::Applying
        | LifecycleState::Applied
        | LifecycleState::Failed
        | LifecycleState::Rollback
        | LifecycleState::RolledBack
        | LifecycleState::Cancelled => approval(release, facts),
    }
}

/// What submit would ask for now, as a fresh preview answers it.
#[must_use]
pub fn would_ask(release: &Release, facts: &Facts, covered_until: Option<Timestamp>) -> ApprovalView {
    let risks = release
        .apply_preview
        .as_ref()
        .map(|p| p.risks.as_slice())
        .unwrap_or_default();
    let asked = requirement(&facts.policy, risks, facts.origin.channel);
    let status = if release.approved_plan.is_some() {
        ApprovalStatus::NotRequired
    } else {
        ApprovalStatus::NotRequested
    };
    ApprovalView {
        purpose: TicketPurpose::Apply,
        status,
        ticket_id: None,
        required: if status == ApprovalStatus::NotRequired {
            0
        } else {
            asked.required
        },
        received: 0,
        decisions: Vec::new(),
        rule: ApprovalRule::of(&facts.policy),
        because: asked.because,
        covered_until,
    }
}

/// What a rollback by this preview would ask for: the ticket that stands for its plan, or the next one.
#[must_use]
pub fn rollback_approval(release: &Release, facts: &Facts, preview: &Preview) -> ApprovalView {
    let stands = |t: &&Ticket| {
        t.purpose == TicketPurpose::Rollback
            && t.plan_hash == preview.plan_hash
            && matches!(t.status, TicketStatus::Pending | TicketStatus::Approved)
    };
    let ticket = release.ticket.as_ref().filter(stands);
    let covered = cover(release, &facts.policy, facts.origin.channel, facts.now);
    let covered_until = match &covered {
        Cover::Covered { until } => *until,
        Cover::Ticket(_) => None,
    };
    if let Some(ticket) = ticket {
        return of_ticket(ticket, facts, covered_until);
    }
    let (status, required, because) = match covered {
        Cover::Covered { .. } => (ApprovalStatus::NotRequired, 0, Vec::new()),
        Cover::Ticket(why) => {
            let risks = requirement(&facts.policy, &preview.risks, facts.origin.channel).required;
            (
                ApprovalStatus::NotRequested,
                risks.max(facts.policy.min_approvals),
                vec![why],
            )
        }
    };
    ApprovalView {
        purpose: TicketPurpose::Rollback,
        status,
        ticket_id: None,
        required,
        received: 0,
        decisions: Vec::new(),
        rule: ApprovalRule::of(&facts.policy),
        because,
        covered_until,
    }
}

fn of_ticket(ticket: &Ticket, facts: &Facts, covered_until: Option<Timestamp>) -> ApprovalView {
    ApprovalView {
        purpose: ticket.purpose,
        status: ApprovalStatus::Ticket(ticket.status),
        ticket_id: Some(ticket.id),
        required: ticket.required_now(&facts.policy),
        received: ticket.received(&facts.policy),
        decisions: ticket.decisions.clone(),
        rule: ticket.rule.clone(),
        because: ticket.because.clone(),
        covered_until,
    }
}
