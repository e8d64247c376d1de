//! One release on one target, and the people around it. Every state is reached by the commands that lead there, so that
//! no test stands on a release that could not exist.

#![allow(dead_code, reason = "shared by several test binaries, each of which uses a part")]

use release_domain::actor::Actor;
use release_domain::approval::{Ticket, TicketStatus};
use release_domain::canonical::Hash;
use release_domain::catalogue::{EnvironmentKind, EnvironmentReference, Reference, RuntimeType};
use release_domain::decide::{
    Command, Decision, Effect, Facts, Given, Hold, NewRelease, Presented, create, decide, gates,
};
use release_domain::event::EventDraft;
use release_domain::freeze::FreezeInForce;
use release_domain::ids::{
    CorrelationId, EnvironmentId, ExecutionId, PreviewId, ProjectId, ReleaseId, ServiceId, TargetId, TicketId,
};
use release_domain::lifecycle::{FailReason, Lifecycle, LifecycleState};
use release_domain::plan::{PlanSummary, RiskCode};
use release_domain::policy::Policy;
use release_domain::preview::{Preview, PreviewKind, RollbackTo};
use release_domain::refusal::Refusal;
use release_domain::release::{Draft, Options, Release, Strategy};
use release_domain::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// 2026-03-02T08:00:00Z, a Monday.
pub const START_MICROS: i64 = 1_772_438_400_000_000;

#[path = "commands.rs"]
mod commands;
#[path = "people.rs"]
mod people;

pub use commands::*;

pub use people::*;

/// A release, where it goes, and what has happened.
#[derive(Clone, Debug)]
pub struct World {
    pub release: Release,
    pub policy: Policy,
    pub now: Timestamp,
    /// The plan that planning yields at this moment.
    pub plan: Hash,
    pub risks: Vec<RiskCode>,
    pub checks_failed: bool,
    pub target_context: u32,
    pub freezes: Vec<FreezeInForce>,
    pub hold: Option<Hold>,
    pub running: Option<ReleaseId>,
    pub current: Option<ReleaseId>,
    pub last_attempt: Option<ReleaseId>,
    pub to: Option<RollbackTo>,
    /// The token that comes with the next calls; `None`: the newest of the right kind.
    pub token: Option<Presented>,
    pub events: Vec<EventDraft>,
    pub effects: Vec<Effect>,
    next_id: u128,
}

/// Ada's draft for production, of a service revision that Rex made, after `before` was applied there.
pub fn production() -> World {
    World::new(EnvironmentKind::Production, &person("ada"))
}

/// Ada's draft for a place that asks no approval.
pub fn development() -> World {
    World::new(EnvironmentKind::Development, &person("ada"))
}

/// The release that was current when the story begins.
pub fn before() -> ReleaseId {
    ReleaseId(Uuid::from_u128(0xbef0))
}

impl World {
    pub fn new(kind: EnvironmentKind, creator: &Who) -> Self {
        let now = Timestamp::from_unix_micros(START_MICROS);
        let decision = create(new_release(kind), &creator.origin, now);
        Self {
            release: decision.release,
            policy: Policy::default_for(kind),
            now,
            plan: hash("plan"),
            risks: Vec::new(),
            checks_failed: false,
            target_context: 1,
            freezes: Vec::new(),
            hold: None,
            running: None,
            current: Some(before()),
            last_attempt: Some(before()),
            to: None,
            token: None,
            events: decision.events,
            effects: Vec::new(),
            next_id: 0x1000,
        }
    }

    pub fn state(&self) -> LifecycleState {
        self.release.state()
    }

    pub fn ticket(&self) -> &Ticket {
        self.release.ticket.as_ref().expect("a ticket")
    }

    pub fn ticket_status(&self) -> TicketStatus {
        self.ticket().status
    }

    pub fn later(&mut self, secs: i64) -> &mut Self {
        self.now = self.now.plus_secs(secs);
        self
    }

    fn id(&mut self) -> Uuid {
        self.next_id += 1;
        Uuid::from_u128(self.next_id)
    }

