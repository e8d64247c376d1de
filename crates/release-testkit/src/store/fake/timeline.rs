//! Reading events, and waiting for the next.

use super::releases::visible_at;
use super::tables::StoredEvent;
use super::{FakeStore, State, any_of};
use async_trait::async_trait;
use release_domain::event::chain::Head;
use release_domain::event::{Event, EventPlace};
use release_domain::ids::ReleaseId;
use release_domain::ports::{AuditFilter, Found, Page, StoreError, Timeline, Visible};
use serde_json::Value;
use std::task::Poll;

impl State {
    pub(super) fn head(&self) -> Option<Head> {
        let newest: Event = serde_json::from_value(self.events.last()?.json.clone()).ok()?;
        Some(Head {
            seq: newest.seq,
            hash: newest.hash,
        })
    }
}

fn fits(filter: &AuditFilter, stored: &StoredEvent) -> bool {
    let Ok(event) = serde_json::from_value::<Event>(stored.json.clone()) else {
        return false;
    };
    let place = &stored.place;
    let one_of = |asked: &[_], id: Option<_>| asked.is_empty() || id.is_some_and(|id| asked.contains(&id));
    one_of(&filter.project, place.project)
        && (filter.environment.is_empty() || place.environment.is_some_and(|id| filter.environment.contains(&id)))
        && (filter.service.is_empty() || place.service.is_some_and(|id| filter.service.contains(&id)))
        && (filter.target.is_empty() || place.target.is_some_and(|id| filter.target.contains(&id)))
        && (filter.release.is_empty()
            || stored
                .release
                .or(place.about_release)
                .is_some_and(|id| filter.release.contains(&id)))
        && any_of(&filter.actor, &event.actor.id)
        && any_of(&filter.channel, &event.channel)
        && any_of(&filter.event_type, &event.data.event_type().to_owned())
        && filter.since.is_none_or(|since| event.occurred_at >= since)
        && filter.until.is_none_or(|until| event.occurred_at < until)
        && filter.from_seq.is_none_or(|from| event.seq >= from)
        && filter.to_seq.is_none_or(|to| event.seq <= to)
}

fn readable(visible: &Visible, stored: &StoredEvent) -> bool {
    visible_at(visible, stored.place.project, stored.place.environment)
}

#[async_trait]
impl Timeline for FakeStore {
    async fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(self.call()?.head())
    }

    async fn timeline(&self, release: ReleaseId, page: Page<u64>) -> Result<Found<Value, u64>, StoreError> {
        let state = self.call()?;
        let after = page.after.unwrap_or(0);
        let rows = state
            .events
            .iter()
            .filter(|e| e.release == Some(release) && e.seq > after);
        Ok(state.page(rows.map(|e| (e.seq, e.json.clone())), page.limit))
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
    ) -> Result<Found<Value, u64>, StoreError> {
        let state = self.call()?;
        let before = page.after.unwrap_or(u64::MAX);
        let newest_first = state.events.iter().rev();
        let rows = newest_first.filter(|e| e.seq < before && readable(visible, e) && fits(filter, e));
        Ok(state.page(rows.map(|e| (e.seq, e.json.clone())), page.limit))
    }

    async fn events(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
    ) -> Result<Found<(Value, EventPlace), u64>, StoreError> {
        let state = self.call()?;
        let after = page.after.unwrap_or(0);
        let rows = state
            .events
            .iter()
            .filter(|e| e.seq > after && readable(visible, e) && fits(filter, e));
        Ok(state.page(rows.map(|e| (e.seq, (e.json.clone(), e.place))), page.limit))
    }

    async fn wait_past(&self, seq: u64) -> Result<u64, StoreError> {
        drop(self.call()?);
        std::future::poll_fn(|context| {
            let mut state = self.lock();
            let newest = state.event_seq();
            if newest > seq {
                return Poll::Ready(Ok(newest));
            }
            if !state.waiting.iter().any(|w| w.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}
