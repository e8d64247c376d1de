//! The whole state machine as a table that a reviewer reads: every state met by every command, and every refusal with
//! what brings it about. `UPDATE_GOLDEN=1` writes it anew; a difference is a change of behaviour.

#[path = "support/diagram.rs"]
mod diagram;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/refusals.rs"]
mod refusals;
#[path = "support/walk.rs"]
mod walk;
#[path = "support/world.rs"]
mod world;

use release_domain::approval::TicketStatus;
use release_domain::lifecycle::LifecycleState;
use release_domain::refusal::{
    ApprovalReason, CommandName, ForbiddenReason, PreviewReason, RefusalCode, RollbackReason,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use walk::{Outcome, Row, Variant, pairs};

#[test]
fn every_pair_of_state_and_command_decides_as_the_golden_table_says() {
    let table = pairs(Variant::EveryGateOpen);
    let distinct: BTreeSet<_> = table.iter().map(|row| (row.state, row.command)).collect();
    let (states, commands) = (LifecycleState::ALL.len(), CommandName::ALL.len());
    assert_eq!(distinct.len(), states * commands, "no pair is missing");
    golden::check("crates/release-domain/tests/golden/decide_table.txt", &written(&table));
    println!(
        "decide table: {states} states × {commands} commands = {} pairs",
        table.len()
    );
}

#[test]
fn every_refusal_can_be_reached_as_the_golden_table_says() {
    let rows = refusals::all();
    let mut text = String::from("Every refusal, with what brings it about.\n\n");
    writeln!(text, "{:<22}{:<26}brought about by", "code", "reason_code").expect("text");
    for row in &rows {
        writeln!(text, "{:<22}{:<26}{}", row.code, row.reason, row.how).expect("text");
    }
    golden::check("crates/release-domain/tests/golden/refusals.txt", &text);
    let reached: BTreeSet<(&str, &str)> = rows.iter().map(|r| (r.code, r.reason)).collect();
    let missing: Vec<_> = expected().into_iter().filter(|pair| !reached.contains(pair)).collect();
    assert_eq!(missing, [], "these are never given");
    println!("refusal table: {} ways, {} reasons", rows.len(), reached.len());
}

#[test]
fn the_diagram_and_the_table_of_the_documents_are_drawn_from_the_same_walk() {
    let document = golden::read("docs/lifecycle.md");
    let drawn = golden::between(
        &document,
        "<!-- drawn: diagram -->\n",
        "<!-- end -->",
        &diagram::diagram(),
    );
    let drawn = golden::between(&drawn, "<!-- drawn: table -->\n", "<!-- end -->", &diagram::table());
    golden::check("docs/lifecycle.md", &drawn);
}

#[test]
fn a_refused_pair_moves_nothing() {
    for variant in Variant::ALL {
        for row in pairs(variant) {
            if let Outcome::Refused(code, _) = row.outcome {
                let ticket_opened = row.command == CommandName::Rollback && code == "approval_required";
                assert_eq!(row.events.is_empty(), !ticket_opened, "{row:?}");
                assert_eq!(row.effects, [] as [&str; 0], "{row:?}");
            }
        }
    }
}

/// Every code with every one of its reasons.
fn expected() -> Vec<(&'static str, &'static str)> {
    let mut pairs = Vec::new();
    for code in RefusalCode::ALL {
        let reasons: Vec<&'static str> = match code {
            RefusalCode::InvalidTransition => vec!["", "historical"],
            RefusalCode::PreviewRequired => PreviewReason::ALL.iter().map(|r| r.as_str()).collect(),
            RefusalCode::ApprovalRequired => ApprovalReason::ALL.iter().map(|r| r.as_str()).collect(),
            RefusalCode::TicketClosed => {
                let closed = TicketStatus::ALL.iter().filter(|s| **s != TicketStatus::Pending);
                closed.map(|r| r.as_str()).collect()
            }
            RefusalCode::PlanChanged | RefusalCode::CommentRequired => vec![""],
            RefusalCode::ApprovalForbidden => ForbiddenReason::ALL.iter().map(|r| r.as_str()).collect(),
            RefusalCode::TargetHeld => vec!["held_after_rollback"],
            RefusalCode::Frozen => vec!["freeze_window"],
            RefusalCode::TargetBusy => vec!["execution_running"],
            RefusalCode::RollbackUnavailable => RollbackReason::ALL.iter().map(|r| r.as_str()).collect(),
        };
        pairs.extend(reasons.into_iter().map(|reason| (code.as_str(), reason)));
    }
    pairs
}

fn written(table: &[Row]) -> String {
    let mut text = String::from(
        "Every state met by every command. The release came to the state by its own commands; each command is given by who\n\
         may give it, with the newest token. Where there is no ticket, a decision names an older one that was voided. ✗ is a refusal: code,\n\
         reason code. Below the table: what differs when something else is so.\n\n",
    );
    writeln!(text, "When {}:\n", Variant::EveryGateOpen.as_str()).expect("text");
    lines(&mut text, table.iter());
    for variant in Variant::ALL.into_iter().filter(|v| *v != Variant::EveryGateOpen) {
        let other = pairs(variant);
        writeln!(text, "\nWhen {}, only these differ:\n", variant.as_str()).expect("text");
        lines(&mut text, other.iter().filter(|row| !table.contains(row)));
    }
    text
}

fn lines<'a>(text: &mut String, rows: impl Iterator<Item = &'a Row>) {
    writeln!(text, "{:<18}{:<21}{:<44}events, effects", "state", "command", "outcome").expect("text");
    let mut last = None;
    for row in rows {
        if last.is_some_and(|state| state != row.state) {
            text.push('\n');
        }
        last = Some(row.state);
        let outcome = match &row.outcome {
            Outcome::To(state) => format!("→ {state}"),
            Outcome::Refused(code, "") => format!("✗ {code}"),
            Outcome::Refused(code, reason) => format!("✗ {code} {reason}"),
        };
        let mut told = row.events.join(" ");
        if !row.effects.is_empty() {
            write!(told, "; {}", row.effects.join(", ")).expect("text");
        }
        let line = format!(
            "{:<18}{:<21}{outcome:<44}{told}",
            row.state.as_str(),
            row.command.as_str()
        );
        writeln!(text, "{}", line.trim_end()).expect("text");
    }
}
