//! Where a person is next: what they do, and on which page. No tool does it.

use serde::Serialize;
use serde_json::{Value, json};

/// Somebody who can do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Who {
    pub kind: String,
    pub name: String,
}

/// One thing for a person to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// `approve`, `lift_hold`, `end_freeze`, or what an agent may not do to a person's release.
    pub action: String,
    /// The page where it is done.
    pub url: String,
    pub who: Vec<Who>,
}

/// What people do next about a release: of what blocks it, what somebody can lift. `only` one action's blockers.
#[must_use]
pub fn of_release(public_url: &str, release: &Value, only: Option<&str>) -> Vec<Next> {
    let mut found: Vec<Next> = Vec::new();
    let pending = release["approval"]["status"] == "pending";
    if let (true, Some(ticket)) = (pending, release["approval"]["ticket_id"].as_str()) {
        found.push(approve(public_url, ticket, approvers(&release["approval"]["rule"])));
    }
    let actions = release["actions"].as_array().into_iter().flatten();
    for action in actions.filter(|action| only.is_none_or(|name| action["name"] == name)) {
        for reason in action["reasons"].as_array().into_iter().flatten() {
            let (action, path) = match reason["code"].as_str() {
                Some("target_held") => ("lift_hold", format!("/targets/{}", id(&release["target"]))),
                Some("frozen") => ("end_freeze", "/policies".to_owned()),
                _ => continue,
            };
            let next = Next {
                action: action.into(),
                url: format!("{public_url}{path}"),
                who: who(&reason["who"]),
            };
            if !found.contains(&next) {
                found.push(next);
            }
        }
    }
    found
}

/// What people do next about a ticket.
#[must_use]
pub fn of_ticket(public_url: &str, ticket: &Value) -> Vec<Next> {
    let id = ticket["id"].as_str().filter(|_| ticket["status"] == "pending");
    id.map(|id| approve(public_url, id, approvers(&ticket["rule"])))
        .into_iter()
        .collect()
}

/// What an agent may not do to this release, its person does on its page.
#[must_use]
pub fn by_person(public_url: &str, action: &str, release_id: &str, person: &str) -> Next {
    Next {
        action: action.into(),
        url: format!("{public_url}/releases/{release_id}"),
        who: vec![Who {
            kind: "user".into(),
            name: person.into(),
        }],
    }
}

/// Puts it into an answer, where there is any.
pub fn add(answer: &mut Value, next: &[Next]) {
    if !next.is_empty() && answer.is_object() {
        answer["next"] = json!(next);
    }
}

fn approve(public_url: &str, ticket: &str, who: Vec<Who>) -> Next {
    Next {
        action: "approve".into(),
        url: format!("{public_url}/approvals?ticket={ticket}"),
        who,
    }
}

fn approvers(rule: &Value) -> Vec<Who> {
    let roles = rule["approver_roles"].as_array().into_iter().flatten();
    roles
        .filter_map(Value::as_str)
        .map(|role| Who {
            kind: "role".into(),
            name: role.into(),
        })
        .collect()
}

fn who(value: &Value) -> Vec<Who> {
    let people = value.as_array().into_iter().flatten();
    people
        .filter_map(|one| {
            Some(Who {
                kind: one["kind"].as_str()?.into(),
                name: one["name"].as_str()?.into(),
            })
        })
        .collect()
}

fn id(reference: &Value) -> &str {
    reference["id"].as_str().unwrap_or_default()
}
