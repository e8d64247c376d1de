//! A change of one release under way.

use super::{Decision, Effect, Facts};
use crate::canonical::Hash;
use crate::event::{EventData, EventDraft};
use crate::execution::{Execution, ExecutionKind, ExecutionSummary};
use crate::lifecycle::{Stage, StageName};
use crate::preview::PreviewKind;
use crate::release::Release;

/// A change under way: the copy, and what is told of it. An event carries the release as it stands after that event, so
/// a step changes the copy first and tells then.
pub(super) struct Change<'a> {
    pub release: Release,
    pub facts: &'a Facts,
    events: Vec<EventDraft>,
    pub effects: Vec<Effect>,
}

impl<'a> Change<'a> {
    pub fn of(release: &Release, facts: &'a Facts) -> Self {
        let mut release = release.clone();
        release.version += 1;
        release.updated_at = facts.now;
        Self {
            release,
            facts,
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub fn tell(&mut self, data: EventData) {
        let event = EventDraft::of_release(&self.release, &self.facts.origin, self.facts.now, data);
        self.events.push(event);
    }

    pub fn done(self) -> Decision {
        let Self {
            release,
            facts: _,
            events,
            effects,
        } = self;
        Decision {
            release,
            events,
            effects,
            refused: None,
        }
    }

    /// Consumes the preview and queues the job that runs it.
    pub fn start(&mut self, kind: ExecutionKind, preview_kind: PreviewKind) -> Option<Hash> {
        let facts = self.facts;
        let slot = match preview_kind {
            PreviewKind::Apply => self.release.apply_preview.as_mut(),
            PreviewKind::Rollback => self.release.rollback_preview.as_mut(),
        };
        // The preview gate has seen it; without one nothing starts.
        let preview = slot?;
        preview.consumed_at = Some(facts.now);
        let plan_hash = preview.plan_hash;
        let execution = Execution {
            id: facts.new_execution,
            release_id: self.release.id,
            service_id: self.release.service.id,
            target_id: self.release.target.id,
            runtime_type: self.release.runtime_type,
            kind,
            preview_id: preview.id,
            plan_hash,
            epoch: 0,
            lease: None,
            cancel_requested: false,
            wrote: false,
            origin: facts.origin.clone(),
            queued_at: facts.now,
            started_at: None,
            progress_at: facts.now,
            progress_deadline_secs: facts.policy.progress_deadline_secs,
            outcome: None,
            ended_at: None,
        };
        let objects = preview.summary;
        self.release.executions.push(ExecutionSummary {
            id: execution.id,
            kind,
            preview_id: execution.preview_id,
            outcome: None,
            started_at: facts.now,
            ended_at: None,
        });
        self.release.stage = Stage {
            name: StageName::Queued,
            objects_done: 0,
            objects_total: objects.create
                + objects.update
                + objects.replace
                + objects.delete
                + objects.unchanged
                + objects.unverified,
            since: Some(facts.now),
        };
        self.effects.push(Effect::Start(Box::new(execution)));
        Some(plan_hash)
    }
}
