//! The state machine: one function of values.
//!
//! [`decide`] asks the gates, then changes a copy of the release and tells what happened. It is matched without a
//! wildcard, so a new command or state does not compile until every place has an answer.

mod advancing;
mod approving;
mod change;
mod drafting;
mod rolling_back;
mod running;

pub use advancing::{Step, advance, running};
pub use drafting::{NewRelease, create};
pub use running::wants_auto_rollback;

use change::Change;

use crate::access::RoleKey;
use crate::actor::Origin;
use crate::approval::TicketStatus;
use crate::canonical::Hash;
use crate::event::{DiagnosticRef, EventData, EventDraft, GateRefused};
use crate::execution::Execution;
use crate::freeze::FreezeInForce;
use crate::gates;
use crate::ids::{ExecutionId, ReleaseId, ServiceId, TargetId, TicketId};
use crate::lifecycle::FailReason;
use crate::policy::Policy;
use crate::preview::{Preview, PreviewKind};
use crate::refusal::{ApprovalReason, CommandName, PreviewReason, Refusal};
use crate::release::{Draft, Release};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody wants of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The whole draft after the edit; its number is set here.
    Edit(Box<Draft>),
    /// A preview that was made.
    Preview(Box<Preview>),
    Submit {
        comment: Option<String>,
    },
    Approve(Given),
    Reject(Given),
    ExpireTicket {
        ticket: TicketId,
    },
    Apply,
    BreakGlass {
        reason: String,
    },
    Cancel {
        reason: String,
    },
    ExecutionSucceeded {
        execution: ExecutionId,
    },
    ExecutionFailed {
        execution: ExecutionId,
        reason: FailReason,
        diagnostics: Vec<DiagnosticRef>,
        /// The automatic rollback's own preview, where [`wants_auto_rollback`] said so and one could be made.
        auto_rollback: Option<Box<Preview>>,
    },
    /// A rollback preview that was made.
    RollbackPreview(Box<Preview>),
    Rollback {
        reason: String,
        automatic: bool,
    },
}

impl Command {
    #[must_use]
    pub const fn name(&self) -> CommandName {
        match self {
            Self::Edit(_) => CommandName::Edit,
            Self::Preview(_) => CommandName::Preview,
            Self::Submit { .. } => CommandName::Submit,
            Self::Approve(_) => CommandName::Approve,
            Self::Reject(_) => CommandName::Reject,
            Self::ExpireTicket { .. } => CommandName::ExpireTicket,
            Self::Apply => CommandName::Apply,
            Self::BreakGlass { .. } => CommandName::BreakGlass,
            Self::Cancel { .. } => CommandName::Cancel,
            Self::ExecutionSucceeded { .. } => CommandName::ExecutionSucceeded,
            Self::ExecutionFailed { .. } => CommandName::ExecutionFailed,
            Self::RollbackPreview(_) => CommandName::RollbackPreview,
            Self::Rollback { .. } => CommandName::Rollback,
        }
    }

    /// Whether its caller shows a preview token. The system's own rollback has none to show.
    #[must_use]
    pub const fn carries_token(&self) -> bool {
        match self {
            Self::Submit { .. } | Self::Apply | Self::BreakGlass { .. } => true,
            Self::Rollback { automatic, .. } => !*automatic,
            Self::Edit(_)
            | Self::Preview(_)
            | Self::Approve(_)
            | Self::Reject(_)
            | Self::ExpireTicket { .. }
            | Self::Cancel { .. }
            | Self::ExecutionSucceeded { .. }
            | Self::ExecutionFailed { .. }
            | Self::RollbackPreview(_) => false,
        }
    }
}

/// A decision as its author sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub ticket: TicketId,
    /// The status the store has for that ticket: what a ticket that is no longer the newest answers with.
    pub known_status: TicketStatus,
    /// What the approver looked at; a rejection may leave it out.
    pub plan_hash: Option<Hash>,
    pub comment: Option<String>,
}

/// The token that came with the call, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Absent, null, empty, or no body.
    Missing,
    /// Not a token, or its MAC does not verify.
    Malformed,
    Known {
        preview: Box<Preview>,
        release: ReleaseId,
    },
    /// No call at all: "what if the newest token came?", for `actions` and for the system's own rollback. [`gates`]
    /// answers; to [`decide`] it is no token.
    Newest,
}

/// Automation of a service stands still on a target since a rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub service: ServiceId,
    pub target: TargetId,
    /// The release that was rolled back.
    pub release: ReleaseId,
    pub since: Timestamp,
}

/// Everything outside the release that a decision rests on, as read in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: Timestamp,
    pub origin: Origin,
    /// The environment's present policy.
    pub policy: Policy,
    /// The caller's roles in this environment.
    pub caller_roles: Vec<RoleKey>,
    /// Whether the caller has `approval:decide` there.
    pub may_decide: bool,
    pub token: Presented,
    /// The target's context number now.
    pub target_context: u32,
    /// The plan hash of a plan made within this request; `None` before the target was looked at.
    pub live_plan: Option<Hash>,
    pub freezes: Vec<FreezeInForce>,
    pub hold: Option<Hold>,
    /// The release whose execution runs for this service on this target.
    pub running: Option<ReleaseId>,
    /// The current release of this service on this target.
    pub current: Option<ReleaseId>,
    /// The release whose apply was the last to start there.
    pub last_attempt: Option<ReleaseId>,
    pub new_ticket: TicketId,
    pub new_execution: ExecutionId,
}

