//! What is done to releases.
//!
//! Each use case runs as a future on the heap: it plans and decides within itself, and a worker's stack is small.

use super::{accepted, made, shown, whole};
use crate::api::{Api, answer, done, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::problem::Answered;
use crate::routes::headers::{IdempotencyKey, IfMatch};
use actix_web::{patch, post};
use release_app::releases::preview::PreviewView;
use release_app::releases::{apply, cancel, create, edit, objects, preview, rollback, rollback_preview, submit};
use release_app::view::ReleaseView;
use release_app::{Answer, Call};
use release_contract::body::Nothing;
use release_contract::plan::{Preview, PreviewRollback};
use release_contract::release::{
    ApplyRelease, CancelRelease, CreateRelease, EditRelease, Release, RollBackRelease, SubmitRelease,
};
use release_contract::runtime::Objects;
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create_release)
        .service(edit_release)
        .service(preview_release)
        .service(submit_release)
        .service(apply_release)
        .service(preview_rollback)
        .service(roll_back_release)
        .service(cancel_release)
        .service(observe_release);
}

/// Makes a draft.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body = CreateRelease,
    responses((status = 201, body = Release, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/releases")]
async fn create_release(api: Api, body: Body<CreateRelease>) -> Answered {
    let (body, key) = body.admit(&api, Permission::ReleaseCreate, Place::Anywhere).await?;
    let call = api.call(key, &made);
    done(Box::pin(create::create(api.app(), &call, body.into())).await?, &made)
}

/// Edits the draft; any edit voids the preview.
#[utoipa::path(
    tag = "releases",
    params(IfMatch),
    request_body = EditRelease,
    responses((status = 200, body = Release, headers(("ETag" = String, description = "Its version")))),
)]
#[patch("/releases/{id}")]
async fn edit_release(api: Api, id: Id<ReleaseId>, body: Body<EditRelease>) -> Answered {
    let id = id.known(&api, Permission::ReleaseEdit).await?;
    let (body, version) = body
        .admit_change(&api, Permission::ReleaseEdit, Place::Release(id))
        .await?;
    let call = Call::plain(api.caller());
    done(
        Box::pin(edit::edit(api.app(), &call, id, version, body.into())).await?,
        &shown,
    )
}

fn issued(view: &PreviewView) -> Answer {
    answer(201, &Preview::from(view))
}

/// Plans the draft against its target and issues the token that submit and apply ask for.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body(content = Nothing, description = "None, or {}"),
    responses((status = 201, body = Preview)),
)]
#[post("/releases/{id}/preview")]
async fn preview_release(api: Api, id: Id<ReleaseId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::ReleasePreview).await?;
    let (_, key) = body.admit(&api, Permission::ReleasePreview, Place::Release(id)).await?;
    let call = api.call(key, &issued);
    done(Box::pin(preview::preview(api.app(), &call, id)).await?, &issued)
}

