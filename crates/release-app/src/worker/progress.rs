//! Where a run stands: each object and the stage, what of it the store has yet to hear, and when something last moved.
//!
//! Values alone, no ports. Invariants: what is told twice is written once; an object is told of with the action that
//! was planned for it, also by a run that finds it done already; and only what gets further than ever before counts as
//! progress, so that a run which goes in circles comes to its deadline.

use crate::releases::objects::is_done;
use release_domain::decide::Step;
use release_domain::event::{EventData, ResourceChanged};
use release_domain::execution::{ObjectState, ObjectStatus};
use release_domain::ids::ExecutionId;
use release_domain::lifecycle::StageName;
use release_domain::plan::{Action, Plan};
use release_domain::ports::ObjectProgress;
use release_domain::timestamp::Timestamp;
use std::collections::BTreeMap;

/// Steps and rows for one commit.
#[derive(Clone, Default)]
pub(super) struct Batch {
    pub steps: Vec<Step>,
    pub rows: Vec<ObjectState>,
}

pub(super) struct Progress {
    execution: ExecutionId,
    stage: StageName,
    furthest: u8,
    objects: BTreeMap<String, Known>,
    told: Vec<Told>,
    began: Timestamp,
    moved: Timestamp,
}

struct Known {
    state: ObjectState,
    /// The best it has been: rank of its status, and how many are ready.
    best: (u8, u32),
    /// A run has told of it, or will have: until then it has a row and no event.
    is_told: bool,
}

enum Told {
    Stage {
        name: StageName,
        done: u32,
        of: u32,
    },
    Object(ObjectState),
    /// A row that nobody told of.
    Row(ObjectState),
}

impl Progress {
    /// `moved`: when something last got further, in whichever run.
    pub fn new(execution: ExecutionId, moved: Timestamp, now: Timestamp) -> Self {
        Self {
            execution,
            stage: StageName::Queued,
            furthest: rank_of_stage(StageName::Queued),
            objects: BTreeMap::new(),
            told: Vec::new(),
            began: now,
            moved,
        }
    }

    /// Begins a run: the objects of the plan, where the store has them; what was told before and not written is told
    /// again by the run itself.
    pub fn begin(&mut self, plan: &Plan, stage: StageName, stored: Vec<ObjectState>, now: Timestamp) {
        let planned = plan.changes.iter().map(|change| ObjectState {
            key: change.key.clone(),
            resource: change.resource.clone(),
            action: change.action,
            status: ObjectStatus::Pending,
            ready: None,
            total: None,
            message: None,
            since: now,
        });
        self.objects = planned.chain(stored).map(|s| (s.key.clone(), Known::of(s))).collect();
        self.stands_at(stage);
        self.told.clear();
    }

    /// Every object as it is known.
    pub fn rows(&self) -> Vec<ObjectState> {
        self.objects.values().map(|known| known.state.clone()).collect()
    }

    /// When something last got further.
    pub fn moved_at(&self) -> Timestamp {
        self.moved
    }

    /// Since when nothing got further while this worker looked: what passes while nobody runs a job is nobody's silence.
    pub fn silent_since(&self) -> Timestamp {
        self.moved.max(self.began)
    }

    pub fn moves(&mut self, now: Timestamp) {
        self.moved = now;
    }

    /// A stage that is told otherwise.
    pub fn stands_at(&mut self, stage: StageName) {
        self.stage = stage;
        self.furthest = self.furthest.max(rank_of_stage(stage));
    }

    pub fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    pub fn tell_stage(&mut self, name: StageName, now: Timestamp) {
        if name == self.stage {
            return;
        }
        self.stage = name;
        if rank_of_stage(name) > self.furthest {
            self.furthest = rank_of_stage(name);
            self.moved = now;
        }
        let (done, of) = self.tally();
        self.told.push(Told::Stage { name, done, of });
    }

    pub fn tell_object(&mut self, progress: ObjectProgress, now: Timestamp) {
        let rank = (rank_of(progress.status), progress.ready.unwrap_or(0));
        let state = match self.objects.get(&progress.key).map(|known| &known.state) {
            Some(before) => ObjectState {
                action: before.action,
                since: if before.status == progress.status {
                    before.since
                } else {
                    now
                },
                ..state(progress, now)
            },
            None => state(progress, now),
        };
        match self.objects.get_mut(&state.key) {
            Some(known) if known.state == state => return,
            Some(known) => {
                known.is_told = true;
                if rank.0 > known.best.0 || rank.1 > known.best.1 {
                    known.best = (rank.0.max(known.best.0), rank.1.max(known.best.1));
                    self.moved = now;
                }
                known.state = state.clone();
            }
            None => {
                let known = Known {
                    is_told: true,
                    ..Known::of(state.clone())
                };
                self.objects.insert(state.key.clone(), known);
                self.moved = now;
            }
        }
        self.told.push(Told::Object(state));
    }

