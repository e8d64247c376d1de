//! Progress of a running execution: it moves the stage and its counters, never the state.

use super::Decision;
use crate::actor::Origin;
use crate::event::{EventData, EventDraft, StageChanged};
use crate::ids::ExecutionId;
use crate::lifecycle::{Lifecycle, StageName};
use crate::release::Release;
use crate::timestamp::Timestamp;

/// One step of an execution, as its worker tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `apply.started`, `rollback.started`, `execution.resumed`, `resource.changed`.
    Told(EventData),
    /// A new stage; one that repeats the present stage tells nothing.
    Stage(StageName),
    /// So many objects have reached the state they were to reach.
    Done { objects: u32, of: u32 },
}

/// The execution a release is running; `None` while it runs none.
#[must_use]
pub const fn running(release: &Release) -> Option<ExecutionId> {
    match &release.lifecycle {
        Lifecycle::Applying { execution, .. } | Lifecycle::Rollback { execution } => Some(*execution),
        Lifecycle::Draft
        | Lifecycle::Previewed
        | Lifecycle::PendingApproval
        | Lifecycle::Approved
        | Lifecycle::Rejected { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => None,
    }
}

/// Records steps of the running execution; `None` when the release no longer runs it.
#[must_use]
pub fn advance(
    release: &Release,
    execution: ExecutionId,
    steps: &[Step],
    origin: &Origin,
    now: Timestamp,
) -> Option<Decision> {
    if running(release) != Some(execution) {
        return None;
    }
    let mut after = release.clone();
    after.version += 1;
    after.updated_at = now;
    let mut told = Vec::new();
    for step in steps {
        match step {
            Step::Told(data) => told.push(data.clone()),
            Step::Stage(name) if *name == after.stage.name => {}
            Step::Stage(name) => {
                after.stage.name = *name;
                after.stage.since = Some(now);
                told.push(EventData::StageChanged(StageChanged {
                    execution_id: execution,
                    stage: *name,
                    objects_done: after.stage.objects_done,
                    objects_total: after.stage.objects_total,
                }));
            }
            Step::Done { objects, of } => {
                after.stage.objects_done = *objects;
                after.stage.objects_total = *of;
            }
        }
    }
    let events = told
        .into_iter()
        .map(|data| EventDraft::of_release(&after, origin, now, data))
        .collect();
    Some(Decision {
        release: after,
        events,
        effects: Vec::new(),
        refused: None,
    })
}
