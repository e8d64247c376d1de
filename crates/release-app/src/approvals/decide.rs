//! Approve or reject.

use super::{TicketView, shown};
use crate::app::App;
use crate::authorized::scope_of;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::saving::{Keep, Needs, Round};
use release_domain::access::Permission;
use release_domain::approval::{Ticket, Verdict};
use release_domain::canonical::Hash;
use release_domain::decide::{Command, Decision, Given};
use release_domain::gates::approver;
use release_domain::ids::TicketId;

/// A comment is a paragraph, not a document.
const MAX_COMMENT_CHARS: usize = 4_000;

/// `plan_hash` is what the approver looked at; approving without one is refused.
///
/// # Errors
/// `ticket_closed`, `plan_changed`, `approval_forbidden`, or a comment that is asked for.
pub async fn decide(
    app: &App,
    call: &Call<'_, TicketView>,
    id: TicketId,
    verdict: Verdict,
    plan_hash: Option<Hash>,
    comment: Option<String>,
) -> Result<Done<TicketView>, AppError> {
    let found = app.store.ticket(id).await?.map(|row| {
        let scope = scope_of(&row.release);
        (row, scope)
    });
    let row = app
        .authorize_found(call.caller, Permission::ApprovalDecide, found)
        .await?
        .into_inner();
    check_body(verdict, plan_hash, comment.as_deref())?;
    let (release_id, comment) = (row.release.id, &comment);
    let work = async {
        let saved = app
            .decide_and_save(
                call.caller,
                Needs::from(Permission::ApprovalDecide),
                release_id,
                |dossier| async move {
                    // An older ticket is no longer on the release: the store knows how it ended.
                    let known = app.store.ticket(id).await?.ok_or(AppError::NotFound)?;
                    let facts = app.decider_facts(call.caller, &dossier).await?;
                    let given = Given {
                        ticket: id,
                        known_status: known.ticket.status,
                        plan_hash,
                        comment: comment.clone(),
                    };
                    let command = match verdict {
                        Verdict::Approved => Command::Approve(given),
                        Verdict::Rejected => Command::Reject(given),
                    };
                    let for_keep = facts.clone();
                    let keep: Keep<'_> = Box::new(move |decision| {
                        let ticket = ticket_after(decision, id)?;
                        call.remember(app, &shown(ticket, decision.release.clone(), &for_keep))
                    });
                    let round = Round {
                        remember: Some(keep),
                        ..Round::new(command, facts)
                    };
                    Ok(round.into())
                },
            )
            .await?;
        let ticket = ticket_after(&saved.decision, id).ok_or(AppError::NotFound)?;
        Ok(shown(ticket, saved.decision.release, &saved.facts))
    };
    call.run(app, Box::pin(work)).await
}

fn check_body(verdict: Verdict, plan_hash: Option<Hash>, comment: Option<&str>) -> Result<(), AppError> {
    let empty = comment.is_none_or(|c| c.trim().is_empty());
    match verdict {
        Verdict::Approved if plan_hash.is_none() => {
            return Err(AppError::invalid(
                "/plan_hash",
                "required",
                "name the plan you looked at",
            ));
        }
        Verdict::Rejected if empty => {
            return Err(AppError::invalid("/comment", "required", "say why"));
        }
        Verdict::Approved | Verdict::Rejected => {}
    }
    if comment.is_some_and(|c| c.chars().count() > MAX_COMMENT_CHARS) {
        return Err(AppError::invalid(
            "/comment",
            "too_long",
            format!("at most {MAX_COMMENT_CHARS} characters"),
        ));
    }
    Ok(())
}

fn ticket_after(decision: &Decision, id: TicketId) -> Option<Ticket> {
    approver::ticket(&decision.release, id).cloned()
}