    /// A run that ended well has brought every object where it was to be, whether it told so or not.
    pub fn complete(&mut self, now: Timestamp) {
        let open: Vec<_> = self
            .objects
            .values_mut()
            .filter(|known| !is_done(known.state.status))
            .map(|known| {
                known.is_told = true;
                known.state.status = ObjectStatus::Healthy;
                known.state.since = now;
                Told::Object(known.state.clone())
            })
            .collect();
        self.told.extend(open);
    }

    /// Everything told so far that was not yet written.
    pub fn take(&mut self) -> Batch {
        let mut batch = Batch::default();
        let mut rows = BTreeMap::new();
        for told in std::mem::take(&mut self.told) {
            match told {
                Told::Stage { name, done, of } => {
                    batch.steps.push(Step::Done { objects: done, of });
                    batch.steps.push(Step::Stage(name));
                }
                Told::Object(state) => {
                    // What stays as it is has a row, and no event: a no-op apply tells no story.
                    if state.action != Action::Unchanged {
                        let changed = changed(self.execution, &state);
                        batch.steps.push(Step::Told(EventData::ResourceChanged(changed)));
                    }
                    rows.insert(state.key.clone(), state);
                }
                Told::Row(state) => {
                    rows.insert(state.key.clone(), state);
                }
            }
        }
        if !rows.is_empty() {
            let (objects, of) = self.tally();
            batch.steps.push(Step::Done { objects, of });
        }
        batch.rows = rows.into_values().collect();
        batch
    }

    /// After a write of unknown outcome: what the store does not have is told (again), as it is by now.
    pub fn differ_from(&mut self, stage: StageName, stored: Vec<ObjectState>) {
        self.told.clear();
        let (done, of) = self.tally();
        if stage != self.stage {
            let name = self.stage;
            self.told.push(Told::Stage { name, done, of });
        }
        let stored: BTreeMap<_, _> = stored.into_iter().map(|s| (s.key.clone(), s)).collect();
        let mut missing = Vec::new();
        for known in self.objects.values() {
            let state = &known.state;
            if stored.get(&state.key) != Some(state) {
                missing.push(if known.is_told {
                    Told::Object(state.clone())
                } else {
                    Told::Row(state.clone())
                });
            }
        }
        self.told.extend(missing);
    }

    fn tally(&self) -> (u32, u32) {
        let done = self.objects.values().filter(|known| is_done(known.state.status));
        (clamp(done.count()), clamp(self.objects.len()))
    }
}

impl Known {
    fn of(state: ObjectState) -> Self {
        let best = (rank_of(state.status), state.ready.unwrap_or(0));
        Self {
            state,
            best,
            is_told: false,
        }
    }
}

fn state(progress: ObjectProgress, now: Timestamp) -> ObjectState {
    crate::releases::objects::state(progress, now)
}

fn changed(execution: ExecutionId, state: &ObjectState) -> ResourceChanged {
    ResourceChanged {
        execution_id: execution,
        key: state.key.clone(),
        resource: state.resource.clone(),
        action: state.action,
        status: state.status,
        ready: state.ready,
        total: state.total,
        message: state.message.clone(),
    }
}

/// How far an object has come. Between beginning and health there is back and forth, which gets nowhere.
const fn rank_of(status: ObjectStatus) -> u8 {
    match status {
        ObjectStatus::Unknown | ObjectStatus::Missing | ObjectStatus::Pending => 0,
        ObjectStatus::InProgress | ObjectStatus::Degraded | ObjectStatus::Failed => 1,
        ObjectStatus::Healthy | ObjectStatus::Skipped => 2,
    }
}

const fn rank_of_stage(stage: StageName) -> u8 {
    match stage {
        StageName::None => 0,
        StageName::Queued => 1,
        StageName::Validating => 2,
        StageName::Applying | StageName::RollingBack => 3,
        StageName::Pruning => 4,
        StageName::WaitingHealthy => 5,
        StageName::Done => 6,
    }
}

fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
