//! Each refusal brought about once in every way the gates know.

use crate::walk::{Variant, given, world_in};
use crate::world::{World, agent_of, approver, given as decision_on, hash, person, production, service_account};
use release_domain::access::RoleKey;
use release_domain::actor::Channel;
use release_domain::decide::{Command, Given, Hold, Presented};
use release_domain::freeze::FreezeInForce;
use release_domain::gates::rollback::destination;
use release_domain::ids::{PreviewId, ReleaseId};
use release_domain::lifecycle::LifecycleState as S;
use release_domain::preview::{PreviewKind, RollbackTo};
use release_domain::refusal::{CommandName, Refusal};
use release_domain::release::Compat;
use uuid::Uuid;

pub struct Row {
    pub code: &'static str,
    pub reason: &'static str,
    pub how: String,
}

pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    states(&mut rows);
    tokens(&mut rows);
    approvals(&mut rows);
    decisions(&mut rows);
    waits(&mut rows);
    rollbacks(&mut rows);
    rows
}

fn row<T>(how: impl Into<String>, result: Result<T, Refusal>) -> Row {
    let how = how.into();
    let Err(refusal) = result else {
        panic!("{how}: not refused")
    };
    Row {
        code: refusal.code().as_str(),
        reason: refusal.reason_code().unwrap_or_default(),
        how,
    }
}

fn other() -> ReleaseId {
    ReleaseId(Uuid::from_u128(0xee))
}

/// The command given in that state, after something was spoiled.
fn spoiled(state: S, command: CommandName, spoil: impl FnOnce(&mut World)) -> Result<(), Refusal> {
    let mut w = world_in(state, Variant::EveryGateOpen);
    let (who, command) = given(&mut w, command, Variant::EveryGateOpen);
    spoil(&mut w);
    let decision = w.run(&who, command)?;
    decision.refused.map_or(Ok(()), Err)
}

fn states(rows: &mut Vec<Row>) {
    rows.push(row(
        "edit of an approved release",
        spoiled(S::Approved, CommandName::Edit, |_| {}),
    ));
    rows.push(row("the expiry of a ticket whose time has not come", {
        let mut w = production().submitted();
        w.expire()
    }));
    let historical = |w: &mut World| {
        w.release.compat = Some(Compat {
            raw_status: "success".into(),
            mapped: true,
        });
    };
    rows.push(row(
        "apply of an imported row",
        spoiled(S::Approved, CommandName::Apply, historical),
    ));
}

/// A token that cannot be used, by what was done to it.
type Spoil = fn(&mut World, PreviewKind);

fn tokens(rows: &mut Vec<Row>) {
    let spoils: [(&str, Spoil); 9] = [
        ("without a token", |w, _| w.token = Some(Presented::Missing)),
        ("with what is no token of this server", |w, _| {
            w.token = Some(Presented::Malformed)
        }),
        ("with a token past its time", |w, kind| {
            let preview = w.release.preview(kind).expect("previewed");
            w.now = preview.expires_at;
        }),
        ("with another release's token", |w, kind| {
            let preview = Box::new(w.release.preview(kind).expect("previewed").clone());
            w.token = Some(Presented::Known {
                preview,
                release: other(),
            });
        }),
        ("with a token of the other kind", |w, kind| {
            edit_token(w, kind, |p| {
                p.kind = match p.kind {
                    PreviewKind::Apply => PreviewKind::Rollback,
                    PreviewKind::Rollback => PreviewKind::Apply,
                };
            })
        }),
        ("after the target came to mean another place", |w, _| {
            w.target_context += 1
        }),
        ("with a token that was used up", |w, kind| {
            edit_token(w, kind, |p| p.consumed_at = Some(p.issued_at))
        }),
        ("with an older token than the newest", |w, kind| {
            let token = w.token_of(kind);
            edit_token(w, kind, |p| p.id = PreviewId(Uuid::from_u128(0xfff)));
            w.token = Some(token);
        }),
        ("with the token of a preview that has a failed check", |w, kind| {
            edit_token(w, kind, |p| p.checks_failed = true)
        }),
    ];
    let carriers = [
        (S::Previewed, CommandName::Submit, PreviewKind::Apply),
        (S::Approved, CommandName::Apply, PreviewKind::Apply),
        (S::PendingApproval, CommandName::BreakGlass, PreviewKind::Apply),
        (S::Failed, CommandName::Rollback, PreviewKind::Rollback),
    ];
    for (what, spoil) in spoils {
        for (state, command, kind) in carriers {
            rows.push(row(
                format!("{command} {what}"),
                spoiled(state, command, |w| spoil(w, kind)),
            ));
        }
    }
    for (state, command, _) in &carriers[1..] {
        let drifted = spoiled(*state, *command, |w| w.plan = hash("what is there now"));
        rows.push(row(format!("{command} after the target changed"), drifted));
    }
    rows.push(row("submit of a draft that was edited since its preview", {
        let mut w = world_in(S::Previewed, Variant::EveryGateOpen);
        w.edit(&person("ada")).expect("edited");
        w.submit(&person("ada"))
    }));
    rows.push(row("a preview that was planned while somebody edited", {
        let mut w = world_in(S::Draft, Variant::EveryGateOpen);
        let preview = w.made(PreviewKind::Apply);
        w.edit(&person("ada")).expect("edited");
        w.run(&person("ada"), Command::Preview(Box::new(preview)))
    }));
}

