//! `/releases/import`: the history of an older system, all of it or nothing.

use crate::api::{Api, answer, done};
use crate::input::gate::Place;
use crate::input::lines::Lines;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::post;
use release_app::Answer;
use release_app::releases::import;
use release_contract::history::{HistoricalRow, Imported};
use release_domain::access::Permission;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(import_releases);
}

fn imported(count: &import::Imported) -> Answer {
    answer(201, &Imported::from(count))
}

/// Brings in rows of an older system, a JSON object a line; one bad line and nothing is imported. They take no command.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body(content = HistoricalRow, content_type = "application/x-ndjson", description = "One row a line"),
    responses((status = 201, body = Imported)),
)]
#[post("/releases/import")]
async fn import_releases(api: Api, lines: Lines<HistoricalRow>) -> Answered {
    let (read, key) = api
        .admit(lines.get(), Permission::ReleaseImport, Place::Anywhere)
        .await?;
    if read.lines.is_empty() {
        // No row says where the permission is asked.
        api.must(Permission::ReleaseImport, Place::Anywhere).await?;
    }
    let call = api.call(key, &imported);
    done(
        Box::pin(import::import(api.app(), &call, read.into())).await?,
        &imported,
    )
}
