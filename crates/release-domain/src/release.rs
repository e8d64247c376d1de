//! The aggregate that carries the lifecycle.

use crate::actor::{Actor, Channel};
use crate::approval::Ticket;
use crate::canonical::Hash;
use crate::catalogue::{EnvironmentReference, Reference, RuntimeType};
use crate::codes::words;
use crate::execution::ExecutionSummary;
use crate::ids::{CorrelationId, ProjectId, ReleaseId, ServiceId, TargetId, TicketId, UserId};
use crate::lifecycle::{Lifecycle, LifecycleState, Stage};
use crate::preview::{Preview, PreviewKind, RollbackTo};
use crate::secret::Sealed;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// How a Compose service is replaced; Kubernetes objects say their own.
    pub enum Strategy {
        Rolling = "rolling",
        Recreate = "recreate",
    }
}

/// Options of a draft. `profiles`, `remove_orphans`: Compose; `prune`, `force_conflicts`: Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    pub profiles: Vec<String>,
    pub remove_orphans: bool,
    pub prune: bool,
    pub force_conflicts: bool,
    /// `recreate`, `volume_recreate`, `delete:<Kind>`.
    pub consent: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profiles: Vec::new(),
            remove_orphans: false,
            prune: true,
            force_conflicts: false,
            consent: Vec::new(),
        }
    }
}

/// A variable's value in a draft: plain, or sealed where the service declares it secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum VariableValue {
    Plain(String),
    Secret { sealed: Sealed },
}

/// What a person chose, beside service and target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Counts edits from 1: a preview of another number is a mismatch.
    pub number: u32,
    pub revision: u32,
    /// The users who count as having made that revision.
    pub revision_by: BTreeSet<UserId>,
    pub strategy: Strategy,
    pub variables: BTreeMap<String, VariableValue>,
    /// What the revision declares and this draft gives no value: by name, whether it is secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unset: BTreeMap<String, bool>,
    pub options: Options,
    pub reason: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// Value of the service's version variable, else `r{revision}`.
    pub app_version: String,
}

/// How a break-glass apply came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    pub by: Actor,
    pub at: Timestamp,
    pub reason: String,
    pub review_ticket_id: TicketId,
}

/// How an imported row called its state, and whether the compatibility table knew the word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compat {
    pub raw_status: String,
    pub mapped: bool,
}

/// One intent to bring one service revision to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub id: ReleaseId,
    /// Per project, from 1.
    pub number: u64,
    pub correlation_id: CorrelationId,
    pub project: Reference<ProjectId>,
    pub service: Reference<ServiceId>,
    pub target: Reference<TargetId>,
    pub environment: EnvironmentReference,
    pub runtime_type: RuntimeType,
    pub draft: Draft,
    pub lifecycle: Lifecycle,
    pub stage: Stage,
    /// The newest preview of each kind.
    pub apply_preview: Option<Preview>,
    pub rollback_preview: Option<Preview>,
    /// The newest ticket but for reviews.
    pub ticket: Option<Ticket>,
    pub review: Option<Ticket>,
    /// The plan that stands approved, by a ticket or because none was asked.
    pub approved_plan: Option<Hash>,
    pub break_glass: Option<BreakGlass>,
    /// Who created, edited or submitted it.
    pub requesters: BTreeSet<UserId>,
    /// The release that was current here when this one's apply started.
    pub returns_to: Option<ReleaseId>,
    pub rolled_back_to: Option<RollbackTo>,
    pub executions: Vec<ExecutionSummary>,
    pub created_by: Actor,
    pub channel: Channel,
    /// Set by submit: the channel `ai_requires_approval` asks about, beside the one it is applied through.
    #[serde(default)]
    pub submitted_through: Option<Channel>,
    /// Set when its apply began: the channel a hold asks about, beside `channel`.
    pub applied_through: Option<Channel>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub applied_at: Option<Timestamp>,
    /// End of its apply, well or not: the rollback pass counts from here.
    pub apply_ended_at: Option<Timestamp>,
    pub compat: Option<Compat>,
    /// Whether it is the one last applied (or returned to) on its target. Kept by the store beside the document.
    #[serde(skip)]
    pub is_current: bool,
    /// Grows with every change; guards every save.
    pub version: u64,
}

/// What stands from a release's first moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    pub id: ReleaseId,
    /// Per project, from 1.
    pub number: u64,
    pub correlation_id: CorrelationId,
    pub project: Reference<ProjectId>,
    pub service: Reference<ServiceId>,
    pub target: Reference<TargetId>,
    pub environment: EnvironmentReference,
    pub runtime_type: RuntimeType,
    pub created_by: Actor,
    pub channel: Channel,
    pub created_at: Timestamp,
}

impl Release {
    /// A release that nothing has been done with yet: the first version of a draft.
    #[must_use]
    pub fn begun(beginning: Beginning, draft: Draft) -> Self {
        Self {
            id: beginning.id,
            number: beginning.number,
            correlation_id: beginning.correlation_id,
            project: beginning.project,
            service: beginning.service,
            target: beginning.target,
            environment: beginning.environment,
            runtime_type: beginning.runtime_type,
            draft: Draft { number: 1, ..draft },
            lifecycle: Lifecycle::Draft,
            stage: Stage::NONE,
            apply_preview: None,
            rollback_preview: None,
            ticket: None,
            review: None,
            approved_plan: None,
            break_glass: None,
            requesters: BTreeSet::new(),
            returns_to: None,
            rolled_back_to: None,
            executions: Vec::new(),
            created_by: beginning.created_by,
            channel: beginning.channel,
            submitted_through: None,
            applied_through: None,
            created_at: beginning.created_at,
            updated_at: beginning.created_at,
            applied_at: None,
            apply_ended_at: None,
            compat: None,
            is_current: false,
            version: 1,
        }
    }

    #[must_use]
    pub fn state(&self) -> LifecycleState {
        self.lifecycle.state()
    }

    #[must_use]
    pub fn preview(&self, kind: PreviewKind) -> Option<&Preview> {
        match kind {
            PreviewKind::Apply => self.apply_preview.as_ref(),
            PreviewKind::Rollback => self.rollback_preview.as_ref(),
        }
    }

    /// Everyone who had a hand in what a ticket of this release asks for.
    #[must_use]
    pub fn authors(&self) -> BTreeSet<UserId> {
        self.requesters.union(&self.draft.revision_by).copied().collect()
    }
}