    /// What the use case would read before this command.
    pub fn facts(&mut self, who: &Who, command: &Command) -> Facts {
        let token = self.token.clone().unwrap_or_else(|| self.newest_token(command));
        Facts {
            now: self.now,
            origin: who.origin.clone(),
            policy: self.policy.clone(),
            caller_roles: who.roles.clone(),
            may_decide: who.may_decide,
            token,
            target_context: self.target_context,
            live_plan: Some(self.plan),
            freezes: self.freezes.clone(),
            hold: self.hold.clone(),
            running: self.running,
            current: self.current,
            last_attempt: self.last_attempt,
            new_ticket: TicketId(self.id()),
            new_execution: ExecutionId(self.id()),
        }
    }

    fn newest_token(&self, command: &Command) -> Presented {
        let kind = match command {
            Command::Rollback { .. } => PreviewKind::Rollback,
            _ => PreviewKind::Apply,
        };
        self.token_of(kind)
    }

    /// The token of the newest preview of that kind.
    pub fn token_of(&self, kind: PreviewKind) -> Presented {
        match self.release.preview(kind) {
            Some(preview) => Presented::Known {
                preview: Box::new(preview.clone()),
                release: self.release.id,
            },
            None => Presented::Missing,
        }
    }

    /// Decides, and keeps what was decided.
    pub fn run(&mut self, who: &Who, command: Command) -> Result<Decision, Refusal> {
        let facts = self.facts(who, &command);
        let decision = decide(&self.release, command, &facts)?;
        self.keep(&decision);
        Ok(decision)
    }

    /// What the gates say of it, without doing it.
    pub fn ask(&mut self, who: &Who, command: &Command) -> Result<(), Refusal> {
        let facts = self.facts(who, command);
        gates(&self.release, command, &facts)
    }

    fn keep(&mut self, decision: &Decision) {
        self.release = decision.release.clone();
        self.events.extend(decision.events.iter().cloned());
        self.effects.extend(decision.effects.iter().cloned());
        self.running = match self.release.lifecycle {
            Lifecycle::Applying { .. } | Lifecycle::Rollback { .. } => Some(self.release.id),
            _ if self.running == Some(self.release.id) => None,
            _ => self.running,
        };
        if matches!(self.release.lifecycle, Lifecycle::Applying { .. }) {
            self.last_attempt = Some(self.release.id);
        }
        for effect in &decision.effects {
            match effect {
                Effect::SetCurrent { release, .. } => self.current = *release,
                Effect::SetHold(hold) => self.hold = Some(hold.clone()),
                Effect::Start(_) | Effect::StopExecution(_) => {}
            }
        }
    }

    /// A preview as planning yields it now.
    pub fn made(&mut self, kind: PreviewKind) -> Preview {
        Preview {
            id: PreviewId(self.id()),
            kind,
            token_hash: "0".repeat(64),
            context_hash: hash("context"),
            plan_hash: self.plan,
            draft_number: self.release.draft.number,
            target_context: self.target_context,
            issued_by: Actor::system(),
            issued_at: self.now,
            expires_at: self.now.plus_secs(i64::from(self.policy.preview_ttl_secs)),
            consumed_at: None,
            checks_failed: self.checks_failed,
            summary: PlanSummary {
                update: 1,
                ..PlanSummary::default()
            },
            risks: self.risks.clone(),
            to: match kind {
                PreviewKind::Apply => None,
                PreviewKind::Rollback => Some(
                    self.to
                        .or(self.release.returns_to.map(RollbackTo::Release))
                        .unwrap_or(RollbackTo::Uninstall),
                ),
            },
        }
    }

    pub fn preview(&mut self, who: &Who) -> Result<Decision, Refusal> {
        let preview = self.made(PreviewKind::Apply);
        self.run(who, Command::Preview(Box::new(preview)))
    }

    pub fn rollback_preview(&mut self, who: &Who) -> Result<Decision, Refusal> {
        let preview = self.made(PreviewKind::Rollback);
        self.run(who, Command::RollbackPreview(Box::new(preview)))
    }

    pub fn edit(&mut self, who: &Who) -> Result<Decision, Refusal> {
        let draft = self.release.draft.clone();
        self.run(who, Command::Edit(Box::new(draft)))
    }

