//! Commands as people mostly give them, and what came of them in short.

use release_domain::approval::Ticket;
use release_domain::decide::{Command, Decision, Given};
use release_domain::ids::ExecutionId;
use release_domain::lifecycle::FailReason;
use release_domain::refusal::Refusal;

pub fn exited() -> FailReason {
    FailReason::Diagnosed(release_domain::diagnostics::DiagnosticCode::Exited)
}

pub fn failed(execution: ExecutionId, reason: FailReason) -> Command {
    Command::ExecutionFailed {
        execution,
        reason,
        diagnostics: Vec::new(),
        auto_rollback: None,
    }
}

pub fn broken_glass() -> Command {
    Command::BreakGlass {
        reason: "an outage".into(),
    }
}

pub fn rolled_back() -> Command {
    Command::Rollback {
        reason: "it is broken".into(),
        automatic: false,
    }
}

pub fn given(ticket: &Ticket) -> Given {
    Given {
        ticket: ticket.id,
        known_status: ticket.status,
        plan_hash: Some(ticket.plan_hash),
        comment: None,
    }
}

/// The types of a decision's events, in order.
pub fn told(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|e| e.data.event_type()).collect()
}

/// Code and reason code of what was refused.
pub fn refusal<T>(result: Result<T, Refusal>) -> (&'static str, &'static str) {
    match result {
        Ok(_) => ("not refused", ""),
        Err(refusal) => (refusal.code().as_str(), refusal.reason_code().unwrap_or_default()),
    }
}
