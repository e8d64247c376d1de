//! `/overview`: what somebody sees first.

use crate::api::{Api, ok};
use crate::input::query::Query;
use crate::problem::Answered;
use actix_web::get;
use release_app::overview::{self, MatrixQuery};
use release_contract::cursor;
use release_contract::overview::{Matrix, Overview};
use release_contract::query::limits;
use release_contract::query::{Asked, words};
use release_domain::ids::{EnvironmentId, ProjectId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

const MATRIX: &str = "matrix";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_overview).service(get_matrix);
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OverviewQuery {
    #[param(value_type = Vec<Uuid>)]
    pub project: Vec<ProjectId>,
    /// The IANA zone whose days are counted; UTC where left out.
    #[param(max_length = 64)]
    pub time_zone: Option<String>,
}

impl Asked for OverviewQuery {}

/// What waits for the caller, what runs, and how the last days went: of what the caller may read.
#[utoipa::path(tag = "overview", params(OverviewQuery), responses((status = 200, body = Overview)))]
#[get("/overview")]
async fn get_overview(api: Api, query: Query<OverviewQuery>) -> Answered {
    let asked = query.get()?;
    let found = overview::overview(api.app(), api.caller(), &asked.project, asked.time_zone.as_deref()).await?;
    ok(&Overview::from(found))
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MatrixAsked {
    #[param(value_type = Vec<Uuid>)]
    pub project: Vec<ProjectId>,
    #[param(value_type = Vec<Uuid>)]
    pub environment: Vec<EnvironmentId>,
    /// Words, each the start of a word in a service's key or name.
    pub q: Option<String>,
    /// At most so many services.
    #[param(minimum = 1, maximum = 50, default = 50)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Asked for MatrixAsked {}

/// Which version of each service stands in each environment: services by key, the first 12 environments that fit.
#[utoipa::path(tag = "overview", params(MatrixAsked), responses((status = 200, body = Matrix)))]
#[get("/overview/matrix")]
async fn get_matrix(api: Api, query: Query<MatrixAsked>) -> Answered {
    let asked = query.get()?;
    let limit = asked.limit.unwrap_or(overview::MAX_SERVICES);
    let found = overview::matrix(
        api.app(),
        api.caller(),
        MatrixQuery {
            page: cursor::page(MATRIX, &limits(Some(limit), asked.cursor))?,
            project: asked.project,
            environment: asked.environment,
            q: words(asked.q.as_deref()),
        },
    )
    .await?;
    ok(&Matrix::listed(MATRIX, found))
}
