//! `/releases`: drafts, their plans, and the commands of the lifecycle.

mod commands;
mod evidence;
mod import;
mod reads;

use crate::api::versioned;
use release_app::Answer;
use release_app::view::ReleaseView;
use release_contract::release::Release;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(config: &mut ServiceConfig<'_>) {
    reads::configure(config);
    commands::configure(config);
    evidence::configure(config);
    import::configure(config);
}

/// A release as an answer. The request's span learns which release it was about.
fn whole(status: u16, view: &ReleaseView) -> Answer {
    tracing::Span::current().record("correlation_id", tracing::field::display(view.release.correlation_id));
    versioned(status, view.release.version, &Release::whole(view))
}

fn made(view: &ReleaseView) -> Answer {
    whole(201, view)
}

fn shown(view: &ReleaseView) -> Answer {
    whole(200, view)
}

/// It goes on running.
fn accepted(view: &ReleaseView) -> Answer {
    whole(202, view)
}
