//! The way back: previewed, shown, asked, gone; with a ticket where the environment asks for one.

use super::releases::{finish, tell_plan};
use crate::args::release::{Rollback, Until};
use crate::ask;
use crate::client::{Answer, Key};
use crate::context::Context;
use crate::failure::Failure;
use crate::value::{number, text};
use crate::watch::For;
use serde_json::{Value, json};

pub async fn rollback(context: &Context, asked: Rollback) -> Result<(), Failure> {
    let id = context.release_id(&asked.one.release).await?;
    let to = match (&asked.to, asked.uninstall) {
        (Some(name), _) => Some(context.release_id(name).await?),
        (None, true) => Some("uninstall".to_owned()),
        (None, false) => None,
    };
    let shown = previewed(context, &id, to.as_deref()).await?;
    tell_plan(context, &shown);
    ask::confirm("Roll back like this?", asked.yes).await?;
    let begun = match send(context, &id, &shown, &asked.reason).await {
        Err(failure) if waits(&failure) && asked.waiting.wait.is_some() => {
            context
                .follow(&id, For::RollbackApproval, asked.waiting.timeout)
                .await?;
            // What was approved is this plan: a fresh token of it, and nothing new to ask about.
            let again = previewed(context, &id, to.as_deref()).await?;
            send(context, &id, &again, &asked.reason).await?
        }
        other => other?,
    };
    context.running.goes_on(number(&begun.value, "/number"));
    match asked.waiting.wait {
        Some(Until::Done) => finish(context, &id, For::RolledBack, asked.waiting.timeout).await,
        Some(Until::Approval) | None => {
            super::get::show_release(context, &begun.body, &begun.value);
            Ok(())
        }
    }
}

/// Whether people have to agree first, and can.
fn waits(failure: &Failure) -> bool {
    let problem = failure.problem();
    problem.is_some_and(|problem| text(problem, "/reason_code") == "approval_pending")
}

async fn previewed(context: &Context, id: &str, to: Option<&str>) -> Result<Value, Failure> {
    let body = to.map_or_else(|| json!({}), |to| json!({"to": to}));
    let path = format!("/releases/{id}/rollback/preview");
    Ok(context.client.post(&path, body, Key::Fresh).await?.value)
}

async fn send(context: &Context, id: &str, shown: &Value, reason: &str) -> Result<Answer, Failure> {
    let body = json!({"preview_token": shown["preview_token"], "reason": reason});
    context
        .client
        .post(&format!("/releases/{id}/rollback"), body, Key::Repeatable)
        .await
}
