//! When releases must wait: a policy's recurring windows and freezes set by hand.
//!
//! A deny window that is on refuses; of each scope that has allow windows, one must be on. Which local time it is
//! somewhere is asked of [`TimeZones`], so that this stays a function of values.

pub mod cron;

use crate::actor::Actor;
use crate::codes::words;
use crate::ids::{EnvironmentId, FreezeId, ProjectId, TargetId};
use crate::ports::TimeZones;
use crate::timestamp::Timestamp;
use cron::Cron;
use serde::{Deserialize, Serialize};

words! {
    pub enum WindowKind {
        Allow = "allow",
        Deny = "deny",
    }
}

/// The longest one occurrence of a window may last: 31 days.
pub const MAX_WINDOW_SECS: u32 = 31 * 86_400;

/// A recurring window of a policy: opens at each minute that `cron` names in `time_zone`, for `duration_secs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeWindow {
    pub name: String,
    pub kind: WindowKind,
    /// Five fields: minute, hour, day of month, month, day of week.
    pub cron: String,
    pub duration_secs: u32,
    /// An IANA name (`Europe/Berlin`) or `UTC`.
    pub time_zone: String,
    #[serde(default)]
    pub covers_rollback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowProblem {
    #[error("{0}")]
    Cron(#[from] cron::CronError),
    #[error("duration_secs must lie between 60 and {MAX_WINDOW_SECS}")]
    Duration,
    #[error("a window needs a name")]
    Name,
}

impl FreezeWindow {
    /// # Errors
    /// The cron expression does not parse, the duration is out of bounds, or the name is empty. Whether the time zone
    /// exists is asked of [`TimeZones`] by the caller.
    pub fn validate(&self) -> Result<(), WindowProblem> {
        self.cron.parse::<Cron>()?;
        if !(60..=MAX_WINDOW_SECS).contains(&self.duration_secs) {
            return Err(WindowProblem::Duration);
        }
        if self.name.trim().is_empty() {
            return Err(WindowProblem::Name);
        }
        Ok(())
    }

    /// The end of the occurrence that is on at `now`; `None` while the window is closed.
    ///
    /// A window that cannot be read counts as on when it denies and as closed when it allows: never weaker.
    #[must_use]
    pub fn open_until(&self, now: Timestamp, zones: &dyn TimeZones) -> Option<Timestamp> {
        let unreadable = match self.kind {
            WindowKind::Deny => Some(now.plus_secs(i64::from(self.duration_secs))),
            WindowKind::Allow => None,
        };
        let Ok(cron) = self.cron.parse::<Cron>() else {
            return unreadable;
        };
        let minute = now.unix_micros().div_euclid(60_000_000);
        let back = i64::from(self.duration_secs.min(MAX_WINDOW_SECS)) / 60;
        for start in (minute - back..=minute).rev() {
            let at = Timestamp::from_unix_micros(start * 60_000_000);
            let Some(local) = zones.local(&self.time_zone, at) else {
                return unreadable;
            };
            if cron.matches(local) {
                let end = at.plus_secs(i64::from(self.duration_secs));
                return (now < end).then_some(end);
            }
        }
        None
    }
}

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

/// A freeze or window that refuses right now.
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
    let mut allows = windows.iter().filter(|w| w.kind == WindowKind::Allow).peekable();
    if let Some(first) = allows.peek().copied()
        && !allows.any(|w| w.open_until(now, zones).is_some())
    {
        found.push(window(first, None));
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.until.map_or(i64::MAX, Timestamp::unix_micros)));
    found
}
