//! `docs/errors.md` and the code name the same words: nobody meets a code that is explained nowhere.

#[path = "support/golden.rs"]
mod golden;

use release_domain::approval::TicketStatus;
use release_domain::diagnostics::DiagnosticCode;
use release_domain::event::chain::Break;
use release_domain::lifecycle::{FailReason, RejectReason};
use release_domain::manifest::ProblemCode;
use release_domain::plan::{CheckCode, RiskCode};
use release_domain::refusal::{ApprovalReason, ForbiddenReason, PreviewReason, RefusalCode, RollbackReason};
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "docs/errors.md";

/// Section → the words in the first column of its table, in their order.
fn sections() -> BTreeMap<String, Vec<String>> {
    let text = golden::read(FILE);
    let mut sections: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut section = String::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let (word, rest) = row.split_once("` |").unwrap_or_else(|| panic!("{FILE}: {line}"));
            assert!(
                rest.trim_end_matches('|').trim().len() > 3,
                "{FILE}: `{word}` has no cause"
            );
            sections.entry(section.clone()).or_default().push(word.to_owned());
        }
    }
    sections
}

macro_rules! words {
    ($enum:ty) => {
        <$enum>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()
    };
}

/// The section must explain these and no others, in this order.
fn explains(section: &str, words: &[&str]) {
    let sections = sections();
    let found = sections
        .get(section)
        .unwrap_or_else(|| panic!("{FILE} has no section {section}"));
    let missing: Vec<_> = words.iter().filter(|w| !found.iter().any(|f| f == *w)).collect();
    assert!(missing.is_empty(), "{FILE}, {section}: add a row for {missing:?}");
    let strange: Vec<_> = found.iter().filter(|f| !words.contains(&f.as_str())).collect();
    assert!(strange.is_empty(), "{FILE}, {section}: no such code: {strange:?}");
    assert_eq!(found, words, "{FILE}, {section}: in the order of the code, each once");
}

#[test]
fn every_reason_of_a_refusal_is_explained_in_its_order() {
    explains("Reasons of `preview_required`", &words!(PreviewReason));
    explains("Reasons of `approval_required`", &words!(ApprovalReason));
    explains("Reasons of `ticket_closed`", &words!(TicketStatus));
    explains("Reasons of `approval_forbidden`", &words!(ForbiddenReason));
    explains("Reasons of `rollback_unavailable`", &words!(RollbackReason));
    explains(
        "Other reasons",
        &[
            "historical",
            "held_after_rollback",
            "freeze_window",
            "execution_running",
        ],
    );
}

#[test]
fn every_code_of_a_refusal_is_among_the_problems() {
    let sections = sections();
    let problems: BTreeSet<_> = sections["Problems"].iter().map(String::as_str).collect();
    let missing: Vec<_> = RefusalCode::ALL
        .iter()
        .map(|c| c.as_str())
        .filter(|c| !problems.contains(c))
        .collect();
    assert!(missing.is_empty(), "{FILE}, Problems: add a row for {missing:?}");
}

#[test]
fn every_end_of_a_release_is_explained() {
    let mut reasons = words!(RejectReason);
    for reason in [
        FailReason::PreviewExpired,
        FailReason::LiveStateDrifted,
        FailReason::CancelledByUser,
    ] {
        reasons.push(reason.as_str());
    }
    explains("Why a release is rejected or failed", &reasons);
    explains("Diagnostics", &words!(DiagnosticCode));
}

#[test]
fn every_finding_of_a_manifest_and_a_plan_is_explained() {
    explains("Manifests", &words!(ProblemCode));
    explains("Checks", &words!(CheckCode));
    explains("Risks", &words!(RiskCode));
}

#[test]
fn every_break_of_a_chain_is_explained() {
    explains("Chain", &words!(Break));
}
