//! `/events`: what happens, as it happens.

use crate::api::Api;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::sse::{Opening, Topic, open};
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get};
use release_app::FieldError;
use release_contract::audit::Event;
use release_contract::problem::Problem;
use release_contract::query::Asked;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(watch_events);
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// `releases`, `release:{id}`, `approvals`, `targets`, `catalogue`, `audit`; may be repeated.
    #[param(min_items = 1, max_items = 200)]
    topic: Vec<String>,
}

impl Asked for EventsQuery {}

/// A stream of events: `id` is the seq, `event` the event type, `data` the event. Resumes with `Last-Event-ID`;
/// `event: reset` says that it cannot. Each event is shown to those who may read it; the stream ends when the session
/// does.
#[utoipa::path(
    tag = "events",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<u64>, Header, description = "The seq of the last event that was read"),
    ),
    responses((status = 200, content_type = "text/event-stream", body = Event)),
)]
#[get("/events")]
async fn watch_events(api: Api, query: Query<EventsQuery>, req: HttpRequest) -> Answered {
    let topics = topics(&query.get()?.topic)?;
    let last_event_id = req
        .headers()
        .get("last-event-id")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let opening = Opening {
        caller: api.caller().clone(),
        topics,
        last_event_id,
    };
    let stream = open(&api.state, opening).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        // A compressor would keep frames back until its block is full.
        .insert_header(ContentEncoding::Identity)
        .streaming(stream))
}

fn topics(texts: &[String]) -> Result<Vec<Topic>, Problem> {
    let mut topics = Vec::with_capacity(texts.len());
    let mut wrong = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        match text.parse::<Topic>() {
            Ok(topic) if topics.contains(&topic) => {}
            Ok(topic) => topics.push(topic),
            Err(unknown) => wrong.push(FieldError::new(
                format!("/topic/{i}"),
                "invalid_value",
                unknown.to_string(),
            )),
        }
    }
    if wrong.is_empty() {
        Ok(topics)
    } else {
        Err(Problem::invalid_query(wrong))
    }
}