    pub fn submit(&mut self, who: &Who) -> Result<Decision, Refusal> {
        self.run(who, Command::Submit { comment: None })
    }

    pub fn apply(&mut self, who: &Who) -> Result<Decision, Refusal> {
        self.run(who, Command::Apply)
    }

    pub fn break_glass(&mut self, who: &Who) -> Result<Decision, Refusal> {
        self.run(who, broken_glass())
    }

    pub fn cancel(&mut self, who: &Who) -> Result<Decision, Refusal> {
        self.run(who, Command::Cancel { reason: "no".into() })
    }

    pub fn rollback(&mut self, who: &Who) -> Result<Decision, Refusal> {
        self.run(who, rolled_back())
    }

    /// A decision about the newest ticket, on the plan it names.
    pub fn given(&self) -> Given {
        given(self.ticket())
    }

    pub fn approve(&mut self, who: &Who) -> Result<Decision, Refusal> {
        let given = self.given();
        self.run(who, Command::Approve(given))
    }

    pub fn reject(&mut self, who: &Who) -> Result<Decision, Refusal> {
        let given = Given {
            comment: Some("not now".into()),
            ..self.given()
        };
        self.run(who, Command::Reject(given))
    }

    pub fn expire(&mut self) -> Result<Decision, Refusal> {
        let ticket = self.ticket().id;
        self.run(&system(), Command::ExpireTicket { ticket })
    }

    pub fn execution(&self) -> ExecutionId {
        self.release.executions.last().expect("an execution").id
    }

    pub fn succeed(&mut self) -> Result<Decision, Refusal> {
        let execution = self.execution();
        self.run(&system(), Command::ExecutionSucceeded { execution })
    }

    pub fn fail(&mut self, reason: FailReason) -> Result<Decision, Refusal> {
        let command = failed(self.execution(), reason);
        self.run(&system(), command)
    }

    /// Draft → previewed → pending_approval, by Ada.
    pub fn submitted(mut self) -> Self {
        self.preview(&person("ada")).expect("previewed");
        self.submit(&person("ada")).expect("submitted");
        self
    }

    /// … → approved by Bob (or because nobody is asked).
    pub fn approved(mut self) -> Self {
        self = self.submitted();
        if self.state() == LifecycleState::PendingApproval {
            self.approve(&approver("bob")).expect("approved");
        }
        assert_eq!(self.state(), LifecycleState::Approved);
        self
    }

    /// … → applying, by Ada.
    pub fn applying(mut self) -> Self {
        self = self.approved();
        self.apply(&person("ada")).expect("applying");
        self
    }

    /// … → applied.
    pub fn applied(mut self) -> Self {
        self = self.applying();
        self.succeed().expect("applied");
        self
    }

    /// … → failed, because a process exited.
    pub fn failed(mut self) -> Self {
        self = self.applying();
        self.fail(exited()).expect("failed");
        self
    }
}

fn new_release(kind: EnvironmentKind) -> NewRelease {
    fn reference<Id: From<Uuid>>(n: u128, key: &str) -> Reference<Id> {
        Reference {
            id: Id::from(Uuid::from_u128(n)),
            key: key.into(),
            name: key.into(),
        }
    }
    NewRelease {
        id: ReleaseId(Uuid::from_u128(0xa)),
        number: 7,
        correlation_id: CorrelationId(Uuid::from_u128(0xc)),
        project: reference::<ProjectId>(1, "shop"),
        service: reference::<ServiceId>(2, "web"),
        target: reference::<TargetId>(3, "local"),
        environment: EnvironmentReference {
            id: EnvironmentId(Uuid::from_u128(4)),
            key: kind.as_str().into(),
            name: kind.as_str().into(),
            kind,
        },
        runtime_type: RuntimeType::Compose,
        draft: Draft {
            number: 1,
            revision: 3,
            revision_by: BTreeSet::from([user_id("rex")]),
            strategy: Strategy::Rolling,
            variables: BTreeMap::new(),
            unset: BTreeMap::new(),
            options: Options::default(),
            reason: None,
            annotations: BTreeMap::new(),
            app_version: "1.2.0".into(),
        },
        copy_of: None,
    }
}
