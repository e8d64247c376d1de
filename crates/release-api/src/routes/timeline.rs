//! `/releases/{id}/timeline`: a page of it, or all as a download.

use crate::api::{Api, ok};
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use release_app::releases::timeline;
use release_app::{App, AppError, Caller};
use release_contract::audit::{Event, EventList};
use release_contract::list::listed;
use release_contract::query::{TIMELINE, TimelineQuery};
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use release_domain::ports::Page;
use serde_json::Value;
use std::sync::Arc;
use utoipa_actix_web::service_config::ServiceConfig;

/// Events of one line each, a JSON object a line.
pub const NDJSON: &str = "application/x-ndjson";
/// Events written at once.
const CHUNK: u32 = 200;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_timeline);
}

/// A release's events, oldest first; with `Accept: application/x-ndjson` all of them as a download.
#[utoipa::path(
    tag = "releases",
    params(TimelineQuery),
    responses((status = 200, content((EventList = "application/json"), (Event = "application/x-ndjson")))),
)]
#[get("/releases/{id}/timeline")]
async fn get_timeline(api: Api, id: Id<ReleaseId>, query: Query<TimelineQuery>, req: HttpRequest) -> Answered {
    let id = id.known(&api, Permission::TimelineRead).await?;
    let page = query.get().and_then(TimelineQuery::read);
    let page = api.admit(page, Permission::TimelineRead, Place::Release(id)).await?;
    if wants_lines(&req) {
        return download(&api, id, page.after).await;
    }
    let found = timeline::timeline(api.app(), api.caller(), id, page).await?;
    ok(&EventList::from(listed(TIMELINE, found, Vec::new(), Event)))
}

fn wants_lines(req: &HttpRequest) -> bool {
    req.headers()
        .get_all(header::ACCEPT)
        .filter_map(|v| v.to_str().ok())
        .any(|v| {
            v.split(',')
                .any(|t| t.split(';').next().is_some_and(|t| t.trim() == NDJSON))
        })
}

/// Where a download stands.
struct Pages {
    app: Arc<App>,
    caller: Caller,
    id: ReleaseId,
    after: Option<u64>,
    more: bool,
}

impl Pages {
    async fn next(&mut self) -> Result<web::Bytes, AppError> {
        let page = Page {
            limit: CHUNK,
            after: self.after,
        };
        let found = timeline::timeline(&self.app, &self.caller, self.id, page).await?;
        self.after = found.next;
        self.more = found.next.is_some();
        Ok(lines(&found.items))
    }
}

/// Values, a line each.
pub fn lines(values: &[Value]) -> web::Bytes {
    let mut text = String::new();
    for value in values {
        text.push_str(&value.to_string());
        text.push('\n');
    }
    text.into()
}

/// The first page is read before anything is answered, so that a refusal is a problem and not half a file.
async fn download(api: &Api, id: ReleaseId, after: Option<u64>) -> Answered {
    let mut pages = Pages {
        app: api.state.app.clone(),
        caller: api.caller().clone(),
        id,
        after,
        more: true,
    };
    let first = pages.next().await?;
    let rest = futures::stream::try_unfold(pages, |mut pages| async move {
        if !pages.more {
            return Ok::<_, AppError>(None);
        }
        let chunk = pages.next().await?;
        Ok(Some((chunk, pages)))
    });
    let body = futures::StreamExt::chain(futures::stream::iter([Ok(first)]), rest);
    Ok(HttpResponse::Ok()
        .content_type(NDJSON)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"timeline-{id}.ndjson\""),
        ))
        .streaming(body))
}
