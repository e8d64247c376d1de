//! What is seen of a release after its apply, while it is current: the health of its objects, and whether the target is
//! still as it was left.
//!
//! Purpose: from what was known and one more look to what is known now, and which change of it is told. Limits: pure; who
//! looks, and when, is the use case's. Invariant: a change is told once, when two looks after each other agree on it.

mod objects;

pub use objects::{FieldDrift, MAX_FIELDS, MAX_NAMED, MAX_VALUE_CHARS};

use crate::canonical::Hash;
use crate::codes::words;
use crate::event::EventData;
use crate::execution::{ObjectState, ObjectStatus};
use crate::ids::ReleaseId;
use crate::plan::Change;
use crate::ports::ObjectProgress;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// How a current release is doing.
    pub enum HealthStatus {
        Healthy = "healthy",
        InProgress = "in_progress",
        Degraded = "degraded",
        Missing = "missing",
        Unknown = "unknown",
    }
}

impl HealthStatus {
    /// The worst of its objects: what failed says more than what is not there, and that more than what still moves.
    #[must_use]
    pub fn of(objects: impl IntoIterator<Item = ObjectStatus>) -> Self {
        let of_one = |status| match status {
            ObjectStatus::Healthy | ObjectStatus::Skipped => Self::Healthy,
            ObjectStatus::Unknown => Self::Unknown,
            ObjectStatus::Pending | ObjectStatus::InProgress => Self::InProgress,
            ObjectStatus::Missing => Self::Missing,
            ObjectStatus::Degraded | ObjectStatus::Failed => Self::Degraded,
        };
        let worst = objects.into_iter().map(of_one).max_by_key(|health| health.rank());
        worst.unwrap_or(Self::Healthy)
    }

    /// Whether somebody should be told why.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        match self {
            Self::Degraded | Self::Missing => true,
            Self::Healthy | Self::InProgress | Self::Unknown => false,
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Unknown => 1,
            Self::InProgress => 2,
            Self::Missing => 3,
            Self::Degraded => 4,
        }
    }
}

words! {
    /// Whether a target is as the current release left it.
    pub enum DriftStatus {
        None = "none",
        Drifted = "drifted",
        Unknown = "unknown",
    }
}

/// `health` of a current release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub status: HealthStatus,
    pub checked_at: Option<Timestamp>,
}

impl Health {
    /// Nobody has looked since its execution ended.
    pub const UNKNOWN: Self = Self {
        status: HealthStatus::Unknown,
        checked_at: None,
    };
}

/// `drift` of a current release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    pub status: DriftStatus,
    /// How many are not as they were left.
    pub objects: u32,
    pub checked_at: Option<Timestamp>,
}

impl Drift {
    /// Nobody has looked since its execution ended.
    pub const UNKNOWN: Self = Self {
        status: DriftStatus::Unknown,
        objects: 0,
        checked_at: None,
    };
}

/// One object as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenObject {
    #[serde(flatten)]
    pub state: ObjectState,
    /// The fields that are not as they were left; one with an empty path is the whole object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<FieldDrift>,
}

impl From<ObjectState> for SeenObject {
    fn from(state: ObjectState) -> Self {
        Self {
            state,
            drift: Vec::new(),
        }
    }
}

/// What was last told on the timeline of the release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldOf {
    pub health: Option<HealthStatus>,
    /// The places that had drifted; `None`: nothing had.
    pub drift: Option<Hash>,
}

/// What is known of a release that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub release_id: ReleaseId,
    pub health: Health,
    pub drift: Drift,
    /// The places that have drifted.
    pub drifted: Option<Hash>,
    pub told: ToldOf,
}

/// What is known of a service on a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Grows with every look that is kept, and with every execution that starts there; 0 before the first of either.
    pub version: u64,
    /// False from the start of an execution until the first look after it.
    pub stands: bool,
    pub seen: Option<Seen>,
}

impl Observation {
    /// What still holds of this release.
    #[must_use]
    pub fn of(&self, release: ReleaseId) -> Option<&Seen> {
        self.seen
            .as_ref()
            .filter(|seen| self.stands && seen.release_id == release)
    }

    /// `health` and `drift` of the current release there.
    #[must_use]
    pub fn shown(&self, release: ReleaseId) -> (Health, Drift) {
        self.of(release)
            .map_or((Health::UNKNOWN, Drift::UNKNOWN), |seen| (seen.health, seen.drift))
    }
}

