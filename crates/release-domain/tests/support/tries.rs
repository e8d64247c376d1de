//! Random attempts on a release: who tries what, and what happens around it.

use crate::world::{
    START_MICROS, Who, World, agent_of, approver, broken_glass, exited, failed, hash, person, rolled_back,
    service_account, system,
};
use proptest::collection::vec;
use proptest::prelude::*;
use release_domain::access::RoleKey;
use release_domain::actor::Channel;
use release_domain::catalogue::EnvironmentKind;
use release_domain::decide::{Command, Given, Hold, Presented};
use release_domain::freeze::FreezeInForce;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::plan::RiskCode;
use release_domain::policy::{ApprovalMode, RollbackApproval};
use release_domain::preview::{Preview, PreviewKind};
use uuid::Uuid;

/// One thing that is tried, or that happens.
#[derive(Clone, Debug)]
pub enum Try {
    /// What a release in its state waits for, by whoever is drawn.
    Onward(u8),
    Command(u8, u8),
    /// The same, with a token of before.
    WithOldToken(u8, u8),
    Later(u32),
    Around(u8),
    Policy(u8),
}

pub fn tries() -> impl Strategy<Value = (EnvironmentKind, Vec<Try>)> {
    let kind = prop_oneof![
        3 => Just(EnvironmentKind::Production),
        1 => Just(EnvironmentKind::Staging),
        1 => Just(EnvironmentKind::Development),
    ];
    let one = prop_oneof![
        20 => any::<u8>().prop_map(Try::Onward),
        6 => (any::<u8>(), any::<u8>()).prop_map(|(who, what)| Try::Command(who, what)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(who, what)| Try::WithOldToken(who, what)),
        1 => (0_u32..200_000).prop_map(Try::Later),
        3 => any::<u8>().prop_map(Try::Around),
        3 => any::<u8>().prop_map(Try::Policy),
    ];
    (kind, vec(one, 1..80))
}

pub struct Scene {
    pub w: World,
    /// Every preview that was made, for tokens of before.
    made: Vec<Preview>,
}

impl Scene {
    pub fn new(kind: EnvironmentKind) -> Self {
        let mut w = World::new(kind, &person("ada"));
        w.policy.break_glass_roles = vec![RoleKey("on-call".into())];
        w.policy.auto_rollback = kind == EnvironmentKind::Staging;
        Self { w, made: Vec::new() }
    }

    /// Lets happen what happens; what is tried is answered.
    pub fn prepare(&mut self, one: &Try) -> Option<(Who, Command)> {
        match *one {
            Try::Onward(who) => {
                let what = self.onward(who);
                Some((who_of(who), self.command(what)))
            }
            Try::Command(who, what) => Some((who_of(who), self.command(what % 14))),
            Try::WithOldToken(who, what) => {
                let command = self.command(what % 14);
                let old = self.made.get(usize::from(who) % self.made.len().max(1)).cloned();
                self.w.token = Some(match old {
                    Some(preview) => Presented::Known {
                        preview: Box::new(preview),
                        release: if what > 230 {
                            ReleaseId(Uuid::nil())
                        } else {
                            self.w.release.id
                        },
                    },
                    None if what % 2 == 0 => Presented::Newest,
                    None => Presented::Malformed,
                });
                Some((who_of(who), command))
            }
            Try::Later(secs) => {
                self.w.later(i64::from(secs));
                None
            }
            Try::Around(what) => {
                self.around(what);
                None
            }
            Try::Policy(what) => {
                self.policy(what);
                None
            }
        }
    }

    /// The command a release in its state waits for.
    fn onward(&self, who: u8) -> u8 {
        let on_call = matches!(who % 16, 13 | 14);
        match self.w.state() {
            LifecycleState::Draft => 1,
            LifecycleState::Previewed | LifecycleState::PendingApproval if on_call => 7,
            LifecycleState::Previewed => 2,
            LifecycleState::PendingApproval => 3,
            LifecycleState::Approved => 6,
            LifecycleState::Applying | LifecycleState::Rollback if who.is_multiple_of(2) => 10,
            LifecycleState::Applying | LifecycleState::Rollback => 9,
            LifecycleState::Applied | LifecycleState::Failed => {
                let open = self.w.release.ticket.as_ref().is_some_and(|t| t.is_open());
                let preview = self.w.release.rollback_preview.as_ref();
                match preview.is_some_and(|p| p.expires_at > self.w.now) {
                    _ if open => 3,
                    true => 12,
                    false => 11,
                }
            }
            LifecycleState::Rejected | LifecycleState::RolledBack | LifecycleState::Cancelled => who % 14,
        }
    }

