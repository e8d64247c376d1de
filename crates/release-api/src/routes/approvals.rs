//! `/approvals`: one queue for everything that waits for people.

use crate::api::{Api, answer, done, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::{get, post};
use release_app::Answer;
use release_app::approvals::{TicketView, decide, get, list};
use release_contract::list::listed;
use release_contract::query::{APPROVALS, ApprovalsQuery};
use release_contract::ticket::{Approve, Reject, Ticket, TicketList, TicketWithPlan};
use release_domain::access::Permission;
use release_domain::approval::Verdict;
use release_domain::ids::TicketId;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_approvals)
        .service(get_approval)
        .service(approve_ticket)
        .service(reject_ticket);
}

/// Tickets of releases that the caller may read, newest first.
#[utoipa::path(tag = "approvals", params(ApprovalsQuery), responses((status = 200, body = TicketList)))]
#[get("/approvals")]
async fn list_approvals(api: Api, query: Query<ApprovalsQuery>) -> Answered {
    let asked = query.get()?;
    let mine = asked.mine.unwrap_or(false);
    let (filter, page) = asked.read(api.caller())?;
    let found = list::list(api.app(), api.caller(), &filter, mine, page).await?;
    ok(&TicketList::from(listed(APPROVALS, found, Vec::new(), |view| {
        Ticket::from(&view)
    })))
}

/// One ticket with the plan it asks about.
#[utoipa::path(tag = "approvals", responses((status = 200, body = TicketWithPlan)))]
#[get("/approvals/{id}")]
async fn get_approval(api: Api, id: Id<TicketId>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let detail = get::get(api.app(), api.caller(), id).await?;
    ok(&TicketWithPlan::from(detail))
}

fn decided(view: &TicketView) -> Answer {
    answer(200, &Ticket::from(view))
}

/// Approves the plan that was looked at.
#[utoipa::path(
    tag = "approvals",
    params(IdempotencyKey),
    request_body = Approve,
    responses((status = 200, body = Ticket)),
)]
#[post("/approvals/{id}/approve")]
async fn approve_ticket(api: Api, id: Id<TicketId>, body: Body<Approve>) -> Answered {
    let id = id.known(&api, Permission::ApprovalDecide).await?;
    let (body, key) = body.admit(&api, Permission::ApprovalDecide, Place::Ticket(id)).await?;
    let call = api.call(key, &decided);
    let hash = Some(body.hash());
    let outcome = decide::decide(api.app(), &call, id, Verdict::Approved, hash, body.comment).await?;
    done(outcome, &decided)
}

/// Rejects; any reject settles the ticket.
#[utoipa::path(
    tag = "approvals",
    params(IdempotencyKey),
    request_body = Reject,
    responses((status = 200, body = Ticket)),
)]
#[post("/approvals/{id}/reject")]
async fn reject_ticket(api: Api, id: Id<TicketId>, body: Body<Reject>) -> Answered {
    let id = id.known(&api, Permission::ApprovalDecide).await?;
    let (body, key) = body.admit(&api, Permission::ApprovalDecide, Place::Ticket(id)).await?;
    let call = api.call(key, &decided);
    let outcome = decide::decide(api.app(), &call, id, Verdict::Rejected, None, Some(body.comment)).await?;
    done(outcome, &decided)
}
