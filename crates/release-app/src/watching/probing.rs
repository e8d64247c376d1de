//! What probes found, kept as the status of their target.

use crate::app::App;
use crate::catalogue::changed::Tell;
use crate::error::AppError;
use release_domain::actor::Origin;
use release_domain::catalogue::Target;
use release_domain::event::{EventData, EventDraft, EventSubject};
use release_domain::ports::{Commit, CommitError, Guard, Probe, TargetError, Write};

/// How often a finding is laid on what somebody else found meanwhile; after that it is old news.
const MAX_ATTEMPTS: u32 = 8;

/// Keeps what probes found one after the other, unless the target has meanwhile become another place. Says whether the
/// next probe has to confirm it.
pub(crate) async fn keep(
    app: &App,
    origin: &Origin,
    fence: Option<Guard>,
    probed: &Target,
    found: &[Result<Probe, TargetError>],
) -> Result<bool, AppError> {
    for _ in 0..MAX_ATTEMPTS {
        let Some(before) = app.store.target(probed.id).await? else {
            return Ok(false);
        };
        if before.context_number != probed.context_number {
            return Ok(false);
        }
        let (mut status, mut changed_from, mut is_unsettled) = (before.status.clone(), None, false);
        for finding in found {
            let kept = status.probed(finding.as_ref(), app.now());
            changed_from = kept.changed_from.or(changed_from);
            is_unsettled = kept.is_unsettled;
            status = kept.status;
        }
        let told = changed_from.map(|was| EventData::TargetStatusChanged {
            before: was,
            after: status.reachability,
            message: status.message.clone(),
        });
        let commit = Commit {
            guards: fence.iter().cloned().collect(),
            events: told.into_iter().map(|data| draft(app, origin, &before, data)).collect(),
            writes: vec![Write::TargetStatus {
                target: before.id,
                context_number: before.context_number,
                after: before.status.checked_at,
                status,
            }],
            ..Commit::default()
        };
        match app.store.commit(commit).await {
            Ok(_) => return Ok(is_unsettled),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Fenced) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

fn draft(app: &App, origin: &Origin, target: &Target, data: EventData) -> EventDraft {
    let subject = EventSubject {
        kind: "target".into(),
        id: target.id.to_string(),
        key: target.key.clone(),
    };
    EventDraft::of_subject(subject, target.place(), origin, app.now(), data)
}
