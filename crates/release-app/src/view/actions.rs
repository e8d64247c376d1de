//! What this caller may do now, and if not, why, until when, and who can.

use crate::app::App;
use crate::authorized::scope_of;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, RoleKey, Scope};
use release_domain::decide::{self, Command, Facts};
use release_domain::ports::Authority;
use release_domain::refusal::{ApprovalReason, ForbiddenReason, PreviewReason, Refusal};
use release_domain::release::Release;
use release_domain::timestamp::Timestamp;
use std::sync::Arc;

/// Names in `actions` (api.md, *Releases*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionName {
    Edit,
    Preview,
    Submit,
    Apply,
    BreakGlass,
    Cancel,
    Rollback,
    Observe,
    Copy,
}

impl ActionName {
    pub const ALL: &'static [Self] = &[
        Self::Edit,
        Self::Preview,
        Self::Submit,
        Self::Apply,
        Self::BreakGlass,
        Self::Cancel,
        Self::Rollback,
        Self::Observe,
        Self::Copy,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Preview => "preview",
            Self::Submit => "submit",
            Self::Apply => "apply",
            Self::BreakGlass => "break_glass",
            Self::Cancel => "cancel",
            Self::Rollback => "rollback",
            Self::Observe => "observe",
            Self::Copy => "copy",
        }
    }

    /// The permission it asks for.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Edit => Permission::ReleaseEdit,
            Self::Preview => Permission::ReleasePreview,
            Self::Submit => Permission::ReleaseSubmit,
            Self::Apply | Self::BreakGlass => Permission::ReleaseApply,
            Self::Cancel => Permission::ReleaseCancel,
            Self::Rollback => Permission::ReleaseRollback,
            Self::Observe => Permission::TargetProbe,
            Self::Copy => Permission::ReleaseCreate,
        }
    }
}

/// Somebody who can unblock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// `user`, `role` or `group`.
    pub kind: &'static str,
    pub name: String,
}

/// What blocks: a missing permission, a gate, or that there is nothing to do it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocker {
    Permission(Permission),
    Gate(Refusal),
    /// It is not running on its target.
    NotCurrent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionReason {
    pub blocker: Blocker,
    pub message: String,
    pub until: Option<Timestamp>,
    pub who: Vec<Who>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionView {
    pub name: ActionName,
    pub allowed: bool,
    pub reasons: Vec<ActionReason>,
}

/// What the caller is permitted about one release, and the roles that hold what they are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permitted {
    authority: Arc<Authority>,
    /// The scopes of the caller's token; empty: no limit.
    token: Vec<Permission>,
    /// Whether `release:cancel_own` reaches this release.
    own: bool,
}

impl Permitted {
    pub(super) fn about(self, caller: &Caller, release: &Release) -> Self {
        Self {
            own: release.requesters.contains(&caller.user),
            ..self
        }
    }

    fn has(&self, permission: Permission) -> bool {
        (self.token.is_empty() || self.token.contains(&permission)) && self.authority.permitted.contains(&permission)
    }

    fn who(&self, permission: Permission) -> Vec<Who> {
        roles(
            self.authority
                .holders
                .get(&permission)
                .map(Vec::as_slice)
                .unwrap_or_default(),
        )
    }
}

impl App {
    /// # Errors
    /// The answer cannot be found out now.
    pub async fn permitted(&self, caller: &Caller, release: &Release) -> Result<Permitted, AppError> {
        let permitted = self.permitted_in(caller, scope_of(release)).await?;
        Ok(permitted.about(caller, release))
    }

    /// The same for every release of an environment, but for whose it is.
    pub(super) async fn permitted_in(&self, caller: &Caller, scope: Scope) -> Result<Permitted, AppError> {
        Ok(Permitted {
            authority: self.authorizer.authority(&caller.subjects(), scope).await?,
            token: caller.token_scopes().to_vec(),
            own: false,
        })
    }
}

/// Every action with whether it would pass now, by the same gates that decide.
#[must_use]
pub fn actions(release: &Release, facts: &Facts, permitted: &Permitted) -> Vec<ActionView> {
    ActionName::ALL
        .iter()
        .map(|name| action(*name, release, facts, permitted))
        .collect()
}

fn action(name: ActionName, release: &Release, facts: &Facts, permitted: &Permitted) -> ActionView {
    let mut reasons = Vec::new();
    let own_cancel = name == ActionName::Cancel && permitted.own && permitted.has(Permission::ReleaseCancelOwn);
    if !permitted.has(name.permission()) && !own_cancel {
        let permission = name.permission();
        reasons.push(ActionReason {
            blocker: Blocker::Permission(permission),
            message: format!("you do not have the permission `{permission}` here"),
            until: None,
            who: permitted.who(permission),
        });
    }
    match blocked(name, release, facts) {
        Ok(()) => {}
        Err(Blocker::Gate(refusal)) => reasons.push(of_refusal(refusal, release, facts, permitted)),
        Err(blocker) => reasons.push(ActionReason {
            blocker,
            message: "it is not what runs on its target now".into(),
            until: None,
            who: Vec::new(),
        }),
    }
    ActionView {
        name,
        allowed: reasons.is_empty(),
        reasons,
    }
}

