//! `deploy`: the whole way in one command. Run again with the same `--idempotency-key` it finds the release it made and
//! goes on from where that stands, so that a CI job that is started anew makes no second one.

use super::releases::{apply, create, finish, submit};
use crate::args::release::{Deploy, Until};
use crate::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::name;
use crate::value::{number, text};
use crate::watch::{self, For};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

pub async fn deploy(context: &Context, asked: Deploy) -> Result<(), Failure> {
    if !asked.yes && !ask::has_terminal() {
        // Said before anything is made.
        return Err(Failure::usage("there is no terminal to ask at: say --yes"));
    }
    let waiting = asked.create.waiting;
    let end = waiting.timeout.map(|span| Instant::now() + span);
    let made = create(context, asked.create).await?;
    let id = text(&made.value, "/id").to_owned();
    context.running.goes_on(number(&made.value, "/number"));
    // Not as it was made: an answer that was kept tells of the past.
    let mut release = look(context, &id).await?;
    if matches!(text(&release, "/lifecycle_state"), "draft" | "previewed") {
        release = submit(context, &id, asked.comment).await?.value;
    }
    if text(&release, "/lifecycle_state") == "pending_approval" {
        if waiting.wait.is_none() {
            return Err(pending(&release));
        }
        release = context.follow(&id, For::Approval, left(end)).await?;
    }
    if text(&release, "/lifecycle_state") == "approved" {
        if waiting.wait == Some(Until::Approval) {
            return finish(context, &id, For::Approval, left(end)).await;
        }
        release = apply(context, &id, asked.yes, None).await?.value;
    }
    match (text(&release, "/lifecycle_state"), waiting.wait) {
        ("applying" | "rollback", None) => {
            let shown = context.client.get(&format!("/releases/{id}"), &[]).await?;
            super::get::show_release(context, &shown.body, &shown.value);
            Ok(())
        }
        ("rejected", None) => Err(watch::lost(&release)),
        ("failed" | "rolled_back", None) => Err(watch::failed(&release)),
        (_, None | Some(Until::Done | Until::Approval)) => finish(context, &id, For::Applied, left(end)).await,
    }
}

async fn look(context: &Context, id: &str) -> Result<Value, Failure> {
    Ok(context.client.get(&format!("/releases/{id}"), &[]).await?.value)
}

/// What is left of the time to wait.
fn left(end: Option<Instant>) -> Option<Duration> {
    end.map(|end| end.saturating_duration_since(Instant::now()))
}

fn pending(release: &Value) -> Failure {
    let title = format!("{} waits for its approval", name(release));
    let failure = Failure::own("approval_pending", title, "").exit(Exit::Approval);
    let number = number(release, "/number");
    failure.hint(format!(
        "`releasectl approve {number}` by somebody else, then `releasectl release apply {number}`"
    ))
}
