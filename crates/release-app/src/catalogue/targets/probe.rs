//! Ask a target how it is.

use super::{ProbeProblem, ProbeView, find};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed::Tell;
use crate::catalogue::target_access::open_target;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::catalogue::{Reachability, Target, TargetStatus};
use release_domain::event::{EventData, EventDraft, EventSubject};
use release_domain::ids::TargetId;
use release_domain::ports::{Commit, Probe, TargetError, Write};

/// Asks the target how it is and keeps the answer as its status.
///
/// # Errors
/// `NotFound`, `Forbidden` (`target:probe`). What is wrong with the target is in the answer.
pub async fn probe(app: &App, caller: &Caller, id: TargetId) -> Result<ProbeView, AppError> {
    let target = find(app, caller, Permission::TargetProbe, id).await?;
    let found = match open_target(app, &target).await {
        Ok(access) => app.runtime(target.runtime_type)?.probe(&access).await,
        Err(AppError::Target(error)) => Err(error),
        Err(error) => return Err(error),
    };
    keep(app, caller, &target, &found).await?;
    Ok(match found {
        Ok(probe) => ProbeView {
            reachable: true,
            latency_ms: Some(probe.latency_ms),
            version: Some(probe.version.clone()),
            capabilities: probe.capabilities.clone(),
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
    })
}

/// Keeps what was found, unless the target has meanwhile become another place.
async fn keep(app: &App, caller: &Caller, probed: &Target, found: &Result<Probe, TargetError>) -> Result<(), AppError> {
    let Some(before) = app.store.target(probed.id).await? else {
        return Ok(());
    };
    if before.context_number != probed.context_number {
        return Ok(());
    }
    let status = status(app, &before, found);
    let mut events = Vec::new();
    if before.status.reachability != status.reachability {
        let data = EventData::TargetStatusChanged {
            before: before.status.reachability.as_str().into(),
            after: status.reachability.as_str().into(),
            message: status.message.clone(),
        };
        let subject = EventSubject {
            kind: "target".into(),
            id: before.id.to_string(),
            key: before.key.clone(),
        };
        events.push(EventDraft::of_subject(
            subject,
            before.place(),
            &caller.origin(),
            app.now(),
            data,
        ));
    }
    let write = Write::TargetStatus {
        target: before.id,
        context_number: before.context_number,
        status,
    };
    app.store
        .commit(Commit {
            writes: vec![write],
            events,
            ..Commit::default()
        })
        .await?;
    Ok(())
}

fn status(app: &App, before: &Target, found: &Result<Probe, TargetError>) -> TargetStatus {
    let now = app.now();
    match found {
        Ok(probe) => TargetStatus {
            reachability: Reachability::Reachable,
            checked_at: Some(now),
            last_reachable_at: Some(now),
            version: Some(probe.version.clone()),
            latency_ms: Some(probe.latency_ms),
            message: None,
        },
        Err(error) => TargetStatus {
            reachability: Reachability::Unreachable,
            checked_at: Some(now),
            last_reachable_at: before.status.last_reachable_at,
            version: before.status.version.clone(),
            latency_ms: None,
            message: Some(error.to_string()),
        },
    }
}
