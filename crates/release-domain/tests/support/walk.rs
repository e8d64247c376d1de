//! Every state met by every command: what the golden table, the diagram and the table in the documents are made of.

use crate::world::{World, approver, failed, hash, person, production, rolled_back, system};
use release_domain::access::RoleKey;
use release_domain::decide::{Command, Effect};
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::ApprovalMode;
use release_domain::preview::PreviewKind;
use release_domain::refusal::CommandName;

/// What differs from "every gate is open".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    EveryGateOpen,
    NoApprovalAsked,
    TwoApprovalsAsked,
    AnotherPlan,
    AutoRollback,
    CancelAccepted,
    PassOver,
}

impl Variant {
    pub const ALL: [Self; 7] = [
        Self::EveryGateOpen,
        Self::NoApprovalAsked,
        Self::TwoApprovalsAsked,
        Self::AnotherPlan,
        Self::AutoRollback,
        Self::CancelAccepted,
        Self::PassOver,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EveryGateOpen => "every gate is open",
            Self::NoApprovalAsked => "the policy asks no approval",
            Self::TwoApprovalsAsked => "the policy asks two approvals",
            Self::AnotherPlan => "the target has changed since: planning yields another plan",
            Self::AutoRollback => "the policy rolls back by itself",
            Self::CancelAccepted => "a cancel was accepted while it ran",
            Self::PassOver => "the rollback pass is over",
        }
    }
}

/// What became of one pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    To(LifecycleState),
    Refused(&'static str, &'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub state: LifecycleState,
    pub command: CommandName,
    pub outcome: Outcome,
    pub events: Vec<&'static str>,
    pub effects: Vec<&'static str>,
}

/// All pairs of state and command under a variant, states outside, commands inside.
pub fn pairs(variant: Variant) -> Vec<Row> {
    let states = LifecycleState::ALL.iter();
    states
        .flat_map(|state| CommandName::ALL.iter().map(|command| pair(*state, *command, variant)))
        .collect()
}

fn pair(state: LifecycleState, command: CommandName, variant: Variant) -> Row {
    let mut w = world_in(state, variant);
    assert_eq!(w.state(), state);
    let (who, command_given) = given(&mut w, command, variant);
    let decided = w.run(&who, command_given);
    let (outcome, events, effects) = match decided {
        Ok(decision) => {
            let outcome = match &decision.refused {
                Some(refusal) => refused(refusal),
                None => Outcome::To(w.state()),
            };
            let events = decision.events.iter().map(|e| e.data.event_type()).collect();
            (outcome, events, decision.effects.iter().map(effect).collect())
        }
        Err(refusal) => (refused(&refusal), Vec::new(), Vec::new()),
    };
    Row {
        state,
        command,
        outcome,
        events,
        effects,
    }
}

fn refused(refusal: &release_domain::refusal::Refusal) -> Outcome {
    Outcome::Refused(refusal.code().as_str(), refusal.reason_code().unwrap_or_default())
}

const fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::Start(_) => "start execution",
        Effect::StopExecution(_) => "stop execution",
        Effect::SetCurrent { .. } => "set current",
        Effect::SetHold(_) => "set hold",
    }
}

/// A release that came to this state by its own commands. Where a ticket can be, there is one.
pub fn world_in(state: LifecycleState, variant: Variant) -> World {
    let mut w = production();
    w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
    match variant {
        Variant::NoApprovalAsked => w.policy.approval = ApprovalMode::None,
        Variant::TwoApprovalsAsked => w.policy.min_approvals = 2,
        Variant::AutoRollback => w.policy.auto_rollback = true,
        Variant::PassOver => w.policy.rollback_pass_secs = 0,
        Variant::EveryGateOpen | Variant::AnotherPlan | Variant::CancelAccepted => {}
    }
    let mut w = reached(w, state);
    if variant == Variant::AnotherPlan {
        w.plan = hash("another plan");
    }
    if variant == Variant::CancelAccepted && state == LifecycleState::Applying {
        w.cancel(&person("ada")).expect("asked to stop");
    }
    w
}

