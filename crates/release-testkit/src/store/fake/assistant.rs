//! The assistant's sessions in memory.

use super::tables::AssistantRow;
use super::{FakeStore, State, below};
use async_trait::async_trait;
use release_domain::assistant::{AssistantEntry, AssistantSession, Confirmation, EntryContent, Settled, Spent};
use release_domain::ids::{AssistantSessionId, ConfirmationId, UserId};
use release_domain::ports::{AssistantSessions, Found, Page, StoreError};
use release_domain::timestamp::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

#[async_trait]
impl AssistantSessions for FakeStore {
    async fn assistant_session(&self, id: AssistantSessionId) -> Result<Option<AssistantSession>, StoreError> {
        Ok(self.call()?.row(id).map(|row| row.session.clone()))
    }

    async fn assistant_sessions(
        &self,
        owner: UserId,
        page: Page<AssistantSessionId>,
    ) -> Result<Found<AssistantSession, AssistantSessionId>, StoreError> {
        let state = self.call()?;
        let newest_first = state.tables.assistant_sessions.values().rev().map(|row| &row.session);
        let rows = newest_first.filter(|s| s.owner == owner && below(&page, &s.id));
        Ok(state.page(rows.map(|s| (s.id, s.clone())), page.limit))
    }

    async fn begin_assistant_session(&self, session: &AssistantSession) -> Result<(), StoreError> {
        let mut state = self.call()?;
        let row = AssistantRow {
            session: session.clone(),
            entries: Vec::new(),
            confirmations: Default::default(),
            turn: None,
            tokens: 0,
        };
        state.tables.assistant_sessions.insert(session.id, row);
        Ok(())
    }

    async fn name_assistant_session(&self, id: AssistantSessionId, title: &str) -> Result<(), StoreError> {
        if let Some(row) = self.call()?.row_mut(id) {
            title.clone_into(&mut row.session.title);
        }
        Ok(())
    }

    async fn delete_assistant_session(&self, id: AssistantSessionId) -> Result<(), StoreError> {
        self.call()?.tables.assistant_sessions.remove(&id);
        Ok(())
    }

    async fn assistant_entries(&self, id: AssistantSessionId) -> Result<Vec<AssistantEntry>, StoreError> {
        let state = self.call()?;
        let entries = state.row(id).map(|row| row.entries.as_slice()).unwrap_or_default();
        Ok(entries.iter().map(|entry| AssistantEntry::clone(entry)).collect())
    }

    async fn add_assistant_entry(
        &self,
        id: AssistantSessionId,
        at: Timestamp,
        content: &EntryContent,
        confirmation: Option<&Confirmation>,
    ) -> Result<Option<u32>, StoreError> {
        let mut state = self.call()?;
        let Some(row) = state.row_mut(id) else {
            return Ok(None);
        };
        let number = u32::try_from(row.entries.len()).unwrap_or(u32::MAX).saturating_add(1);
        row.entries.push(Arc::new(AssistantEntry {
            number,
            at,
            content: content.clone(),
        }));
        row.session.updated_at = row.session.updated_at.max(at);
        if let Some(confirmation) = confirmation {
            row.confirmations.insert(confirmation.id, confirmation.clone());
        }
        Ok(Some(number))
    }

    async fn confirmation(&self, id: ConfirmationId) -> Result<Option<Confirmation>, StoreError> {
        let state = self.call()?;
        let mut rows = state.tables.assistant_sessions.values();
        Ok(rows.find_map(|row| row.confirmations.get(&id).cloned()))
    }

    async fn confirmations(&self, session: AssistantSessionId) -> Result<Vec<Confirmation>, StoreError> {
        let state = self.call()?;
        let row = state.row(session);
        Ok(row
            .map(|row| row.confirmations.values().cloned().collect())
            .unwrap_or_default())
    }

    async fn settle_confirmation(&self, id: ConfirmationId, settled: Settled) -> Result<bool, StoreError> {
        let mut state = self.call()?;
        let mut rows = state.tables.assistant_sessions.values_mut();
        let found = rows.find_map(|row| row.confirmations.get_mut(&id));
        Ok(match found.filter(|confirmation| confirmation.settled.is_none()) {
            Some(confirmation) => {
                confirmation.settled = Some(settled);
                true
            }
            None => false,
        })
    }

    async fn claim_turn(
        &self,
        id: AssistantSessionId,
        turn: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.call()?;
        let free = |row: &&mut AssistantRow| row.turn.is_none_or(|(_, held_until)| held_until <= now);
        Ok(match state.row_mut(id).filter(free) {
            Some(row) => {
                row.turn = Some((turn, until));
                true
            }
            None => false,
        })
    }

    async fn holds_turn(&self, id: AssistantSessionId, turn: Uuid) -> Result<bool, StoreError> {
        let state = self.call()?;
        let held = state.row(id).and_then(|row| row.turn);
        Ok(held.is_some_and(|(holder, _)| holder == turn))
    }

    async fn end_turn(&self, id: AssistantSessionId) -> Result<(), StoreError> {
        if let Some(row) = self.call()?.row_mut(id) {
            row.turn = None;
        }
        Ok(())
    }

    async fn spend_tokens(&self, id: AssistantSessionId, day: u32, tokens: u64) -> Result<Spent, StoreError> {
        let mut state = self.call()?;
        let Some(row) = state.row_mut(id) else {
            return Ok(Spent::default());
        };
        row.tokens += tokens;
        let (owner, in_session) = (row.session.owner, row.tokens);
        let in_day = state.tables.tokens_spent.entry((owner, day)).or_default();
        *in_day += tokens;
        Ok(Spent {
            in_session,
            in_day: *in_day,
        })
    }

    async fn spent_tokens(&self, id: AssistantSessionId, day: u32) -> Result<Spent, StoreError> {
        let state = self.call()?;
        Ok(state.row(id).map_or_else(Spent::default, |row| Spent {
            in_session: row.tokens,
            in_day: state
                .tables
                .tokens_spent
                .get(&(row.session.owner, day))
                .copied()
                .unwrap_or(0),
        }))
    }
}

impl State {
    fn row(&self, id: AssistantSessionId) -> Option<&AssistantRow> {
        self.tables.assistant_sessions.get(&id)
    }

    fn row_mut(&mut self, id: AssistantSessionId) -> Option<&mut AssistantRow> {
        self.tables.assistant_sessions.get_mut(&id)
    }
}
