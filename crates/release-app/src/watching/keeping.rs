//! What was seen, kept together with the events that tell of it.

use crate::app::App;
use crate::error::AppError;
use crate::releases::diagnostics::{recorded, reference};
use release_domain::actor::Origin;
use release_domain::diagnostics::Finding;
use release_domain::event::{EventData, EventDraft};
use release_domain::observation::{Looked, SeenObject};
use release_domain::ports::{Commit, CommitError, Dossier, Guard, Write};

/// What became of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Kept,
    /// Something has run there since it began, or somebody else looked: it is of the past.
    Overtaken,
}

/// What was last seen of the release and still stands.
pub(crate) async fn before(app: &App, dossier: &Dossier) -> Result<Vec<SeenObject>, AppError> {
    let release = &dossier.release;
    match dossier.observation.of(release.id) {
        Some(_) => Ok(app.store.seen_objects(release.service.id, release.target.id).await?),
        None => Ok(Vec::new()),
    }
}

/// Keeps a look at the release of the dossier, which it rests on.
pub(crate) async fn keep(
    app: &App,
    origin: &Origin,
    fence: Option<Guard>,
    dossier: &Dossier,
    before: &[SeenObject],
    looked: Looked,
    findings: Vec<Finding>,
) -> Result<Kept, AppError> {
    let (release, now) = (&dossier.release, app.now());
    let unchanged = Guard::Unchanged {
        release: release.id,
        version: release.version,
    };
    let mut writes = vec![Write::Observation {
        service: release.service.id,
        target: release.target.id,
        after: dossier.observation.version,
        seen: Box::new(looked.seen),
        objects: (looked.objects != before).then_some(looked.objects),
    }];
    let told = |data| EventDraft::of_release(release, origin, now, data);
    let mut events: Vec<_> = looked.events.into_iter().map(told).collect();
    let diagnostics = recorded(app, release, &findings);
    if !diagnostics.is_empty() {
        let found = EventData::DiagnosticsRecorded {
            execution_id: None,
            diagnostics: diagnostics.iter().map(reference).collect(),
        };
        // Its health is told first, then why.
        events.insert(1.min(events.len()), told(found));
        writes.push(Write::Diagnostics {
            release: release.id,
            execution: None,
            items: diagnostics,
        });
    }
    let commit = Commit {
        guards: fence.into_iter().chain([unchanged]).collect(),
        writes,
        events,
        ..Commit::default()
    };
    match app.store.commit(commit).await {
        Ok(_) => Ok(Kept::Kept),
        Err(CommitError::Conflict | CommitError::Fenced) => Ok(Kept::Overtaken),
        Err(error) => Err(error.into()),
    }
}
