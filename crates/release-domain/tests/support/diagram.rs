//! The diagram and the table of `docs/lifecycle.md`, drawn from the same walk as the golden table.

use crate::walk::{Outcome, Row, Variant, given, pairs, world_in};
use crate::world::{World, production};
use release_domain::actor::Channel;
use release_domain::decide::{Hold, Presented, decide};
use release_domain::freeze::FreezeInForce;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::refusal::{CommandName, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use uuid::Uuid;

/// A Mermaid state diagram of every edge that moves a release.
pub fn diagram() -> String {
    let mut edges: BTreeMap<(LifecycleState, LifecycleState), BTreeSet<CommandName>> = BTreeMap::new();
    for (_, row) in accepted() {
        if let Outcome::To(to) = row.outcome
            && to != row.state
        {
            edges.entry((row.state, to)).or_default().insert(row.command);
        }
    }
    let left: BTreeSet<_> = edges.keys().map(|(from, _)| *from).collect();
    let mut text = String::from("\n```mermaid\nstateDiagram-v2\n");
    writeln!(text, "    [*] --> {}: create", production().state()).expect("text");
    for ((from, to), commands) in &edges {
        let commands: Vec<_> = commands.iter().map(|c| c.as_str()).collect();
        writeln!(text, "    {from} --> {to}: {}", commands.join(", ")).expect("text");
    }
    for end in LifecycleState::ALL.iter().filter(|state| !left.contains(state)) {
        writeln!(text, "    {end} --> [*]").expect("text");
    }
    text.push_str("```\n");
    text
}

/// One line per command and outcome: from where, through which gates in which order, telling what.
pub fn table() -> String {
    let mut lines: Vec<(Vec<LifecycleState>, String)> = Vec::new();
    for (variant, row) in accepted() {
        let Outcome::To(to) = row.outcome else { continue };
        let when = match variant {
            Variant::EveryGateOpen => "",
            _ => variant.as_str(),
        };
        let to = if to == row.state { "unchanged" } else { to.as_str() };
        let gates = gates_of(row.state, row.command).join(", ");
        let rest = format!(
            "`{}` | {when} | {gates} | {to} | {}",
            row.command,
            row.events.join(", ")
        );
        match lines.iter_mut().find(|(_, known)| *known == rest) {
            Some((states, _)) => states.push(row.state),
            None => lines.push((vec![row.state], rest)),
        }
    }
    let mut text = String::from(
        "\n| from | command | when | gates, in this order | to | events |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (states, rest) in lines {
        let states: Vec<_> = states.iter().map(|s| s.as_str()).collect();
        writeln!(text, "| {} | {rest} |", states.join(", ")).expect("text");
    }
    text
}

/// Every pair that is taken; under the variants only where the outcome differs.
fn accepted() -> Vec<(Variant, Row)> {
    let open = pairs(Variant::EveryGateOpen);
    let variants = Variant::ALL.into_iter().filter(|v| *v != Variant::EveryGateOpen);
    let others: Vec<_> = variants
        .flat_map(|variant| pairs(variant).into_iter().map(move |row| (variant, row)))
        .filter(|(_, row)| !open.contains(row))
        .collect();
    let open = open.iter().cloned().map(|row| (Variant::EveryGateOpen, row));
    open.chain(others)
        .filter(|(_, row)| matches!(row.outcome, Outcome::To(_)))
        .collect()
}

/// The gates that ask something of this pair, in the order in which they speak: all are shut, and each that speaks is
/// opened.
fn gates_of(state: LifecycleState, command: CommandName) -> Vec<&'static str> {
    let mut open = Vec::new();
    while let Some(gate) = spoken(state, command, &open) {
        assert!(!open.contains(&gate), "{gate} speaks twice");
        open.push(gate);
    }
    open
}

fn spoken(state: LifecycleState, name: CommandName, open: &[&str]) -> Option<&'static str> {
    let mut w = world_in(state, Variant::EveryGateOpen);
    let (mut who, command) = given(&mut w, name, Variant::EveryGateOpen);
    let shut = |gate: &str| !open.contains(&gate);
    who.may_decide = !shut("approver gate");
    spoil(&mut w, &shut);
    let facts = w.facts(&who, &command);
    let refused = match decide(&w.release, command, &facts) {
        Ok(decision) => decision.refused?,
        Err(refusal) => refusal,
    };
    Some(match refused {
        Refusal::RollbackUnavailable(_) => "current or last failed",
        Refusal::PreviewRequired(_) if shut("preview gate") => "preview gate",
        Refusal::PreviewRequired(_) => "no drift",
        Refusal::ApprovalRequired { .. } => "approval gate",
        Refusal::ApprovalForbidden(_) if name == CommandName::BreakGlass => "break-glass role",
        Refusal::ApprovalForbidden(_) => "approver gate",
        Refusal::Frozen(_) => "freeze",
        Refusal::TargetHeld { .. } => "hold",
        Refusal::TargetBusy { .. } => "target free",
        Refusal::InvalidTransition { .. }
        | Refusal::TicketClosed(_)
        | Refusal::PlanChanged
        | Refusal::CommentRequired => panic!("{refused:?} is no gate"),
    })
}

fn spoil(w: &mut World, shut: &dyn Fn(&str) -> bool) {
    let elsewhere = Some(ReleaseId(Uuid::from_u128(0xee)));
    if shut("current or last failed") && w.release.executions.iter().any(|e| e.outcome.is_some()) {
        w.current = elsewhere;
        w.last_attempt = elsewhere;
    }
    if shut("preview gate") {
        w.token = Some(Presented::Missing);
    }
    if shut("approval gate") {
        w.policy.min_approvals = 2;
        w.policy.rollback_pass_secs = 0;
    }
    if shut("break-glass role") {
        w.policy.break_glass_roles.clear();
    }
    if shut("freeze") {
        w.freezes = vec![FreezeInForce {
            name: "stop the line".into(),
            scope: "everything".into(),
            until: None,
            covers_rollback: true,
        }];
    }
    if shut("hold") {
        w.release.channel = Channel::Ci;
        w.hold = Some(Hold {
            service: w.release.service.id,
            target: w.release.target.id,
            release: w.release.id,
            since: w.now,
        });
    }
    if shut("target free") {
        w.running = elsewhere;
    }
    if shut("no drift") {
        w.plan = crate::world::hash("what is there now");
    }
}
