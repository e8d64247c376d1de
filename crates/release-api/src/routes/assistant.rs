//! `/assistant/sessions`: each person's own conversations with the assistant.

use crate::api::{Api, answer, done, no_content, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, delete, get, post};
use futures::Stream;
use release_app::Answer;
use release_assistant::conversation::{Begun, Confirmed};
use release_contract::asked;
use release_contract::assistant::{
    AssistantEntry, AssistantSession, AssistantSessionList, AssistantSessionWithEntries, AssistantToolResult,
    BeginAssistantSession, Confirm, Say,
};
use release_contract::body::Nothing;
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::problem::Problem;
use release_domain::access::Permission;
use release_domain::assistant as domain;
use release_domain::ids::AssistantSessionId;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "assistant_sessions";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_assistant_sessions)
        .service(begin_assistant_session)
        .service(get_assistant_session)
        .service(delete_assistant_session)
        .service(say_to_assistant)
        .service(confirm_in_assistant_session)
        .service(stop_assistant_turn);
}

asked! {
    AssistantSessionsQuery {}
}

/// The caller's own sessions, newest first.
#[utoipa::path(
    tag = "assistant",
    params(AssistantSessionsQuery),
    responses((status = 200, body = AssistantSessionList)),
)]
#[get("/assistant/sessions")]
async fn list_assistant_sessions(api: Api, query: Query<AssistantSessionsQuery>) -> Answered {
    let page = cursor::page(LIST, &query.get()?.limits())?;
    let list = api.state.assistant.list(api.caller(), page).await?;
    ok(&AssistantSessionList::from(listed(
        LIST,
        list.found,
        list.actions,
        |session| AssistantSession::from(&session),
    )))
}

fn begun(session: &domain::AssistantSession) -> Answer {
    answer(201, &AssistantSession::from(session))
}

/// Begins a session.
#[utoipa::path(
    tag = "assistant",
    params(IdempotencyKey),
    request_body(content = BeginAssistantSession, description = "None, or as this"),
    responses((status = 201, body = AssistantSession)),
)]
#[post("/assistant/sessions")]
async fn begin_assistant_session(api: Api, body: Body<BeginAssistantSession>) -> Answered {
    let (body, key) = body.admit(&api, Permission::AssistantUse, Place::Anywhere).await?;
    let call = api.call(key, &begun);
    done(api.state.assistant.begin(&call, body.title).await?, &begun)
}

/// One of the caller's own sessions with its entries.
#[utoipa::path(tag = "assistant", responses((status = 200, body = AssistantSessionWithEntries)))]
#[get("/assistant/sessions/{id}")]
async fn get_assistant_session(api: Api, id: Id<AssistantSessionId>) -> Answered {
    let id = id.known(&api, Permission::AssistantUse).await?;
    let view = api.state.assistant.get(api.caller(), id).await?;
    let (entries, confirmations) = (&view.entries, &view.confirmations);
    ok(&AssistantSessionWithEntries::of(
        &view.session,
        entries,
        confirmations,
        view.read_at,
    ))
}

/// Deletes one of the caller's own sessions; what was done in it stays in the timeline.
#[utoipa::path(tag = "assistant", responses((status = 204)))]
#[delete("/assistant/sessions/{id}")]
async fn delete_assistant_session(api: Api, id: Id<AssistantSessionId>) -> Answered {
    let id = id.known(&api, Permission::AssistantUse).await?;
    api.state.assistant.delete(api.caller(), id).await?;
    no_content()
}

/// Says something: a turn begins, and everything that comes of it is streamed. Each event's name is the entry's `event`
/// and its data the entry; the last one is `done`, with `{}`. The turn runs on where its stream is closed.
#[utoipa::path(
    tag = "assistant",
    request_body = Say,
    responses((status = 200, content_type = "text/event-stream", body = AssistantEntry)),
)]
#[post("/assistant/sessions/{id}/messages")]
async fn say_to_assistant(api: Api, id: Id<AssistantSessionId>, body: Body<Say>) -> Answered {
    let id = id.known(&api, Permission::AssistantUse).await?;
    let body = of_own(&api, id, body.open()).await?;
    let Begun { entries, work } = api.state.assistant.say(api.caller(), id, body.text).await?;
    // On its own: a turn whose listener leaves is not left half done.
    tokio::spawn(work);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        // A compressor would keep frames back until its block is full.
        .insert_header(ContentEncoding::Identity)
        .streaming(frames(entries, api.state.settings.stream_comment_every)))
}

/// Answers a confirmation, once. What a gate refuses is a result that is not `ok`, with its problem.
#[utoipa::path(
    tag = "assistant",
    request_body = Confirm,
    responses((status = 200, body = AssistantToolResult)),
)]
#[post("/assistant/sessions/{id}/confirm")]
async fn confirm_in_assistant_session(api: Api, id: Id<AssistantSessionId>, body: Body<Confirm>) -> Answered {
    let id = id.known(&api, Permission::AssistantUse).await?;
    let body = of_own(&api, id, body.open()).await?;
    let (assistant, caller) = (api.state.assistant.clone(), api.caller().clone());
    // On its own: once it is settled it is carried out, whether or not somebody still waits for the answer.
    let given = Confirmed {
        confirmation_id: body.confirmation_id.into(),
        accept: body.accept,
        arguments: body.arguments,
    };
    let acting = tokio::spawn(async move { assistant.confirm(&caller, id, given).await });
    let entry = acting.await.map_err(|error| Problem::internal(error.to_string()))??;
    match AssistantEntry::fresh(&entry) {
        AssistantEntry::ToolResult(result) => ok(&result),
        other => Err(Problem::internal(format!("a confirmation came to `{}`", other.event())).into()),
    }
}

/// Ends the running turn, if there is one; what was done stays and is listed.
#[utoipa::path(
    tag = "assistant",
    request_body(content = Nothing, description = "None, or {}"),
    responses((status = 204)),
)]
#[post("/assistant/sessions/{id}/stop")]
async fn stop_assistant_turn(api: Api, id: Id<AssistantSessionId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::AssistantUse).await?;
    of_own(&api, id, body.open()).await?;
    api.state.assistant.stop(api.caller(), id).await?;
    no_content()
}

/// The body, or what is wrong with it, once the session is known to be the caller's own.
async fn of_own<T>(api: &Api, id: AssistantSessionId, body: Result<T, Problem>) -> Result<T, Problem> {
    if body.is_err() {
        api.state.assistant.own(api.caller(), id).await?;
    }
    body
}

type Entries = tokio::sync::mpsc::UnboundedReceiver<domain::AssistantEntry>;

/// The entries of a turn as they come, a comment where none has for a while, and `done`.
fn frames(entries: Entries, comment_every: Duration) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let mut comments = interval(comment_every);
    comments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    comments.reset();
    futures::stream::unfold(Some((entries, comments)), |running| async move {
        let (mut entries, mut comments) = running?;
        let entry = tokio::select! {
            biased;
            entry = entries.recv() => entry,
            _ = comments.tick() => return Some((Ok(Bytes::from_static(b": keep\n\n")), Some((entries, comments)))),
        };
        Some(match entry {
            Some(entry) => (Ok(frame(&entry)), Some((entries, comments))),
            None => (Ok(Bytes::from_static(b"event: done\ndata: {}\n\n")), None),
        })
    })
}

fn frame(entry: &domain::AssistantEntry) -> Bytes {
    let entry = AssistantEntry::fresh(entry);
    let data = serde_json::to_string(&entry).unwrap_or_default();
    Bytes::from(format!("event: {}\ndata: {data}\n\n", entry.event()))
}