/// Opens a ticket, or passes where no approval is asked.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body = SubmitRelease,
    responses((status = 200, body = Release, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/releases/{id}/submit")]
async fn submit_release(api: Api, id: Id<ReleaseId>, body: Body<SubmitRelease>) -> Answered {
    let id = id.known(&api, Permission::ReleaseSubmit).await?;
    let (body, key) = body.admit(&api, Permission::ReleaseSubmit, Place::Release(id)).await?;
    let call = api.call(key, &shown);
    let token = body.preview_token.as_deref();
    done(
        Box::pin(submit::submit(api.app(), &call, id, token, body.comment)).await?,
        &shown,
    )
}

/// Runs what was previewed, once every gate is open.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body = ApplyRelease,
    responses((status = 202, body = Release, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/releases/{id}/apply")]
async fn apply_release(api: Api, id: Id<ReleaseId>, body: Body<ApplyRelease>) -> Answered {
    let id = id.known(&api, Permission::ReleaseApply).await?;
    let (body, key) = body.admit(&api, Permission::ReleaseApply, Place::Release(id)).await?;
    let call = api.call(key, &accepted);
    let token = body.preview_token.as_deref();
    let break_glass = body.break_glass.map(|given| given.reason);
    done(
        Box::pin(apply::apply(api.app(), &call, id, token, break_glass)).await?,
        &accepted,
    )
}

/// Plans the way back.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body = PreviewRollback,
    responses((status = 201, body = Preview)),
)]
#[post("/releases/{id}/rollback/preview")]
async fn preview_rollback(api: Api, id: Id<ReleaseId>, body: Body<PreviewRollback>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRollback).await?;
    let (body, key) = body
        .admit(&api, Permission::ReleaseRollback, Place::Release(id))
        .await?;
    let to = api
        .admit(body.destination(), Permission::ReleaseRollback, Place::Release(id))
        .await?;
    let call = api.call(key, &issued);
    done(
        Box::pin(rollback_preview::rollback_preview(api.app(), &call, id, to)).await?,
        &issued,
    )
}

/// Rolls back by a rollback preview's token.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body = RollBackRelease,
    responses((status = 202, body = Release, headers(("ETag" = String, description = "Its version")))),
)]
#[post("/releases/{id}/rollback")]
async fn roll_back_release(api: Api, id: Id<ReleaseId>, body: Body<RollBackRelease>) -> Answered {
    let id = id.known(&api, Permission::ReleaseRollback).await?;
    let (body, key) = body
        .admit(&api, Permission::ReleaseRollback, Place::Release(id))
        .await?;
    let reason = api
        .admit(body.reason(), Permission::ReleaseRollback, Place::Release(id))
        .await?;
    let call = api.call(key, &accepted);
    let token = body.preview_token.as_deref();
    done(
        Box::pin(rollback::rollback(api.app(), &call, id, token, reason)).await?,
        &accepted,
    )
}

/// A running apply goes on until it has stopped.
fn cancelled(view: &ReleaseView) -> Answer {
    let status = match view.release.state() {
        LifecycleState::Applying => 202,
        LifecycleState::Draft
        | LifecycleState::Previewed
        | LifecycleState::PendingApproval
        | LifecycleState::Approved
        | LifecycleState::Rejected
        | LifecycleState::Applied
        | LifecycleState::Failed
        | LifecycleState::Rollback
        | LifecycleState::RolledBack
        | LifecycleState::Cancelled => 200,
    };
    whole(status, view)
}

/// Cancels a release, or tells its running apply to stop.
#[utoipa::path(
    tag = "releases",
    params(IdempotencyKey),
    request_body = CancelRelease,
    responses(
        (status = 200, body = Release, headers(("ETag" = String, description = "Its version"))),
        (status = 202, body = Release, headers(("ETag" = String, description = "Its version"))),
    ),
)]
#[post("/releases/{id}/cancel")]
async fn cancel_release(api: Api, id: Id<ReleaseId>, body: Body<CancelRelease>) -> Answered {
    let id = id.known(&api, Permission::ReleaseCancel).await?;
    let (body, key) = body
        .admit(&api, Permission::ReleaseCancel, Place::OwnRelease(id))
        .await?;
    let call = api.call(key, &cancelled);
    done(
        Box::pin(cancel::cancel(api.app(), &call, id, body.reason)).await?,
        &cancelled,
    )
}

/// Looks at a current release now, twice where something has changed; writes nothing on the target.
#[utoipa::path(
    tag = "releases",
    request_body(content = Nothing, description = "None, or {}"),
    responses((status = 200, body = Objects)),
)]
#[post("/releases/{id}/observe")]
async fn observe_release(api: Api, id: Id<ReleaseId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::TargetProbe).await?;
    body.admit(&api, Permission::TargetProbe, Place::Release(id)).await?;
    let view = objects::observe(api.app(), api.caller(), id).await?;
    ok(&Objects::from(view))
}