fn reached(mut w: World, state: LifecycleState) -> World {
    let ada = person("ada");
    match state {
        LifecycleState::Draft => {}
        LifecycleState::Previewed => drop(w.preview(&ada).expect("previewed")),
        LifecycleState::PendingApproval => w = pending(w),
        LifecycleState::Approved => w = approved(w),
        LifecycleState::Rejected => {
            w = pending(w);
            w.reject(&approver("bob")).expect("rejected");
        }
        LifecycleState::Applying => {
            w = approved(w);
            w.apply(&ada).expect("applying");
        }
        LifecycleState::Applied => {
            w = reached(w, LifecycleState::Applying);
            w.succeed().expect("applied");
            w.rollback_preview(&ada).expect("previewed");
        }
        LifecycleState::Failed => {
            w = reached(w, LifecycleState::Applying);
            w.fail(crate::world::exited()).expect("failed");
            w.rollback_preview(&ada).expect("previewed");
        }
        LifecycleState::Rollback => {
            // Within the pass, whatever the variant says afterwards.
            let pass = std::mem::replace(&mut w.policy.rollback_pass_secs, 60);
            w = reached(w, LifecycleState::Applied);
            w.rollback(&ada).expect("rollback");
            w.policy.rollback_pass_secs = pass;
        }
        LifecycleState::RolledBack => {
            w = reached(w, LifecycleState::Rollback);
            w.succeed().expect("rolled back");
        }
        LifecycleState::Cancelled => {
            w = pending(w);
            w.cancel(&ada).expect("cancelled");
        }
    }
    w
}

/// Pending under a ticket, also where the variant asks for none by now.
fn pending(mut w: World) -> World {
    let asked = std::mem::replace(&mut w.policy.approval, ApprovalMode::Required);
    w = w.submitted();
    w.policy.approval = asked;
    w
}

fn approved(mut w: World) -> World {
    w = w.submitted();
    for name in ["bob", "cid"] {
        if w.state() == LifecycleState::PendingApproval {
            w.approve(&approver(name)).expect("approved");
        }
    }
    w
}

/// The command as its rightful author gives it.
pub fn given(w: &mut World, command: CommandName, variant: Variant) -> (crate::world::Who, Command) {
    let eve = approver("eve").with_roles(&["approver", "on-call"]);
    let ticket = w.release.ticket.clone();
    let decision = release_domain::decide::Given {
        ticket: ticket
            .as_ref()
            .map_or(release_domain::ids::TicketId(uuid::Uuid::nil()), |t| t.id),
        known_status: ticket
            .as_ref()
            .map_or(release_domain::approval::TicketStatus::Voided, |t| t.status),
        plan_hash: ticket.as_ref().map(|t| t.plan_hash),
        comment: Some("seen".into()),
    };
    let execution = w
        .release
        .executions
        .last()
        .map_or(release_domain::ids::ExecutionId(uuid::Uuid::nil()), |e| e.id);
    match command {
        CommandName::Edit => (eve, Command::Edit(Box::new(w.release.draft.clone()))),
        CommandName::Preview => (eve, Command::Preview(Box::new(w.made(PreviewKind::Apply)))),
        CommandName::Submit => (eve, Command::Submit { comment: None }),
        CommandName::Approve => (eve, Command::Approve(decision)),
        CommandName::Reject => (eve, Command::Reject(decision)),
        CommandName::ExpireTicket => {
            w.later(i64::from(w.policy.approval_ttl_secs));
            (
                system(),
                Command::ExpireTicket {
                    ticket: decision.ticket,
                },
            )
        }
        CommandName::Apply => (eve, Command::Apply),
        CommandName::BreakGlass => (eve, crate::world::broken_glass()),
        CommandName::Cancel => (eve, Command::Cancel { reason: "no".into() }),
        CommandName::ExecutionSucceeded => (system(), Command::ExecutionSucceeded { execution }),
        CommandName::ExecutionFailed => {
            let rollback = (variant == Variant::AutoRollback).then(|| Box::new(w.made(PreviewKind::Rollback)));
            let mut command = failed(execution, crate::world::exited());
            if let Command::ExecutionFailed { auto_rollback, .. } = &mut command {
                *auto_rollback = rollback;
            }
            (system(), command)
        }
        CommandName::RollbackPreview => (eve, Command::RollbackPreview(Box::new(w.made(PreviewKind::Rollback)))),
        CommandName::Rollback => (eve, rolled_back()),
    }
}
