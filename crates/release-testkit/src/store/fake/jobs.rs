//! Leases, epochs and idempotency keys.

use super::FakeStore;
use super::tables::IdempotencyKey;
use async_trait::async_trait;
use release_domain::canonical::Hash;
use release_domain::execution::{Execution, Lease};
use release_domain::ids::{ExecutionId, UserId};
use release_domain::ports::{ANSWER_KEPT_SECS, Claim, IN_FLIGHT_SECS, Idempotency, Jobs, Reserved, StoreError};
use release_domain::timestamp::Timestamp;
use std::sync::Arc;

#[async_trait]
impl Jobs for FakeStore {
    async fn claim(&self, holder: &str, now: Timestamp, lease_secs: u32) -> Result<Option<Claim>, StoreError> {
        let mut state = self.call()?;
        let tables = &mut state.tables;
        let waiting = tables.executions.values().filter(|e| unclaimed(e, now));
        let Some(id) = waiting.min_by_key(|e| (e.queued_at, e.id)).map(|e| e.id) else {
            return Ok(None);
        };
        let Some(execution) = tables.executions.get_mut(&id) else {
            return Ok(None);
        };
        let execution = Arc::make_mut(execution);
        let resumed = execution.epoch > 0;
        tables.epoch += 1;
        execution.epoch = tables.epoch;
        execution.lease = Some(Lease {
            holder: holder.to_owned(),
            until: now.plus_secs(i64::from(lease_secs)),
        });
        Ok(Some(Claim {
            execution: execution.clone(),
            resumed,
        }))
    }

    async fn renew(
        &self,
        id: ExecutionId,
        epoch: u64,
        now: Timestamp,
        lease_secs: u32,
    ) -> Result<Option<Execution>, StoreError> {
        let mut state = self.call()?;
        let held = state.tables.executions.get_mut(&id);
        Ok(held
            .map(Arc::make_mut)
            .filter(|e| e.epoch == epoch && e.outcome.is_none())
            .and_then(|execution| {
                execution.lease.as_mut()?.until = now.plus_secs(i64::from(lease_secs));
                Some(execution.clone())
            }))
    }

    async fn give_back(&self, id: ExecutionId, epoch: u64) -> Result<(), StoreError> {
        let mut state = self.call()?;
        if let Some(execution) = state.tables.executions.get_mut(&id).filter(|e| e.epoch == epoch) {
            Arc::make_mut(execution).lease = None;
        }
        Ok(())
    }

    async fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
        Ok(self.call()?.tables.executions.get(&id).map(|e| Execution::clone(e)))
    }

    async fn queue_age_secs(&self, now: Timestamp) -> Result<u64, StoreError> {
        let state = self.call()?;
        let waiting = state.tables.executions.values().filter(|e| unclaimed(e, now));
        let age = waiting.map(|e| now.secs_since(e.queued_at)).max().unwrap_or(0);
        Ok(u64::try_from(age).unwrap_or(0))
    }
}

fn unclaimed(execution: &Execution, now: Timestamp) -> bool {
    execution.outcome.is_none() && execution.lease.as_ref().is_none_or(|lease| lease.until <= now)
}

#[async_trait]
impl Idempotency for FakeStore {
    async fn reserve(
        &self,
        actor: UserId,
        key: &str,
        fingerprint: Hash,
        now: Timestamp,
    ) -> Result<Reserved, StoreError> {
        let mut state = self.call()?;
        let id = (actor, key.to_owned());
        if let Some(found) = state.tables.keys.get(&id) {
            let kept = if found.answer.is_some() {
                ANSWER_KEPT_SECS
            } else {
                IN_FLIGHT_SECS
            };
            if now < found.reserved_at.plus_secs(i64::from(kept)) {
                return Ok(match &found.answer {
                    _ if found.fingerprint != fingerprint => Reserved::OtherRequest,
                    None => Reserved::InFlight,
                    Some(answer) => Reserved::Answered(answer.clone()),
                });
            }
        }
        let reservation = IdempotencyKey {
            fingerprint,
            reserved_at: now,
            answer: None,
        };
        state.tables.keys.insert(id, reservation);
        Ok(Reserved::New)
    }

    async fn forget(&self, actor: UserId, key: &str) -> Result<(), StoreError> {
        let mut state = self.call()?;
        let id = (actor, key.to_owned());
        if state.tables.keys.get(&id).is_some_and(|k| k.answer.is_none()) {
            state.tables.keys.remove(&id);
        }
        Ok(())
    }
}
