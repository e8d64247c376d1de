//! Targets that are looked at, and what was seen there.

use super::FakeStore;
use super::commit::holds;
use super::tables::{Tables, WatchRow};
use async_trait::async_trait;
use release_domain::catalogue::{Target, TargetStatus};
use release_domain::ids::{ServiceId, TargetId};
use release_domain::observation::{Observation, Seen, SeenObject};
use release_domain::ports::{CommitError, Due, NextLook, StoreError, Watch, Watches};
use release_domain::timestamp::Timestamp;
use std::sync::Arc;

#[async_trait]
impl Watches for FakeStore {
    async fn claim_watch(
        &self,
        _holder: &str,
        now: Timestamp,
        lease_secs: u32,
        on: Due,
    ) -> Result<Option<Watch>, StoreError> {
        let mut state = self.call()?;
        let due = |row: &WatchRow| Due {
            health: on.health && row.health_at <= now,
            drift: on.drift && row.drift_at <= now,
        };
        let waits = |row: &WatchRow| {
            let due = due(row);
            row.lease_until.is_none_or(|until| until <= now) && (due.health || due.drift)
        };
        let waiting = state.tables.watches.iter_mut().filter(|(_, row)| waits(row));
        let Some((target, row)) = waiting.min_by_key(|(target, row)| (row.health_at, **target)) else {
            return Ok(None);
        };
        row.epoch += 1;
        row.lease_until = Some(now.plus_secs(i64::from(lease_secs)));
        Ok(Some(Watch {
            target: *target,
            epoch: row.epoch,
            due: due(row),
        }))
    }

    async fn renew_watch(
        &self,
        target: TargetId,
        epoch: u64,
        now: Timestamp,
        lease_secs: u32,
    ) -> Result<bool, StoreError> {
        let mut state = self.call()?;
        Ok(state.tables.held(target, epoch).is_some_and(|row| {
            row.lease_until = Some(now.plus_secs(i64::from(lease_secs)));
            true
        }))
    }

    async fn end_watch(&self, target: TargetId, epoch: u64, next: NextLook) -> Result<(), StoreError> {
        let mut state = self.call()?;
        if let Some(row) = state.tables.held(target, epoch) {
            row.lease_until = None;
            row.health_at = next.health_at.unwrap_or(row.health_at);
            row.drift_at = next.drift_at.unwrap_or(row.drift_at);
        }
        Ok(())
    }

    async fn seen_objects(&self, service: ServiceId, target: TargetId) -> Result<Vec<SeenObject>, StoreError> {
        let state = self.call()?;
        let found = state.tables.observations.get(&(target, service));
        Ok(found.map(|(_, objects)| objects.to_vec()).unwrap_or_default())
    }
}

impl Tables {
    /// The row of a target that is held at that epoch.
    pub(super) fn held(&mut self, target: TargetId, epoch: u64) -> Option<&mut WatchRow> {
        let row = self.watches.get_mut(&target);
        row.filter(|row| row.epoch == epoch && row.lease_until.is_some())
    }

    pub(super) fn watch(&mut self, target: &Target) {
        self.watches.entry(target.id).or_insert(WatchRow {
            epoch: 0,
            lease_until: None,
            health_at: target.created_at,
            drift_at: target.created_at,
        });
    }

    pub(super) fn observation(&self, service: ServiceId, target: TargetId) -> Observation {
        let found = self.observations.get(&(target, service));
        found.map(|(observation, _)| observation.clone()).unwrap_or_default()
    }

    pub(super) fn observe(
        &mut self,
        (service, target): (ServiceId, TargetId),
        after: u64,
        seen: Seen,
        objects: Option<Vec<SeenObject>>,
    ) -> Result<(), CommitError> {
        holds(self.services.contains_key(&service) && self.targets.contains_key(&target))?;
        let (before, kept) = self.observations.get(&(target, service)).cloned().unwrap_or_default();
        holds(before.version == after)?;
        let observation = Observation {
            version: after + 1,
            stands: true,
            seen: Some(seen),
        };
        let objects = objects.map_or(kept, Arc::new);
        self.observations.insert((target, service), (observation, objects));
        Ok(())
    }

    /// An execution starts there.
    pub(super) fn observation_over(&mut self, service: ServiceId, target: TargetId) {
        let (observation, _) = self.observations.entry((target, service)).or_default();
        observation.version += 1;
        observation.stands = false;
    }

    pub(super) fn target_status(
        &mut self,
        id: TargetId,
        context_number: u32,
        after: Option<Timestamp>,
        status: TargetStatus,
    ) -> Result<(), CommitError> {
        let target = self.targets.get_mut(&id).ok_or(CommitError::Conflict)?;
        holds(target.context_number == context_number && target.status.checked_at == after)?;
        Arc::make_mut(target).status = status;
        Ok(())
    }
}
