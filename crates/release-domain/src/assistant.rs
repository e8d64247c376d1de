//! What is kept of a person's conversations with the assistant (api.md, *Assistant*).
//!
//! Limits: it is no record of what happened to a release; that is the timeline's, which outlives every session.
//! Invariant: a confirmation names what it was shown for (release and plan) and is settled at most once.

use crate::canonical::Hash;
use crate::codes::words;
use crate::ids::{AssistantSessionId, ConfirmationId, ReleaseId, UserId};
use crate::secret::Sealed;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// One conversation of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssistantSession {
    pub id: AssistantSessionId,
    pub owner: UserId,
    /// Empty until the first message names it.
    pub title: String,
    pub created_at: Timestamp,
    /// Of the newest entry.
    pub updated_at: Timestamp,
}

words! {
    /// Who said it.
    pub enum Speaker {
        Person = "person",
        Assistant = "assistant",
    }
}

words! {
    /// What a link leads to.
    pub enum LinkKind {
        Release = "release",
        Service = "service",
        Environment = "environment",
        Target = "target",
        Ticket = "ticket",
    }
}

/// `{kind, id}`: where to look at what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    pub kind: LinkKind,
    pub id: Uuid,
}

/// One entry of a session, in the order in which it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantEntry {
    /// Dense from 1.
    pub number: u32,
    pub at: Timestamp,
    #[serde(flatten)]
    pub content: EntryContent,
}

/// What an entry tells; `event` is its name on the stream of a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EntryContent {
    Message {
        from: Speaker,
        text: String,
    },
    ToolCall {
        id: Uuid,
        tool: String,
        arguments: Value,
    },
    /// `summary` is the program's own sentence: nothing of what a target, a log or a person wrote stands in it.
    ToolResult {
        id: Uuid,
        ok: bool,
        summary: String,
        links: Vec<Link>,
        /// The problem document, where it is not `ok`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<Value>,
    },
    ConfirmationRequired(Card),
    /// A problem document.
    Failed {
        problem: Value,
    },
}

/// What a person is asked to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub confirmation_id: ConfirmationId,
    pub tool: String,
    pub arguments: Value,
    /// The release, by id and number.
    pub release_id: ReleaseId,
    pub release_number: u64,
    /// The plan that was shown; a cancel has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<Hash>,
    /// What it would touch, at most as many as fit a sheet.
    pub objects: Vec<CardObject>,
    /// Whether the gates are open to this person now, and what keeps them closed (shaped as on a release).
    pub allowed: bool,
    pub reasons: Value,
    pub expires_at: Timestamp,
}

/// One object of a card's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardObject {
    pub key: String,
    pub action: crate::plan::Action,
}

words! {
    /// What a person answered to a confirmation.
    pub enum Answer {
        Accepted = "accepted",
        Declined = "declined",
    }
}

/// How a confirmation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub answer: Answer,
    pub at: Timestamp,
}

/// What waits for a person's own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub id: ConfirmationId,
    pub session: AssistantSessionId,
    pub tool: String,
    pub arguments: Value,
    pub release: ReleaseId,
    pub plan_hash: Option<Hash>,
    /// The token of the preview that was shown, sealed for `assistant_confirmations/token/<id>`.
    pub token: Option<Sealed>,
    pub expires_at: Timestamp,
    #[serde(skip)]
    pub settled: Option<Settled>,
}

/// Tokens a model has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub in_session: u64,
    /// Of the session's person, that day.
    pub in_day: u64,
}