    fn command(&mut self, what: u8) -> Command {
        let w = &mut self.w;
        let ticket = match what {
            13 => w.release.review.clone(),
            _ => w.release.ticket.clone(),
        };
        let given = Given {
            ticket: ticket
                .as_ref()
                .map_or(release_domain::ids::TicketId(Uuid::nil()), |t| t.id),
            known_status: release_domain::approval::TicketStatus::Voided,
            plan_hash: ticket.as_ref().map(|t| t.plan_hash),
            comment: None,
        };
        let execution = w
            .release
            .executions
            .last()
            .map_or(release_domain::ids::ExecutionId(Uuid::nil()), |e| e.id);
        match what {
            0 => Command::Edit(Box::new(w.release.draft.clone())),
            1 => Command::Preview(Box::new(self.made(PreviewKind::Apply))),
            2 => Command::Submit { comment: None },
            3 | 13 => Command::Approve(given),
            4 => Command::Reject(given),
            5 => Command::ExpireTicket { ticket: given.ticket },
            6 => Command::Apply,
            7 => broken_glass(),
            8 => Command::Cancel { reason: "no".into() },
            9 => Command::ExecutionSucceeded { execution },
            10 => {
                let rollback = self.made(PreviewKind::Rollback);
                let mut command = failed(execution, exited());
                if let Command::ExecutionFailed { auto_rollback, .. } = &mut command {
                    *auto_rollback = Some(Box::new(rollback));
                }
                command
            }
            11 => Command::RollbackPreview(Box::new(self.made(PreviewKind::Rollback))),
            _ => rolled_back(),
        }
    }

    fn made(&mut self, kind: PreviewKind) -> Preview {
        let preview = self.w.made(kind);
        self.made.push(preview.clone());
        preview
    }

    fn around(&mut self, what: u8) {
        let idle = self.idle();
        let w = &mut self.w;
        match what % 9 {
            0 => w.plan = hash(if what > 128 { "plan" } else { "another plan" }),
            1 => {
                w.freezes = vec![FreezeInForce {
                    name: "night".into(),
                    scope: "everything".into(),
                    until: None,
                    covers_rollback: what > 128,
                }]
            }
            2 | 3 => w.freezes.clear(),
            4 => {
                w.hold = Some(Hold {
                    service: w.release.service.id,
                    target: w.release.target.id,
                    release: w.release.id,
                    since: release_domain::timestamp::Timestamp::from_unix_micros(START_MICROS),
                })
            }
            5 => w.hold = None,
            6 => w.risks = if what > 128 { vec![RiskCode::Delete] } else { Vec::new() },
            7 => w.checks_failed = what > 200,
            _ if what > 240 => w.target_context += 1,
            _ if idle => w.running = (what > 128).then_some(ReleaseId(Uuid::nil())),
            _ => {}
        }
    }

    /// Whether the target is this release's to run on: another may come in between.
    fn idle(&self) -> bool {
        !matches!(self.w.state(), LifecycleState::Applying | LifecycleState::Rollback)
    }

    fn policy(&mut self, what: u8) {
        let policy = &mut self.w.policy;
        match what % 9 {
            0 => {
                policy.approval = if what > 128 {
                    ApprovalMode::Required
                } else {
                    ApprovalMode::None
                }
            }
            1 => policy.min_approvals = 1 + u32::from(what % 3),
            2 => policy.allow_self_approval = what > 128,
            3 => policy.ai_requires_approval = what > 128,
            4 => policy.auto_rollback = what > 64,
            5 => policy.rollback_approval = RollbackApproval::ALL[usize::from(what) % 3],
            6 => policy.rollback_pass_secs = if what > 128 { 604_800 } else { 0 },
            7 => policy.risk_approvals = [(RiskCode::Delete, u32::from(what % 4))].into(),
            _ => policy.approver_roles = vec![RoleKey(if what > 64 { "approver" } else { "board" }.into())],
        }
    }
}

fn who_of(n: u8) -> Who {
    let mut bot = service_account("bot", "bob").with_roles(&["approver"]);
    bot.may_decide = true;
    match n % 16 {
        0 | 1 => approver("ada"),
        2..=4 => approver("bob").with_roles(&["approver", "board"]),
        5 | 6 => approver("cid"),
        7 => approver("rex"),
        8 => bot,
        9 => service_account("pipeline", "max").through(Channel::Ci),
        10 | 11 => agent_of("ada").with_roles(&["approver", "on-call"]),
        12 => person("eve").with_roles(&["on-call"]).through(Channel::Ai),
        13 | 14 => person("eve").with_roles(&["on-call"]),
        _ => system(),
    }
}