/// What else changes with the release, in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Queue this job.
    Start(Box<Execution>),
    /// Tell the running job to stop.
    StopExecution(ExecutionId),
    /// Which release is current for the service on the target from now on.
    SetCurrent {
        service: ServiceId,
        target: TargetId,
        release: Option<ReleaseId>,
    },
    SetHold(Hold),
}

/// The release after a command, what happened, and what else changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub release: Release,
    pub events: Vec<EventDraft>,
    pub effects: Vec<Effect>,
    /// The answer is this refusal although something was recorded: a rollback that first needs a ticket.
    pub refused: Option<Refusal>,
}

/// Asks every gate but drift: what `actions` tells a caller, and what a use case asks before it looks at the target.
///
/// # Errors
/// The first gate that is closed.
pub fn gates(release: &Release, command: &Command, facts: &Facts) -> Result<(), Refusal> {
    gates::check(release, command, facts)
}

/// Decides one command. [`Presented::Newest`] is only a question: a command that carries a token has none then.
///
/// # Errors
/// The first gate that is closed; nothing has changed.
pub fn decide(release: &Release, command: Command, facts: &Facts) -> Result<Decision, Refusal> {
    let command = match command {
        Command::Rollback { reason, automatic } => Command::Rollback {
            reason,
            automatic: gates::rollback::is_automatic(release, automatic, facts),
        },
        other => other,
    };
    let without_token;
    let facts = if command.carries_token() && facts.token == Presented::Newest {
        without_token = Facts {
            token: Presented::Missing,
            ..facts.clone()
        };
        &without_token
    } else {
        facts
    };
    let asked = gates::check(release, &command, facts);
    if let (
        Command::Rollback { .. },
        Err(Refusal::ApprovalRequired {
            reason: ApprovalReason::Pending,
            ticket: None,
        }),
    ) = (&command, &asked)
    {
        return Ok(rolling_back::open_ticket(release, facts));
    }
    asked?;
    not_drifted(release, &command, facts)?;
    Ok(match command {
        Command::Edit(draft) => drafting::edit(release, *draft, facts),
        Command::Preview(preview) => drafting::preview(release, *preview, facts),
        Command::Submit { .. } => approving::submit(release, facts),
        Command::Approve(given) => approving::approve(release, given, facts),
        Command::Reject(given) => approving::reject(release, given, facts),
        Command::ExpireTicket { ticket } => approving::expire(release, ticket, facts),
        Command::Apply => running::apply(release, facts),
        Command::BreakGlass { reason } => running::break_glass(release, reason, facts),
        Command::Cancel { reason } => running::cancel(release, reason, facts),
        Command::ExecutionSucceeded { execution } => running::succeeded(release, execution, facts),
        Command::ExecutionFailed {
            execution,
            reason,
            diagnostics,
            auto_rollback,
        } => running::failed(
            release,
            execution,
            reason,
            diagnostics,
            auto_rollback.map(|p| *p),
            facts,
        ),
        Command::RollbackPreview(preview) => rolling_back::preview(release, *preview, facts),
        Command::Rollback { reason, .. } => rolling_back::start(release, reason, facts),
    })
}

/// The event of a gate's refusal, in the release's chain; `None` where the refusal is no gate's.
#[must_use]
pub fn refused_event(
    release: &Release,
    command: CommandName,
    refusal: &Refusal,
    origin: &Origin,
    now: Timestamp,
) -> Option<EventDraft> {
    refusal.is_gate().then(|| {
        let data = EventData::GateRefused(GateRefused {
            command,
            code: refusal.code().as_str().to_owned(),
            reason_code: refusal.reason_code().map(str::to_owned),
            message: refusal.to_string(),
        });
        EventDraft::of_release(release, origin, now, data)
    })
}

/// The last gate: planned again within the request, the plan must be the one that was shown.
///
/// An automatic rollback runs the plan it just made, so there is nothing to compare.
fn not_drifted(release: &Release, command: &Command, facts: &Facts) -> Result<(), Refusal> {
    let kind = match command {
        Command::Apply | Command::BreakGlass { .. } => PreviewKind::Apply,
        Command::Rollback { automatic: false, .. } => PreviewKind::Rollback,
        Command::Rollback { automatic: true, .. }
        | Command::Edit(_)
        | Command::Preview(_)
        | Command::Submit { .. }
        | Command::Approve(_)
        | Command::Reject(_)
        | Command::ExpireTicket { .. }
        | Command::Cancel { .. }
        | Command::ExecutionSucceeded { .. }
        | Command::ExecutionFailed { .. }
        | Command::RollbackPreview(_) => return Ok(()),
    };
    let shown = release.preview(kind).map(|p| p.plan_hash);
    if facts.live_plan.is_some() && facts.live_plan == shown {
        Ok(())
    } else {
        Err(Refusal::PreviewRequired(PreviewReason::LiveStateDrifted))
    }
}
