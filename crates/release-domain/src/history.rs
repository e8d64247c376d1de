//! Rows of older systems (lifecycle.md, *Historical states*): brought in as they were called, and never commanded.
//!
//! What a raw status means is not said here: the query layer maps it, so that a better table needs no new import.

use crate::actor::{Actor, Channel};
use crate::catalogue::{EnvironmentReference, Reference, RuntimeType};
use crate::ids::{CorrelationId, ProjectId, ReleaseId, ServiceId, TargetId};
use crate::release::{Beginning, Compat, Draft, Options, Release, Strategy};
use crate::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a row of an older system belongs; many rows share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalPlace {
    pub project: Reference<ProjectId>,
    pub service: Reference<ServiceId>,
    pub target: Reference<TargetId>,
    pub environment: EnvironmentReference,
    pub runtime_type: RuntimeType,
}

/// One row. A hundred thousand of them are saved at once, so each is small until the moment it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricalRelease {
    pub id: ReleaseId,
    pub number: u64,
    pub correlation_id: CorrelationId,
    pub place: Arc<HistoricalPlace>,
    pub raw_status: String,
    pub created_at: Timestamp,
    pub created_by: Actor,
    /// What it was brought in through.
    pub channel: Channel,
    pub reason: Option<String>,
}

impl HistoricalRelease {
    /// The release it becomes: of no revision of ours, with no ticket, preview or execution.
    #[must_use]
    pub fn release(&self) -> Release {
        let beginning = Beginning {
            id: self.id,
            number: self.number,
            correlation_id: self.correlation_id,
            project: self.place.project.clone(),
            service: self.place.service.clone(),
            target: self.place.target.clone(),
            environment: self.place.environment.clone(),
            runtime_type: self.place.runtime_type,
            created_by: self.created_by.clone(),
            channel: self.channel,
            created_at: self.created_at,
        };
        let draft = Draft {
            number: 1,
            revision: 0,
            revision_by: BTreeSet::new(),
            strategy: Strategy::Rolling,
            variables: BTreeMap::new(),
            unset: BTreeMap::new(),
            options: Options::default(),
            reason: self.reason.clone(),
            annotations: BTreeMap::new(),
            app_version: String::new(),
        };
        // Its state is never shown: whoever reads it is told what the raw status means.
        Release {
            compat: Some(Compat {
                raw_status: self.raw_status.clone(),
                mapped: false,
            }),
            ..Release::begun(beginning, draft)
        }
    }
}
