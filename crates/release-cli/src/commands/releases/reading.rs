//! What is read of a release: its plan, its objects, what happened, why, and what can be done.

use super::previewed;
use crate::args::release::One;
use crate::client::{Answer, Key};
use crate::commands::get::show_list;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::clean;
use crate::plan;
use crate::progress;
use crate::table;
use crate::value::{cell, is_true, items, text};
use serde_json::json;

/// A plan on stdout: what was asked for.
fn show_plan(context: &Context, answer: &Answer) {
    if context.out.is_json() {
        context.out.body(&answer.body);
        return;
    }
    for line in plan::lines(&context.out, &answer.value) {
        context.out.line(&line);
    }
    context.out.line(&clean(&format!(
        "Plan hash {}, valid until {}",
        text(&answer.value, "/plan_hash"),
        text(&answer.value, "/expires_at")
    )));
}

pub async fn preview(context: &Context, one: &One) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let shown = previewed(context, &id).await?;
    show_plan(context, &shown);
    if plan::has_failed_check(&shown.value) {
        context
            .out
            .say("A check failed: this plan cannot be submitted or applied.");
    }
    Ok(())
}

pub async fn plan(context: &Context, one: &One, rollback: bool, object: Option<String>) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let kind = if rollback { "rollback" } else { "apply" };
    let mut query = vec![("kind", kind.to_owned())];
    let Some(key) = object else {
        let shown = context.client.get(&format!("/releases/{id}/plan"), &query).await?;
        show_plan(context, &shown);
        return Ok(());
    };
    query.push(("key", key));
    let shown = context
        .client
        .get(&format!("/releases/{id}/plan/object"), &query)
        .await?;
    if context.out.is_json() {
        context.out.body(&shown.body);
        return Ok(());
    }
    for (side, head) in [("/before", "--- now"), ("/after", "+++ then")] {
        context.out.line(head);
        for line in text(&shown.value, side).lines() {
            context.out.line(&clean(line));
        }
    }
    Ok(())
}

pub async fn objects(context: &Context, one: &One, observe: bool) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let found = match observe {
        true => {
            context
                .client
                .post(&format!("/releases/{id}/observe"), json!({}), Key::Fresh)
                .await?
        }
        false => context.client.get(&format!("/releases/{id}/objects"), &[]).await?,
    };
    match context.out.is_json() {
        true => context.out.body(&found.body),
        false => table::rows(&context.out, table::OBJECTS, items(&found.value, "/items")),
    }
    Ok(())
}

pub async fn timeline(context: &Context, one: &One, all: bool) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let found = context
        .client
        .list(&format!("/releases/{id}/timeline"), &[], all)
        .await?;
    show_list(context, TIMELINE, &found.body, &found.value);
    Ok(())
}

const TIMELINE: &[table::Column] = &[
    ("SEQ", "/seq"),
    ("AT", "/occurred_at"),
    ("EVENT", "/event_type"),
    ("STATE", "/release/lifecycle_state"),
    ("BY", "/actor/name"),
    ("THROUGH", "/channel"),
    ("REASON CODE", "/data/reason_code"),
];

pub async fn diagnose(context: &Context, one: &One) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let found = context.client.get(&format!("/releases/{id}/diagnostics"), &[]).await?;
    if context.out.is_json() {
        context.out.body(&found.body);
        return Ok(());
    }
    if items(&found.value, "/items").is_empty() {
        context.out.say("Nothing was diagnosed.");
    }
    for cause in items(&found.value, "/items") {
        let head = format!(
            "{}: {} ({})",
            text(cause, "/code"),
            text(cause, "/summary"),
            text(cause, "/resource/name")
        );
        context.out.line(&clean(&head));
        for member in ["/detail", "/hint"] {
            for line in text(cause, member).lines() {
                context.out.line(&clean(&format!("  {line}")));
            }
        }
        let evidence = ["/evidence/events", "/evidence/conditions", "/evidence/log_tail"];
        for line in evidence.iter().flat_map(|member| items(cause, member)) {
            context
                .out
                .line(&clean(&format!("  | {}", line.as_str().unwrap_or_default())));
        }
    }
    Ok(())
}

/// What can be done now; what cannot, with who can change that and until when it stays so.
pub async fn explain(context: &Context, one: &One) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let found = context.client.get(&format!("/releases/{id}"), &[]).await?;
    let release = &found.value;
    if context.out.is_json() {
        context.out.line(&json!({"actions": release["actions"]}).to_string());
        return Ok(());
    }
    context.out.say(&format!(
        "{} is {}",
        progress::name(release),
        clean(text(release, "/lifecycle_state"))
    ));
    let mut rows = Vec::new();
    for action in items(release, "/actions") {
        let name = cell(action, "/name");
        if is_true(action, "/allowed") {
            rows.push(vec![name, "yes".into(), "-".into(), "-".into(), "-".into(), "-".into()]);
            continue;
        }
        for reason in items(action, "/reasons") {
            let code = match text(reason, "/reason_code") {
                "" => cell(reason, "/code"),
                reason_code => format!("{}/{reason_code}", text(reason, "/code")),
            };
            let who = items(reason, "/who").iter();
            let who: Vec<_> = who
                .map(|who| format!("{}:{}", text(who, "/kind"), text(who, "/name")))
                .collect();
            let who = if who.is_empty() { "-".into() } else { who.join(" ") };
            rows.push(vec![
                name.clone(),
                "no".into(),
                code,
                who,
                cell(reason, "/until"),
                cell(reason, "/message"),
            ]);
        }
    }
    context
        .out
        .table(&["ACTION", "ALLOWED", "WHY NOT", "WHO CAN", "UNTIL", "IN WORDS"], &rows);
    Ok(())
}
