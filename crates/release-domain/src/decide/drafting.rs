//! Create, edit, preview: everything before anybody is asked.

use super::{Change, Decision, Facts};
use crate::actor::Origin;
use crate::approval::TicketPurpose;
use crate::catalogue::{EnvironmentReference, Reference, RuntimeType};
use crate::decide::approving;
use crate::event::{EventData, EventDraft, PreviewIssued};
use crate::gates;
use crate::ids::{CorrelationId, ProjectId, ReleaseId, ServiceId, TargetId};
use crate::lifecycle::Lifecycle;
use crate::preview::Preview;
use crate::release::{Beginning, Draft, Release};
use crate::timestamp::Timestamp;

/// What a new release is made of. That service, target and environment exist and fit is the caller's to have checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRelease {
    pub id: ReleaseId,
    pub number: u64,
    pub correlation_id: CorrelationId,
    pub project: Reference<ProjectId>,
    pub service: Reference<ServiceId>,
    pub target: Reference<TargetId>,
    pub environment: EnvironmentReference,
    pub runtime_type: RuntimeType,
    pub draft: Draft,
    pub copy_of: Option<ReleaseId>,
}

/// Makes a draft.
#[must_use]
pub fn create(new: NewRelease, origin: &Origin, now: Timestamp) -> Decision {
    let beginning = Beginning {
        id: new.id,
        number: new.number,
        correlation_id: new.correlation_id,
        project: new.project,
        service: new.service,
        target: new.target,
        environment: new.environment,
        runtime_type: new.runtime_type,
        created_by: origin.actor.clone(),
        channel: origin.channel,
        created_at: now,
    };
    let release = Release {
        requesters: origin.responsible.clone(),
        ..Release::begun(beginning, new.draft)
    };
    let told = EventData::ReleaseCreated {
        draft_number: release.draft.number,
        revision: release.draft.revision,
        app_version: release.draft.app_version.clone(),
        copy_of: new.copy_of,
    };
    let events = vec![EventDraft::of_release(&release, origin, now, told)];
    Decision {
        release,
        events,
        effects: Vec::new(),
        refused: None,
    }
}

/// Any edit voids the preview: the draft's number is in every token's record.
pub(super) fn edit(release: &Release, draft: Draft, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    let number = release.draft.number + 1;
    change.release.draft = Draft { number, ..draft };
    change.release.lifecycle = Lifecycle::Draft;
    change
        .release
        .requesters
        .extend(facts.origin.responsible.iter().copied());
    change.tell(EventData::ReleaseEdited {
        draft_number: number,
        revision: change.release.draft.revision,
        app_version: change.release.draft.app_version.clone(),
    });
    change.done()
}

/// A new preview renews the token; it keeps a ticket of the same plan and voids one of another.
pub(super) fn preview(release: &Release, preview: Preview, facts: &Facts) -> Decision {
    let mut change = Change::of(release, facts);
    let told = issued(&preview);
    change.release.apply_preview = Some(preview);
    let keeps = match release.lifecycle {
        Lifecycle::PendingApproval => change
            .release
            .ticket
            .as_ref()
            .is_some_and(|t| Some(t.plan_hash) == change.release.apply_preview.as_ref().map(|p| p.plan_hash)),
        Lifecycle::Approved => gates::approval::outlives_preview(&change.release, facts),
        Lifecycle::Draft
        | Lifecycle::Previewed
        | Lifecycle::Rejected { .. }
        | Lifecycle::Applying { .. }
        | Lifecycle::Applied
        | Lifecycle::Failed { .. }
        | Lifecycle::Rollback { .. }
        | Lifecycle::RolledBack
        | Lifecycle::Cancelled => false,
    };
    if keeps {
        change.tell(told);
    } else {
        change.release.lifecycle = Lifecycle::Previewed;
        change.release.approved_plan = None;
        change.tell(told);
        approving::void(&mut change, TicketPurpose::Apply);
    }
    change.done()
}

pub(super) fn issued(preview: &Preview) -> EventData {
    EventData::PreviewIssued(PreviewIssued {
        preview_id: preview.id,
        kind: preview.kind,
        context_hash: preview.context_hash,
        plan_hash: preview.plan_hash,
        expires_at: preview.expires_at,
        summary: preview.summary,
    })
}