fn blocked(name: ActionName, release: &Release, facts: &Facts) -> Result<(), Blocker> {
    let gates = |command: Command| decide::gates(release, &command, facts).map_err(Blocker::Gate);
    match name {
        ActionName::Edit => gates(Command::Edit(Box::new(release.draft.clone()))),
        // A preview to come stands in its place: only the state is asked, whatever it would show.
        ActionName::Preview => state_alone(release, release_domain::refusal::CommandName::Preview),
        ActionName::Submit => gates(Command::Submit { comment: None }),
        ActionName::Apply => gates(Command::Apply),
        ActionName::BreakGlass => gates(Command::BreakGlass { reason: String::new() }),
        ActionName::Cancel => gates(Command::Cancel { reason: String::new() }),
        ActionName::Rollback => rollback(release, facts),
        ActionName::Observe if release.is_current => release_domain::gates::busy::check(facts).map_err(Blocker::Gate),
        ActionName::Observe => Err(Blocker::NotCurrent),
        ActionName::Copy => Ok(()),
    }
}

/// A rollback begins with its preview: what is asked is whether that can be made, and whether the target is free.
fn rollback(release: &Release, facts: &Facts) -> Result<(), Blocker> {
    state_alone(release, release_domain::refusal::CommandName::RollbackPreview)?;
    release_domain::gates::rollback::standing(release, facts).map_err(Blocker::Gate)?;
    release_domain::gates::freeze::check_rollback(facts).map_err(Blocker::Gate)?;
    release_domain::gates::busy::check(facts).map_err(Blocker::Gate)
}

fn state_alone(release: &Release, command: release_domain::refusal::CommandName) -> Result<(), Blocker> {
    let historical = release.compat.is_some();
    if !historical && release_domain::gates::state::accepts(release.state(), command) {
        return Ok(());
    }
    Err(Blocker::Gate(Refusal::InvalidTransition {
        state: release.state(),
        command,
        historical,
    }))
}

fn of_refusal(refusal: Refusal, release: &Release, facts: &Facts, permitted: &Permitted) -> ActionReason {
    let (until, who) = match &refusal {
        Refusal::Frozen(freeze) => {
            let permission = if freeze.scope == "policy" {
                Permission::PolicyWrite
            } else {
                Permission::FreezeWrite
            };
            (freeze.until, permitted.who(permission))
        }
        Refusal::TargetHeld { .. } => (None, permitted.who(Permission::TargetHold)),
        Refusal::ApprovalRequired { reason, .. } => match reason {
            ApprovalReason::Pending => (
                release.ticket.as_ref().and_then(|t| t.expires_at),
                roles(&facts.policy.approver_roles),
            ),
            ApprovalReason::NotSubmitted => (None, permitted.who(Permission::ReleaseSubmit)),
            ApprovalReason::Voided => (None, permitted.who(Permission::ReleasePreview)),
            ApprovalReason::Rejected | ApprovalReason::Expired => (None, Vec::new()),
        },
        Refusal::ApprovalForbidden(ForbiddenReason::NotEligible) => (None, roles(&facts.policy.break_glass_roles)),
        Refusal::PreviewRequired(reason) => match reason {
            PreviewReason::Missing
            | PreviewReason::Malformed
            | PreviewReason::Expired
            | PreviewReason::Mismatch
            | PreviewReason::Consumed
            | PreviewReason::Superseded
            | PreviewReason::LiveStateDrifted => (None, permitted.who(Permission::ReleasePreview)),
            PreviewReason::ChecksFailed => (None, permitted.who(Permission::ReleaseEdit)),
        },
        Refusal::ApprovalForbidden(_)
        | Refusal::InvalidTransition { .. }
        | Refusal::TicketClosed(_)
        | Refusal::PlanChanged
        | Refusal::CommentRequired
        | Refusal::TargetBusy { .. }
        | Refusal::RollbackUnavailable(_) => (None, Vec::new()),
    };
    ActionReason {
        message: refusal.to_string(),
        blocker: Blocker::Gate(refusal),
        until,
        who,
    }
}

fn roles(keys: &[RoleKey]) -> Vec<Who> {
    keys.iter()
        .map(|key| Who {
            kind: "role",
            name: key.0.clone(),
        })
        .collect()
}