fn edit_token(w: &mut World, kind: PreviewKind, edit: impl FnOnce(&mut release_domain::preview::Preview)) {
    let mut preview = w.release.preview(kind).expect("previewed").clone();
    edit(&mut preview);
    match kind {
        PreviewKind::Apply => w.release.apply_preview = Some(preview),
        PreviewKind::Rollback => w.release.rollback_preview = Some(preview),
    }
    w.token = Some(w.token_of(kind));
}

fn approvals(rows: &mut Vec<Row>) {
    let apply = |state, spoil: fn(&mut World)| spoiled(state, CommandName::Apply, spoil);
    rows.push(row("apply before submit", apply(S::Previewed, |_| {})));
    rows.push(row("apply while the ticket is open", apply(S::PendingApproval, |_| {})));
    rows.push(row("apply of a rejected release", apply(S::Rejected, |_| {})));
    rows.push(row(
        "break_glass of a rejected release",
        spoiled(S::Rejected, CommandName::BreakGlass, |_| {}),
    ));
    rows.push(row("apply under an overdue ticket", {
        let mut w = production();
        w.policy.approval_ttl_secs = 60;
        w = w.submitted();
        w.later(60);
        w.apply(&person("ada"))
    }));
    rows.push(row("apply of a release whose ticket expired", {
        let mut w = production().submitted();
        w.later(86_400).expire().expect("expired");
        w.apply(&person("ada"))
    }));
    rows.push(row(
        "apply after the policy asks for more",
        apply(S::Approved, |w| w.policy.min_approvals = 2),
    ));
    rows.push(row("apply by an agent of what nobody was asked about", {
        let mut w = world_in(S::Approved, Variant::NoApprovalAsked);
        w.apply(&agent_of("ada"))
    }));
    rows.push(row(
        "rollback past the pass",
        spoiled(S::Applied, CommandName::Rollback, |w| w.policy.rollback_pass_secs = 0),
    ));
    rows.push(row("rollback after the policy asks for more than its ticket got", {
        let mut w = world_in(S::Applied, Variant::PassOver);
        w.rollback(&person("otto")).expect("recorded");
        w.approve(&approver("bob")).expect("approved");
        w.policy.min_approvals = 2;
        w.rollback(&person("otto"))
    }));
}

