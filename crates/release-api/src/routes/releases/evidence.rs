//! `/releases/{id}/evidence`: one file for an auditor.

use crate::api::Api;
use crate::evidence::{Bundle, files};
use crate::input::path::Id;
use crate::problem::Answered;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpResponse, get, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use release_app::releases::evidence::{self, Evidence};
use release_contract::problem::Problem;
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use std::io;
use utoipa_actix_web::service_config::ServiceConfig;

/// Readable by all, written by nobody: it is a record.
const FILE_MODE: u32 = 0o444;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_evidence);
}

/// Release, revision, plans, tickets with decisions, policy as it stood, timeline with its chain, diagnostics and the
/// signed checkpoint as a `.tar.gz`, secrets masked. `releasectl audit verify` takes it.
#[utoipa::path(
    tag = "releases",
    responses((status = 200, content_type = "application/gzip", body = Bundle)),
)]
#[get("/releases/{id}/evidence")]
async fn get_evidence(api: Api, id: Id<ReleaseId>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRead).await?;
    let evidence = Box::pin(evidence::evidence(api.app(), api.caller(), id)).await?;
    let name = format!("evidence-{}", evidence.release.release.number);
    let folder = name.clone();
    let packed = web::block(move || pack(&folder, evidence)).await;
    let packed = packed.map_err(|error| Problem::internal(error.to_string()))?;
    let Bundle(packed) = packed.map_err(|error| Problem::internal(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/gzip")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.tar.gz\""),
        ))
        // It is compressed already.
        .insert_header(ContentEncoding::Identity)
        .body(packed))
}

fn pack(folder: &str, evidence: Evidence) -> io::Result<Bundle> {
    let at = evidence.release.release.updated_at.unix_micros() / 1_000_000;
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, content) in files(evidence)? {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(FILE_MODE);
        header.set_mtime(u64::try_from(at).unwrap_or_default());
        archive.append_data(&mut header, format!("{folder}/{name}"), content.as_slice())?;
    }
    archive.into_inner()?.finish().map(Bundle)
}
