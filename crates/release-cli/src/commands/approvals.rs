//! Deciding about a plan, which is shown first: what is sent is the hash of what was shown.

use super::releases::tell_plan;
use crate::args::Decide;
use crate::ask;
use crate::client::Key;
use crate::context::Context;
use crate::failure::Failure;
use crate::progress::name;
use crate::table;
use crate::value::{is_true, text};
use serde_json::{Value, json};

pub async fn approve(context: &Context, asked: Decide) -> Result<(), Failure> {
    decide(context, asked, "approve").await
}

pub async fn reject(context: &Context, asked: Decide) -> Result<(), Failure> {
    if asked.comment.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Failure::usage("say why with --comment"));
    }
    decide(context, asked, "reject").await
}

async fn decide(context: &Context, asked: Decide, decision: &str) -> Result<(), Failure> {
    let release = context.release(&asked.release).await?;
    let ticket_id = ticket_of(&release)?;
    let ticket = context.client.get(&format!("/approvals/{ticket_id}"), &[]).await?.value;
    context
        .out
        .say(&format!("{}: {}", name(&release), text(&ticket, "/purpose")));
    if ticket["plan"].is_null() {
        context
            .out
            .say("A newer preview shows another plan: this one cannot be shown any more.");
    } else {
        tell_plan(context, &ticket);
    }
    // There is a person to look at it: they look before it is sent. Where there is none, the caller has decided.
    ask::confirm(&format!("{decision} this plan?"), asked.yes || !ask::has_terminal()).await?;
    let mut body = match decision {
        "approve" => json!({"plan_hash": ticket["plan_hash"]}),
        _ => json!({}),
    };
    if let Some(comment) = asked.comment {
        body["comment"] = comment.into();
    }
    let path = format!("/approvals/{ticket_id}/{decision}");
    let decided = context.client.post(&path, body, Key::Repeatable).await?;
    match context.out.is_json() {
        true => context.out.body(&decided.body),
        false => table::one(&context.out, table::TICKETS, &decided.value),
    }
    Ok(())
}

/// The ticket that asks for a decision: an open one, else the review of a broken glass, else the newest, which the
/// server then says is closed.
fn ticket_of(release: &Value) -> Result<String, Failure> {
    let newest = text(release, "/approval/ticket_id");
    let review = text(release, "/break_glass/review_ticket_id");
    let reviewed = is_true(release, "/break_glass/reviewed");
    let found = match text(release, "/approval/status") {
        "pending" => newest,
        _ if !review.is_empty() && !reviewed => review,
        _ => newest,
    };
    if found.is_empty() {
        let failure = Failure::own(
            "no_approval",
            format!("Nobody has asked to approve {}", name(release)),
            "",
        );
        return Err(failure.hint("it has to be submitted first: `releasectl release submit N`"));
    }
    Ok(found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_ticket_is_the_one_decided() {
        let release = |status: &str, ticket: Option<&str>, reviewed: Option<bool>| {
            json!({
                "approval": {"status": status, "ticket_id": ticket},
                "break_glass": reviewed.map(|reviewed| json!({"review_ticket_id": "r", "reviewed": reviewed})),
            })
        };
        let of = |release: Value| ticket_of(&release).ok();
        assert_eq!(of(release("pending", Some("t"), Some(false))).as_deref(), Some("t"));
        assert_eq!(of(release("withdrawn", Some("t"), Some(false))).as_deref(), Some("r"));
        assert_eq!(of(release("approved", Some("t"), Some(true))).as_deref(), Some("t"));
        assert_eq!(of(release("not_requested", None, None)), None);
    }
}
