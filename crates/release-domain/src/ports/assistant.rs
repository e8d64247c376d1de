//! The assistant's sessions: kept beside the timeline, and told of nowhere in it.

use super::query::{Found, Page};
use super::store::StoreError;
use crate::assistant::{AssistantEntry, AssistantSession, Confirmation, EntryContent, Settled, Spent};
use crate::ids::{AssistantSessionId, ConfirmationId, UserId};
use crate::timestamp::Timestamp;
use async_trait::async_trait;
use uuid::Uuid;

/// Sessions with their entries, confirmations and turns. They go with their person, and change nothing else.
#[async_trait]
pub trait AssistantSessions: Send + Sync {
    async fn assistant_session(&self, id: AssistantSessionId) -> Result<Option<AssistantSession>, StoreError>;
    /// Of one person, newest first, by id.
    async fn assistant_sessions(
        &self,
        owner: UserId,
        page: Page<AssistantSessionId>,
    ) -> Result<Found<AssistantSession, AssistantSessionId>, StoreError>;
    /// A new one.
    async fn begin_assistant_session(&self, session: &AssistantSession) -> Result<(), StoreError>;
    async fn name_assistant_session(&self, id: AssistantSessionId, title: &str) -> Result<(), StoreError>;
    /// With all that is its own. Nothing happens where there is none.
    async fn delete_assistant_session(&self, id: AssistantSessionId) -> Result<(), StoreError>;

    /// In the order in which they came.
    async fn assistant_entries(&self, id: AssistantSessionId) -> Result<Vec<AssistantEntry>, StoreError>;
    /// Adds an entry, with the confirmation that it asks for where it does, and yields its number; `None` where the
    /// session is gone.
    async fn add_assistant_entry(
        &self,
        id: AssistantSessionId,
        at: Timestamp,
        content: &EntryContent,
        confirmation: Option<&Confirmation>,
    ) -> Result<Option<u32>, StoreError>;

    async fn confirmation(&self, id: ConfirmationId) -> Result<Option<Confirmation>, StoreError>;
    /// Of one session, in any order.
    async fn confirmations(&self, session: AssistantSessionId) -> Result<Vec<Confirmation>, StoreError>;
    /// Whether it was still open: of all who try, one settles it.
    async fn settle_confirmation(&self, id: ConfirmationId, settled: Settled) -> Result<bool, StoreError>;

    /// Takes the session's one turn, unless another holds it until after `now`.
    async fn claim_turn(
        &self,
        id: AssistantSessionId,
        turn: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Whether it is still this turn's: not ended, nor stopped, nor taken over.
    async fn holds_turn(&self, id: AssistantSessionId, turn: Uuid) -> Result<bool, StoreError>;
    /// Ends the session's turn, whoever holds it: how a turn is stopped.
    async fn end_turn(&self, id: AssistantSessionId) -> Result<(), StoreError>;

    /// Adds what a model cost, and yields the sums; `day` counts from 1970-01-01 UTC.
    async fn spend_tokens(&self, id: AssistantSessionId, day: u32, tokens: u64) -> Result<Spent, StoreError>;
    async fn spent_tokens(&self, id: AssistantSessionId, day: u32) -> Result<Spent, StoreError>;
}