fn decisions(rows: &mut Vec<Row>) {
    for (how, state) in [
        ("approved", S::Approved),
        ("rejected", S::Rejected),
        ("withdrawn", S::Cancelled),
    ] {
        rows.push(row(
            format!("approve on a ticket that is {how}"),
            spoiled(state, CommandName::Approve, |_| {}),
        ));
    }
    rows.push(row("approve on a ticket that was voided", {
        let mut w = production().approved();
        w.plan = hash("another");
        w.preview(&person("ada")).expect("previewed");
        w.approve(&approver("bob"))
    }));
    rows.push(row("approve on an overdue ticket", {
        let mut w = production().submitted();
        w.later(86_400).approve(&approver("bob"))
    }));
    let approve = |who: crate::world::Who| production().submitted().approve(&who);
    let mut bot = service_account("bot", "ada").with_roles(&["approver"]);
    bot.may_decide = true;
    rows.push(row("approve by who created it", approve(approver("ada"))));
    rows.push(row("approve by who made the revision", approve(approver("rex"))));
    rows.push(row(
        "approve by a service account whose token an author made",
        approve(bot),
    ));
    rows.push(row(
        "approve without a role the policy names",
        approve(approver("bob").with_roles(&["auditor"])),
    ));
    rows.push(row(
        "approve without approval:decide",
        approve(approver("bob").without_permission_to_decide()),
    ));
    rows.push(row(
        "break_glass without a role the policy names",
        spoiled(S::Approved, CommandName::BreakGlass, |w| {
            w.policy.break_glass_roles = vec![RoleKey("nobody".into())];
        }),
    ));
    rows.push(row("break_glass through ci", {
        let mut w = world_in(S::Approved, Variant::EveryGateOpen);
        w.break_glass(&person("eve").with_roles(&["on-call"]).through(Channel::Ci))
    }));
    rows.push(row(
        "approve through the assistant",
        approve(approver("bob").through(Channel::Ai)),
    ));
    rows.push(row(
        "approve through mcp",
        approve(agent_of("bob").with_roles(&["approver"])),
    ));
    let mut twice = production();
    twice.policy.min_approvals = 2;
    twice = twice.submitted();
    twice.approve(&approver("bob")).expect("first");
    rows.push(row(
        "approve by who has decided already",
        twice.approve(&approver("bob")),
    ));
    rows.push(row("approve of another plan than the ticket's", {
        let mut w = production().submitted();
        let given = Given {
            plan_hash: Some(hash("another")),
            ..w.given()
        };
        w.run(&approver("bob"), Command::Approve(given))
    }));
    rows.push(row("approve without a comment where the policy asks for one", {
        let mut w = production().submitted();
        w.policy.require_comment = true;
        w.approve(&approver("bob"))
    }));
    rows.push(row("approve of one's own broken glass", {
        let eve = approver("eve").with_roles(&["approver", "on-call"]);
        let mut w = world_in(S::PendingApproval, Variant::EveryGateOpen);
        w.break_glass(&eve).expect("applying");
        let review = decision_on(w.release.review.as_ref().expect("a review"));
        w.run(&eve, Command::Approve(review))
    }));
}

fn waits(rows: &mut Vec<Row>) {
    let frozen = |covers_rollback| FreezeInForce {
        name: "stop the line".into(),
        scope: "everything".into(),
        until: None,
        covers_rollback,
    };
    rows.push(row(
        "apply in a freeze",
        spoiled(S::Approved, CommandName::Apply, |w| w.freezes = vec![frozen(false)]),
    ));
    rows.push(row("rollback in a freeze that covers rollbacks", {
        spoiled(S::Failed, CommandName::Rollback, |w| w.freezes = vec![frozen(true)])
    }));
    rows.push(row("apply through ci on a held target", {
        let mut w = production().approved();
        w.hold = Some(Hold {
            service: w.release.service.id,
            target: w.release.target.id,
            release: other(),
            since: w.now,
        });
        w.apply(&person("ada").through(Channel::Ci))
    }));
    for (state, command) in [
        (S::Approved, CommandName::Apply),
        (S::PendingApproval, CommandName::BreakGlass),
        (S::Failed, CommandName::Rollback),
    ] {
        let busy = spoiled(state, command, |w| w.running = Some(other()));
        rows.push(row(format!("{command} while another release runs there"), busy));
    }
}

fn rollbacks(rows: &mut Vec<Row>) {
    for command in [CommandName::RollbackPreview, CommandName::Rollback] {
        let gone = spoiled(S::Applied, command, |w| w.current = Some(other()));
        rows.push(row(format!("{command} of a release that is no longer current"), gone));
    }
    let applied = production().applied().release;
    let to = Some(RollbackTo::Release(other()));
    rows.push(row(
        "rollback_preview to a release that never was applied there",
        destination(&applied, to, false),
    ));
    let mut first = applied;
    first.returns_to = None;
    rows.push(row(
        "rollback_preview of the first release there",
        destination(&first, None, false),
    ));
}
