//! `/audit`: the whole timeline, and the proof that it holds.

use crate::api::{Api, ok};
use crate::input::gate::Place;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::timeline::{NDJSON, lines};
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use release_app::audit::{self, Export};
use release_app::{AppError, Caller};
use release_contract::audit::{Checkpoint, Event, EventList, Verified};
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::problem::Problem;
use release_contract::query::Asked;
use release_contract::scalar::Time;
use release_contract::word;
use release_contract::{asked, query::people};
use release_domain::access::Permission;
use release_domain::actor::Channel;
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId};
use release_domain::ports::AuditFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "audit";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_audit_events)
        .service(export_audit)
        .service(get_checkpoint)
        .service(verify_audit);
}

/// Declares a query with the audit's filters.
macro_rules! audit_filters {
    ($declare:ident $name:ident) => {
        $declare! {
            $name {
                #[param(value_type = Vec<Uuid>)]
                pub project: Vec<ProjectId>,
                #[param(value_type = Vec<Uuid>)]
                pub environment: Vec<EnvironmentId>,
                #[param(value_type = Vec<Uuid>)]
                pub service: Vec<ServiceId>,
                #[param(value_type = Vec<Uuid>)]
                pub target: Vec<TargetId>,
                #[param(value_type = Vec<Uuid>)]
                pub release: Vec<ReleaseId>,
                /// An actor's id, or `me`.
                pub actor: Vec<String>,
                #[param(inline, value_type = Vec<word::Channel>)]
                pub channel: Vec<Channel>,
                pub event_type: Vec<String>,
                /// At or after.
                #[param(value_type = Option<String>, format = DateTime)]
                pub since: Option<Time>,
                /// Before.
                #[param(value_type = Option<String>, format = DateTime)]
                pub until: Option<Time>,
                #[param(minimum = 0)]
                pub from_seq: Option<u64>,
                #[param(minimum = 0)]
                pub to_seq: Option<u64>,
            }
        }

        impl $name {
            fn filter(&self, caller: &Caller) -> Result<AuditFilter, Problem> {
                Ok(AuditFilter {
                    project: self.project.clone(),
                    environment: self.environment.clone(),
                    service: self.service.clone(),
                    target: self.target.clone(),
                    release: self.release.clone(),
                    actor: people(caller, "actor", &self.actor)?,
                    channel: self.channel.clone(),
                    event_type: self.event_type.clone(),
                    since: self.since.map(|at| at.0),
                    until: self.until.map(|at| at.0),
                    from_seq: self.from_seq,
                    to_seq: self.to_seq,
                })
            }
        }
    };
}

/// Declares the query of something that is not paged.
macro_rules! unpaged {
    ($name:ident { $($filters:tt)* }) => {
        #[derive(Clone, Debug, Default, Deserialize, IntoParams)]
        #[serde(default, deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($filters)*
        }

        impl Asked for $name {}
    };
}

audit_filters!(asked EventsQuery);
audit_filters!(unpaged ExportQuery);

/// Events of what the caller has `audit:read` on, newest first.
#[utoipa::path(tag = "audit", params(EventsQuery), responses((status = 200, body = EventList)))]
#[get("/audit/events")]
async fn list_audit_events(api: Api, query: Query<EventsQuery>) -> Answered {
    let asked = query.get()?;
    let page = cursor::page(LIST, &asked.limits())?;
    let filter = asked.filter(api.caller())?;
    let found = audit::events(api.app(), api.caller(), &filter, page).await?;
    ok(&EventList::from(listed(LIST, found, Vec::new(), Event)))
}

/// The events that fit, oldest first, a line each; the last line is the signed checkpoint they stand under.
#[utoipa::path(
    tag = "audit",
    params(ExportQuery),
    responses((status = 200, content_type = "application/x-ndjson", body = Event)),
)]
#[get("/audit/export")]
async fn export_audit(api: Api, query: Query<ExportQuery>) -> Answered {
    let filter = query.get().and_then(|asked| asked.filter(api.caller()));
    let filter = api.admit(filter, Permission::AuditRead, Place::Anywhere).await?;
    let export = audit::export(api.app(), api.caller(), filter).await?;
    let body = futures::stream::try_unfold(Some(export), |export| async move {
        let Some(mut export) = export else {
            return Ok::<_, AppError>(None);
        };
        let events = export.next().await?;
        if events.is_empty() {
            return Ok(Some((last_line(&export), None)));
        }
        Ok(Some((lines(&events), Some(export))))
    });
    Ok(HttpResponse::Ok()
        .content_type(NDJSON)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"audit.ndjson\""))
        .streaming(body))
}

fn last_line(export: &Export) -> web::Bytes {
    let checkpoint = Checkpoint::from(export.checkpoint());
    lines(&[serde_json::json!({ "checkpoint": checkpoint })])
}

/// The head of the chain, signed.
#[utoipa::path(tag = "audit", responses((status = 200, body = Checkpoint)))]
#[get("/audit/checkpoint")]
async fn get_checkpoint(api: Api) -> Answered {
    let checkpoint = audit::checkpoint(api.app(), api.caller()).await?;
    ok(&Checkpoint::from(checkpoint))
}

unpaged! {
    VerifyQuery {
        /// 1 where left out.
        #[param(minimum = 1)]
        pub from_seq: Option<u64>,
        /// The head where left out.
        #[param(minimum = 1)]
        pub to_seq: Option<u64>,
    }
}

/// Whether the chain holds; at most 100 000 events a call.
#[utoipa::path(tag = "audit", params(VerifyQuery), responses((status = 200, body = Verified)))]
#[get("/audit/verify")]
async fn verify_audit(api: Api, query: Query<VerifyQuery>) -> Answered {
    let asked = query.admit(&api, Permission::AuditRead, Place::All).await?;
    let verified = audit::verify(api.app(), api.caller(), asked.from_seq, asked.to_seq).await?;
    ok(&Verified::from(verified))
}
