//! `release …`: the way to what runs, and back.

mod drafts;
mod reading;

pub use drafts::create;

use super::get::show_release;
use super::rollback;
use crate::args::release::{One, Release, Until, Waiting};
use crate::ask;
use crate::client::{Answer, Key};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan;
use crate::value::{number, text};
use crate::watch::{self, For};
use serde_json::{Value, json};
use std::time::Duration;

pub async fn run(context: &Context, command: Release) -> Result<(), Failure> {
    match command {
        Release::Create(new) => {
            let waiting = new.waiting;
            let made = create(context, new).await?;
            end(context, made, waiting).await
        }
        Release::Preview(one) => reading::preview(context, &one).await,
        Release::Plan { one, rollback, object } => reading::plan(context, &one, rollback, object).await,
        Release::Submit { one, comment, waiting } => {
            let id = context.release_id(&one.release).await?;
            let submitted = submit(context, &id, comment).await?;
            end(context, submitted, waiting).await
        }
        Release::Apply {
            one,
            yes,
            break_glass,
            waiting,
        } => {
            let id = context.release_id(&one.release).await?;
            if waiting.wait.is_some() && break_glass.is_none() {
                await_approval(context, &id, waiting.timeout).await?;
            }
            let applied = apply(context, &id, yes, break_glass).await?;
            // Waiting for the approval is over once it is applied.
            let waiting = Waiting {
                wait: waiting.wait.filter(|until| *until == Until::Done),
                ..waiting
            };
            end(context, applied, waiting).await
        }
        Release::Cancel { one, reason } => {
            let id = context.release_id(&one.release).await?;
            let path = format!("/releases/{id}/cancel");
            let cancelled = context
                .client
                .post(&path, json!({"reason": reason}), Key::Repeatable)
                .await?;
            show_release(context, &cancelled.body, &cancelled.value);
            Ok(())
        }
        Release::Rollback(asked) => rollback::rollback(context, asked).await,
        Release::Objects { one, observe } => reading::objects(context, &one, observe).await,
        Release::Timeline { one, all } => reading::timeline(context, &one, all).await,
        Release::Diagnose(one) => reading::diagnose(context, &one).await,
        Release::Explain(one) => reading::explain(context, &one).await,
        Release::Watch { one, timeout } => watch(context, &one, timeout).await,
    }
}

/// Shows a release, once what was to be waited for has come.
async fn end(context: &Context, answer: Answer, waiting: Waiting) -> Result<(), Failure> {
    let Some(until) = waiting.wait else {
        show_release(context, &answer.body, &answer.value);
        return Ok(());
    };
    let id = text(&answer.value, "/id");
    finish(context, id, For::from(until), waiting.timeout).await
}

/// Waits, then shows the release as it is; however the waiting ended, so that a script sees it.
pub async fn finish(context: &Context, id: &str, what: For, within: Option<Duration>) -> Result<(), Failure> {
    let outcome = context.follow(id, what, within).await;
    let shown = match &outcome {
        Ok(_) => true,
        Err(failure) => matches!(failure.exit, Exit::Approval | Exit::Release),
    };
    if shown {
        let release = context.client.get(&format!("/releases/{id}"), &[]).await?;
        show_release(context, &release.body, &release.value);
    }
    outcome.map(|_| ())
}

/// A fresh preview of what its apply would do.
pub async fn previewed(context: &Context, id: &str) -> Result<Answer, Failure> {
    let path = format!("/releases/{id}/preview");
    context.client.post(&path, json!({}), Key::Fresh).await
}

/// A plan on stderr, for whoever is about to agree to it.
pub fn tell_plan(context: &Context, shown: &Value) {
    for line in plan::lines(&context.out, shown) {
        context.out.say(&line);
    }
}

pub async fn submit(context: &Context, id: &str, comment: Option<String>) -> Result<Answer, Failure> {
    let shown = previewed(context, id).await?.value;
    tell_plan(context, &shown);
    let mut body = json!({"preview_token": shown["preview_token"]});
    if let Some(comment) = comment {
        body["comment"] = comment.into();
    }
    let path = format!("/releases/{id}/submit");
    context.client.post(&path, body, Key::Repeatable).await
}

/// Waits for people where they are asked; any other state is for the apply to judge.
async fn await_approval(context: &Context, id: &str, within: Option<Duration>) -> Result<(), Failure> {
    let release = context.client.get(&format!("/releases/{id}"), &[]).await?.value;
    if text(&release, "/lifecycle_state") == "pending_approval" {
        context.follow(id, For::Approval, within).await?;
    }
    Ok(())
}

pub async fn apply(context: &Context, id: &str, yes: bool, break_glass: Option<String>) -> Result<Answer, Failure> {
    let shown = previewed(context, id).await?.value;
    tell_plan(context, &shown);
    ask::confirm("Apply this?", yes).await?;
    let mut body = json!({"preview_token": shown["preview_token"]});
    if let Some(reason) = break_glass {
        body["break_glass"] = json!({"reason": reason});
    }
    let path = format!("/releases/{id}/apply");
    let applied = context.client.post(&path, body, Key::Repeatable).await?;
    context.running.goes_on(number(&applied.value, "/number"));
    Ok(applied)
}

/// Follows it to its rest, and ends as it ended.
async fn watch(context: &Context, one: &One, within: Option<Duration>) -> Result<(), Failure> {
    let id = context.release_id(&one.release).await?;
    let release = context.follow(&id, For::Rest, within).await?;
    let shown = context.client.get(&format!("/releases/{id}"), &[]).await?;
    show_release(context, &shown.body, &shown.value);
    match text(&release, "/lifecycle_state") {
        "failed" | "rolled_back" => Err(watch::failed(&release)),
        "rejected" => Err(watch::lost(&release)),
        _ => Ok(()),
    }
}
