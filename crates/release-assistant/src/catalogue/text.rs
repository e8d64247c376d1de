//! An answer in a few words.
//!
//! Invariant: nothing that people, manifests or targets have written stands here: only words of closed sets, numbers, ids
//! and keys, which have an alphabet without spaces.

use super::Tool;
use super::next::Next;
use release_contract::problem::Problem;
use serde_json::Value;
use std::fmt::Write;

/// A text has at most so many bytes (clients.md, *MCP*).
pub const MAX_BYTES: usize = 2 * 1024;

/// What a tool answered; `answered` is as the contract has it.
#[must_use]
pub fn of_answer(tool: Tool, answered: &Value, next: &[Next]) -> String {
    let said = match tool {
        Tool::ListServices | Tool::ListEnvironments => {
            list(answered, |item| format!("{} {}", key(item), word(&item["id"])))
        }
        Tool::ListTargets => list(answered, |item| {
            let (environment, reachable) = (key(&item["environment"]), word(&item["status"]["reachability"]));
            format!("{} in {environment}, {reachable}, {}", key(item), word(&item["id"]))
        }),
        Tool::ListReleases => list(answered, release),
        Tool::ListApprovals => list(answered, ticket),
        Tool::GetTimeline => list(answered, |event| {
            let (seq, at) = (word(&event["release_seq"]), word(&event["occurred_at"]));
            format!(
                "{seq}. {} at {at} through {}",
                word(&event["event_type"]),
                word(&event["channel"])
            )
        }),
        Tool::GetDiagnostics => list(answered, |item| {
            format!(
                "{} {} while {}",
                word(&item["severity"]),
                word(&item["code"]),
                word(&item["stage"])
            )
        }),
        Tool::GetObjects => list(answered, |item| {
            format!("{} {}", word(&item["action"]), word(&item["status"]))
        }),
        Tool::GetService => format!("Service {}, revision {}.", key(answered), word(&answered["revision"])),
        Tool::GetPlan | Tool::PreviewRelease | Tool::PreviewRollback => plan(answered),
        Tool::GetPlanObject => format!(
            "{} lines, {} bytes.",
            word(&answered["lines"]),
            word(&answered["bytes"])
        ),
        Tool::GetManifest => format!(
            "Revision {}: {} files, {} documents.",
            word(&answered["revision"]),
            count(&answered["files"]),
            count(&answered["documents"])
        ),
        Tool::RenderManifest => format!(
            "{} documents, {} problems.",
            count(&answered["documents"]),
            count(&answered["problems"])
        ),
        Tool::GetApproval => ticket(answered),
        Tool::ExplainRelease => actions(answered),
        Tool::GetRelease
        | Tool::CreateRelease
        | Tool::EditRelease
        | Tool::SubmitRelease
        | Tool::ApplyRelease
        | Tool::CancelRelease
        | Tool::RollbackRelease
        | Tool::WaitForRelease => release(answered),
    };
    bounded(said, next)
}

/// Why a call was refused.
#[must_use]
pub fn of_problem(problem: &Problem, next: &[Next]) -> String {
    let reason = problem
        .reason_code
        .map(|reason| format!("/{reason}"))
        .unwrap_or_default();
    bounded(
        format!("{}{reason}: {}.", problem.code.as_str(), problem.code.title()),
        next,
    )
}

fn bounded(mut text: String, next: &[Next]) -> String {
    let mut people = String::new();
    for next in next {
        let _ = write!(people, "\nA person has to {} at {}", next.action, next.url);
    }
    people.truncate(people.floor_char_boundary(MAX_BYTES / 2));
    let room = MAX_BYTES - people.len();
    if text.len() > room {
        let kept = text.floor_char_boundary(room - "\n…".len());
        let line = text[..kept].rfind('\n').unwrap_or(kept);
        text.truncate(line);
        text.push_str("\n…");
    }
    text + &people
}

fn list(answered: &Value, line: impl Fn(&Value) -> String) -> String {
    let items = answered["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut text = match (items.len(), answered["next_cursor"].is_string()) {
        (0, _) => return "None.".into(),
        (count, true) => format!("{count}, and more:"),
        (count, false) => format!("{count}:"),
    };
    for item in items {
        text.push('\n');
        text.push_str(&line(item));
    }
    text
}

fn release(release: &Value) -> String {
    let mut text = format!(
        "Release {} of {} to {} in {}: {}",
        word(&release["number"]),
        key(&release["service"]),
        key(&release["target"]),
        key(&release["environment"]),
        word(&release["lifecycle_state"])
    );
    if let Some(reason) = release["reason_code"].as_str() {
        let _ = write!(text, " ({reason})");
    }
    let approval = &release["approval"];
    let _ = write!(
        text,
        ", approval {} {}/{}, id {}",
        word(&approval["status"]),
        word(&approval["received"]),
        word(&approval["required"]),
        word(&release["id"])
    );
    text
}

fn ticket(ticket: &Value) -> String {
    format!(
        "Ticket {} to {} release {}: {} {}/{}",
        word(&ticket["id"]),
        word(&ticket["purpose"]),
        word(&ticket["release"]["number"]),
        word(&ticket["status"]),
        word(&ticket["received"]),
        word(&ticket["required"])
    )
}

fn plan(preview: &Value) -> String {
    let summary = &preview["plan"]["summary"];
    let counts: Vec<_> = summary
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, count)| format!("{} {name}", word(count)))
        .collect();
    let failed = preview["checks"].as_array().into_iter().flatten();
    let failed = failed.filter(|check| check["status"] == "failed").count();
    format!(
        "Plan {}: {}; {failed} failed checks; approval {}, {} needed; expires {}.",
        word(&preview["plan_hash"]),
        counts.join(", "),
        word(&preview["approval"]["status"]),
        word(&preview["approval"]["required"]),
        word(&preview["expires_at"])
    )
}

fn actions(explained: &Value) -> String {
    let mut text = format!(
        "Release {}: {}",
        word(&explained["number"]),
        word(&explained["lifecycle_state"])
    );
    for action in explained["actions"].as_array().into_iter().flatten() {
        let _ = write!(text, "\n{}: ", word(&action["name"]));
        if action["allowed"] == true {
            text.push_str("allowed");
            continue;
        }
        for (i, reason) in action["reasons"].as_array().into_iter().flatten().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let _ = write!(text, "{comma}{}", word(&reason["code"]));
            if let Some(code) = reason["reason_code"].as_str() {
                let _ = write!(text, "/{code}");
            }
            if let Some(until) = reason["until"].as_str() {
                let _ = write!(text, " until {until}");
            }
        }
    }
    text
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn key(object: &Value) -> String {
    word(&object["key"])
}

/// A value that is one word; anything else is left out.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) if text.bytes().all(|b| b.is_ascii_graphic()) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => "-".into(),
    }
}
