//! A plan as lines: what would change, object by object, what is risky about it, what was checked, who must agree.

use crate::output::{Output, Paint, clean};
use crate::value::{cell, is_true, items, number, text};
use serde_json::Value;

/// Fields of one object that are shown; the rest is counted. Both texts are a command away.
const FIELDS: usize = 12;
/// A value is shown up to here.
const VALUE_CHARS: usize = 60;

/// A preview, a plan or a ticket with its plan.
#[must_use]
pub fn lines(out: &Output, shown: &Value) -> Vec<String> {
    let mut lines: Vec<String> = items(shown, "/plan/changes")
        .iter()
        .filter(|change| text(change, "/action") != "unchanged")
        .flat_map(|change| of_change(out, change))
        .collect();
    lines.push(summary(shown));
    for irreversible in items(shown, "/irreversible") {
        let what = format!("{}: {}", text(irreversible, "/key"), text(irreversible, "/message"));
        lines.push(out.paint(Paint::Warn, &clean(&format!("cannot be undone: {what}"))));
    }
    for check in items(shown, "/checks").iter().chain(items(shown, "/warnings")) {
        lines.extend(of_check(out, check));
    }
    lines.extend(of_approval(shown));
    lines
}

/// How many of each.
#[must_use]
pub fn summary(shown: &Value) -> String {
    let counted = ["create", "update", "replace", "delete", "unchanged", "unverified"];
    let counts: Vec<_> = counted
        .iter()
        .map(|action| (number(shown, &format!("/plan/summary/{action}")), action))
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| format!("{count} {action}"))
        .collect();
    let destructive = match number(shown, "/plan/summary/destructive") {
        0 => String::new(),
        count => format!("; {count} destructive"),
    };
    match counts.is_empty() {
        true => "Plan: nothing".into(),
        false => format!("Plan: {}{destructive}", counts.join(", ")),
    }
}

/// Whether a check of it failed: its token will be refused.
#[must_use]
pub fn has_failed_check(shown: &Value) -> bool {
    items(shown, "/checks")
        .iter()
        .any(|check| text(check, "/status") == "failed")
}

fn of_change(out: &Output, change: &Value) -> Vec<String> {
    let action = text(change, "/action");
    let (sign, paint) = match action {
        "create" => ("+", Paint::Good),
        "delete" => ("-", Paint::Bad),
        "replace" => ("±", Paint::Warn),
        "update" => ("~", Paint::Warn),
        _ => ("?", Paint::Faint),
    };
    let head = clean(&format!("{sign} {action:<9} {}", text(change, "/key")));
    let mut lines = vec![format!("  {}", out.paint(paint, &head))];
    let fields = items(change, "/fields");
    for field in fields.iter().take(FIELDS) {
        let (before, after) = (value(field, "/before"), value(field, "/after"));
        lines.push(clean(&format!("      {}: {before} → {after}", text(field, "/path"))));
    }
    if let Some(more) = fields.len().checked_sub(FIELDS).filter(|more| *more > 0) {
        lines.push(format!("      and {more} more fields"));
    }
    for risk in items(change, "/risks") {
        let risk = clean(&format!("! {}: {}", text(risk, "/code"), text(risk, "/message")));
        lines.push(format!("      {}", out.paint(Paint::Warn, &risk)));
    }
    lines
}

fn value(field: &Value, pointer: &str) -> String {
    let shown = match field.pointer(pointer) {
        None => return "∅".into(),
        Some(value) => value.to_string(),
    };
    match shown.char_indices().nth(VALUE_CHARS) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown,
    }
}

fn of_check(out: &Output, check: &Value) -> Option<String> {
    let (word, paint) = match text(check, "/status") {
        "failed" => ("failed", Paint::Bad),
        "warning" => ("warning", Paint::Warn),
        _ => return None,
    };
    let told = format!("{}: {}", text(check, "/code"), text(check, "/message"));
    let at = match text(check, "/pointer") {
        "" => String::new(),
        pointer => format!(" ({pointer})"),
    };
    Some(format!("{} {}", out.paint(paint, word), clean(&format!("{told}{at}"))))
}

/// What it will take to run it.
fn of_approval(shown: &Value) -> Option<String> {
    let approval = shown.get("approval")?;
    if let Some(until) = approval["covered_until"].as_str() {
        return Some(format!("Approval: the release's own covers it until {}", clean(until)));
    }
    Some(match number(approval, "/required") {
        0 => "Approval: none is asked".into(),
        required => {
            let roles = cell(approval, "/rule/approver_roles");
            let own = match is_true(approval, "/rule/allow_self_approval") {
                true => "",
                false => ", by nobody who had a hand in it",
            };
            clean(&format!("Approval: {required} of {roles}{own}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;
    use serde_json::json;

    #[test]
    fn a_plan_shows_what_changes_and_what_failed() {
        let shown = json!({
            "plan": {
                "changes": [
                    {"key": "service/web", "action": "update", "risks": [{"code": "recreate", "message": "stops"}],
                     "fields": [{"path": "/image", "before": "a", "after": "b", "redacted": false}]},
                    {"key": "service/db", "action": "unchanged", "fields": [], "risks": []},
                ],
                "summary": {"create": 0, "update": 1, "replace": 0, "delete": 0, "unchanged": 1, "unverified": 0,
                            "destructive": 0},
            },
            "checks": [{"code": "image_not_found", "status": "failed", "message": "no such image"},
                       {"code": "reachable", "status": "passed", "message": "fine"}],
            "approval": {"required": 2, "rule": {"approver_roles": ["approver"], "allow_self_approval": false}},
        });
        let told = lines(&Output::new(Format::Text), &shown);
        let expected = [
            "  ~ update    service/web",
            "      /image: \"a\" → \"b\"",
            "      ! recreate: stops",
            "Plan: 1 update, 1 unchanged",
            "failed image_not_found: no such image",
            "Approval: 2 of approver, by nobody who had a hand in it",
        ];
        assert_eq!(told, expected);
        assert!(has_failed_check(&shown));
    }
}
