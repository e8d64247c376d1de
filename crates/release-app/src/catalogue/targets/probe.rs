//! Ask a target how it is.

use super::{ProbeProblem, ProbeView, find};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::target_access::open_target;
use crate::error::AppError;
use crate::watching::probing;
use release_domain::access::Permission;
use release_domain::catalogue::Target;
use release_domain::ids::TargetId;
use release_domain::ports::{Probe, TargetError};

/// Asks the target how it is, a second time where that is another than was told, and keeps the answer as its status.
///
/// # Errors
/// `NotFound`, `Forbidden` (`target:probe`). What is wrong with the target is in the answer.
pub async fn probe(app: &App, caller: &Caller, id: TargetId) -> Result<ProbeView, AppError> {
    let target = find(app, caller, Permission::TargetProbe, id).await?;
    let mut found = asked(app, &target).await?;
    let mut all = vec![found.clone()];
    if target.status.probed(found.as_ref(), app.now()).is_unsettled {
        found = asked(app, &target).await?;
        all.push(found.clone());
    }
    probing::keep(app, &caller.origin(), None, &target, &all).await?;
    Ok(view(found))
}

async fn asked(app: &App, target: &Target) -> Result<Result<Probe, TargetError>, AppError> {
    match open_target(app, target).await {
        Ok(access) => Ok(app.runtime(target.runtime_type)?.probe(&access).await),
        Err(AppError::Target(error)) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

fn view(found: Result<Probe, TargetError>) -> ProbeView {
    match found {
        Ok(probe) => ProbeView {
            reachable: true,
            latency_ms: Some(probe.latency_ms),
            version: Some(probe.version),
            capabilities: probe.capabilities,
            problem: None,
        },
        Err(error) => ProbeView {
            reachable: false,
            latency_ms: None,
            version: None,
            capabilities: Vec::new(),
            problem: Some(ProbeProblem {
                code: error.diagnostic_code().as_str(),
                message: error.to_string(),
            }),
        },
    }
}
