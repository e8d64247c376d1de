//! How a run begins: what is told of it, and where its objects stand.

use super::board::Board;
use super::progress::Batch;
use crate::app::App;
use crate::error::AppError;
use release_domain::decide::Step;
use release_domain::event::{Event, EventData};
use release_domain::execution::{Execution, ExecutionKind};
use release_domain::lifecycle::StageName;
use release_domain::plan::Plan;
use release_domain::ports::{CommitError, Page};
use release_domain::release::Release;

/// Takeovers of one job without anything having moved in between. One more is given up: whoever runs it goes down with
/// it, and no release stays in between for ever.
const MAX_TAKEOVERS: usize = 100;
/// Events read in one go.
const PAGE: u32 = 500;

pub(super) enum Opening {
    Begun,
    GivenUp(usize),
    /// Somebody else has it.
    Fenced,
}

/// Tells that the run begins, or goes on; each holder says so once.
///
/// # Errors
/// The store cannot be worked with.
pub(super) async fn open(
    app: &App,
    board: &Board<'_>,
    job: &Execution,
    release: &Release,
    plan: &Plan,
) -> Result<Opening, AppError> {
    let is_first = job.started_at.is_none();
    let stored = if is_first {
        Vec::new()
    } else {
        app.store.object_states(job.id).await?
    };
    let now = app.now();
    board.begins(|progress| progress.begin(plan, release.stage.name, stored, now));
    let mut batch = Batch::default();
    if is_first {
        batch.steps.push(Step::Told(started(job)));
        batch.rows = board.progress(|progress| {
            progress.moves(now);
            progress.rows()
        });
    } else if !board.has_opened() {
        let takeovers = Takeovers::of(app, job).await?;
        if takeovers.fruitless >= MAX_TAKEOVERS {
            return Ok(Opening::GivenUp(takeovers.fruitless));
        }
        if !takeovers.is_told {
            batch.steps.push(Step::Told(EventData::ExecutionResumed {
                execution_id: job.id,
                epoch: job.epoch,
            }));
        }
    }
    if !job.wrote {
        batch.steps.push(Step::Stage(StageName::Validating));
        board.progress(|progress| progress.stands_at(StageName::Validating));
    }
    match board.record(&batch).await {
        Ok(()) => {
            board.set_opened();
            Ok(Opening::Begun)
        }
        Err(CommitError::Fenced) => Ok(Opening::Fenced),
        Err(error) => Err(error.into()),
    }
}

fn started(job: &Execution) -> EventData {
    match job.kind {
        ExecutionKind::Apply => EventData::ApplyStarted { execution_id: job.id },
        ExecutionKind::Rollback => EventData::RollbackStarted { execution_id: job.id },
    }
}

/// What the timeline tells of earlier holders.
struct Takeovers {
    /// Since something last moved.
    fruitless: usize,
    /// Whether this holder's is among them: its answer was lost.
    is_told: bool,
}

impl Takeovers {
    async fn of(app: &App, job: &Execution) -> Result<Self, AppError> {
        let mut found = Self {
            fruitless: 0,
            is_told: false,
        };
        let mut after = None;
        loop {
            let page = Page { limit: PAGE, after };
            let events = app.store.timeline(job.release_id, page).await?;
            for event in events.items {
                let Ok(event) = serde_json::from_value::<Event>(event) else {
                    continue;
                };
                if let EventData::ExecutionResumed { execution_id, epoch } = event.data
                    && execution_id == job.id
                {
                    found.is_told |= epoch == job.epoch;
                    found.fruitless += usize::from(event.occurred_at > job.progress_at);
                }
            }
            after = events.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}