/// One side of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glance<T> {
    /// It was not its turn.
    Skipped,
    /// The target could not say.
    Unknown,
    Found(T),
}

/// One look at a current release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub at: Timestamp,
    pub health: Glance<Vec<ObjectProgress>>,
    /// What a plan of the stored desired state would change.
    pub drift: Glance<Vec<Change>>,
}

/// What is known after a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    pub seen: Seen,
    pub objects: Vec<SeenObject>,
    /// Told by this look, in this order.
    pub events: Vec<EventData>,
    /// It has turned for the worse: somebody should find out why, this once.
    pub wants_diagnosis: bool,
    /// A change that the next look confirms or takes back.
    pub is_unsettled: bool,
}

/// One more look at the current release of a place: `before` is what was known there, `objects` what was last seen.
#[must_use]
pub fn look(before: &Observation, release: ReleaseId, objects: &[SeenObject], look: Look) -> Looked {
    let last = before.of(release);
    let told = before.seen.as_ref().filter(|seen| seen.release_id == release);
    let mut looked = Looked {
        seen: Seen {
            release_id: release,
            health: last.map_or(Health::UNKNOWN, |seen| seen.health),
            drift: last.map_or(Drift::UNKNOWN, |seen| seen.drift),
            drifted: last.and_then(|seen| seen.drifted),
            told: told.map_or_else(ToldOf::default, |seen| seen.told),
        },
        objects: if last.is_some() { objects.to_vec() } else { Vec::new() },
        events: Vec::new(),
        wants_diagnosis: false,
        is_unsettled: false,
    };
    match look.health {
        Glance::Skipped => {}
        Glance::Unknown => looked.health(HealthStatus::Unknown, last, look.at),
        Glance::Found(found) => {
            let status = HealthStatus::of(found.iter().map(|object| object.status));
            looked.objects = objects::seen_anew(looked.objects, found, look.at);
            looked.health(status, last, look.at);
        }
    }
    match look.drift {
        Glance::Skipped => {}
        Glance::Unknown => {
            looked.objects = objects::compared(looked.objects, Vec::new(), look.at);
            looked.seen.drifted = None;
            looked.seen.drift = Drift {
                checked_at: Some(look.at),
                ..Drift::UNKNOWN
            };
        }
        Glance::Found(changes) => {
            looked.objects = objects::compared(looked.objects, changes, look.at);
            looked.drift(last, look.at);
        }
    }
    looked
}

impl Looked {
    fn health(&mut self, status: HealthStatus, last: Option<&Seen>, at: Timestamp) {
        self.seen.health = Health {
            status,
            checked_at: Some(at),
        };
        let told = self.seen.told.health;
        let before = told.unwrap_or(HealthStatus::Unknown);
        if before == status {
            return;
        }
        if last.is_none_or(|last| last.health.checked_at.is_none() || last.health.status != status) {
            self.is_unsettled = true;
            return;
        }
        self.seen.told.health = Some(status);
        // An apply ended with every object healthy: that it still is so is no news.
        if told.is_none() && status == HealthStatus::Healthy {
            return;
        }
        self.wants_diagnosis = status.is_trouble() && !before.is_trouble();
        self.events.push(EventData::HealthChanged {
            before,
            after: status,
            objects: objects::unhealthy(&self.objects),
        });
    }

    fn drift(&mut self, last: Option<&Seen>, at: Timestamp) {
        let (count, places) = objects::drifted(&self.objects);
        self.seen.drifted = places;
        self.seen.drift = Drift {
            status: match places {
                Some(_) => DriftStatus::Drifted,
                None => DriftStatus::None,
            },
            objects: count,
            checked_at: Some(at),
        };
        if self.seen.told.drift == places {
            return;
        }
        let agrees = |last: &Seen| last.drift.status != DriftStatus::Unknown && last.drifted == places;
        if !last.is_some_and(agrees) {
            self.is_unsettled = true;
            return;
        }
        self.seen.told.drift = places;
        self.events.push(match places {
            Some(_) => EventData::DriftDetected {
                objects: count,
                changed: objects::named(&self.objects),
            },
            None => EventData::DriftCleared {},
        });
    }
}
