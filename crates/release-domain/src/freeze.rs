//! When releases must wait: a policy's recurring windows and freezes set by hand.
//!
//! A deny window that is on refuses; of each scope that has allow windows, one must be on. Which local time it is
//! somewhere is asked of [`TimeZones`], so that this stays a function of values.

pub mod cron;
mod window;

pub use window::{FreezeWindow, MAX_WINDOW_SECS, WindowKind, WindowProblem};

use crate::actor::Actor;
use crate::ids::{EnvironmentId, FreezeId, ProjectId, TargetId};
use crate::ports::TimeZones;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// What a freeze stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum FreezeScope {
    Everything,
    Project(ProjectId),
    Environment(EnvironmentId),
    Target(TargetId),
}

impl FreezeScope {
    /// Whether a release to this place falls under it.
    #[must_use]
    pub fn covers(&self, project: ProjectId, environment: EnvironmentId, target: TargetId) -> bool {
        match self {
            Self::Everything => true,
            Self::Project(id) => *id == project,
            Self::Environment(id) => *id == environment,
            Self::Target(id) => *id == target,
        }
    }
}

/// A freeze set by hand ("stop the line"); without `ends_at` it lasts until somebody ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    pub id: FreezeId,
    pub name: String,
    pub reason: String,
    pub scope: FreezeScope,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub covers_rollback: bool,
    pub by: Actor,
    /// Set when somebody ended it before its time.
    pub lifted_at: Option<Timestamp>,
}

impl Freeze {
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.lifted_at.is_none() && self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }
}

/// A freeze or window that refuses right now. `until`: when time will unblock, the end of a deny window or freeze, the next
/// opening where no allow window is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeInForce {
    pub name: String,
    /// `everything`, `project`, `environment`, `target` (a freeze) or `policy` (a window).
    pub scope: String,
    pub until: Option<Timestamp>,
    pub covers_rollback: bool,
}

/// Everything that refuses a release to this place now, those that end last (or never) first.
#[must_use]
pub fn in_force(
    windows: &[FreezeWindow],
    freezes: &[Freeze],
    place: (ProjectId, EnvironmentId, TargetId),
    now: Timestamp,
    zones: &dyn TimeZones,
) -> Vec<FreezeInForce> {
    let mut found: Vec<_> = freezes
        .iter()
        .filter(|f| f.in_force(now) && f.scope.covers(place.0, place.1, place.2))
        .map(|f| FreezeInForce {
            name: f.name.clone(),
            scope: match f.scope {
                FreezeScope::Everything => "everything",
                FreezeScope::Project(_) => "project",
                FreezeScope::Environment(_) => "environment",
                FreezeScope::Target(_) => "target",
            }
            .into(),
            until: f.ends_at,
            covers_rollback: f.covers_rollback,
        })
        .collect();
    let window = |w: &FreezeWindow, until| FreezeInForce {
        name: w.name.clone(),
        scope: "policy".into(),
        until,
        covers_rollback: w.covers_rollback,
    };
    found.extend(
        windows
            .iter()
            .filter(|w| w.kind == WindowKind::Deny)
            .filter_map(|w| w.open_until(now, zones).map(|until| window(w, Some(until)))),
    );
    let allows: Vec<_> = windows.iter().filter(|w| w.kind == WindowKind::Allow).collect();
    if !allows.is_empty() && allows.iter().all(|w| w.open_until(now, zones).is_none()) {
        found.extend(closed(&allows, now, zones));
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.until.map_or(i64::MAX, Timestamp::unix_micros)));
    found
}

/// What refuses while no allow window is on: the one that opens next. It holds rollbacks back where any of them says so.
fn closed(allows: &[&FreezeWindow], now: Timestamp, zones: &dyn TimeZones) -> Option<FreezeInForce> {
    let openings = allows.iter().map(|w| (w.next_opening(now, zones), w));
    let (until, next) = openings.min_by_key(|(opening, _)| opening.map_or(i64::MAX, Timestamp::unix_micros))?;
    Some(FreezeInForce {
        name: next.name.clone(),
        scope: "policy".into(),
        until,
        covers_rollback: allows.iter().any(|w| w.covers_rollback),
    })
}
