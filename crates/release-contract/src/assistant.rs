//! Sessions with the assistant, their entries, and what a turn streams.

use crate::body::Input;
use crate::common::ActionReason;
use crate::list::list;
use crate::problem::ProblemDocument;
use crate::scalar::{HashHex, Time};
use crate::word;
use release_domain::assistant as domain;
use release_domain::ids::ConfirmationId;
use release_domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A conversation of the caller with the assistant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantSession {
    pub id: Uuid,
    /// Empty until the first message names it.
    pub title: String,
    pub created_at: Time,
    /// Of the newest entry.
    pub updated_at: Time,
}

list! {
    /// The caller's own sessions, newest first.
    AssistantSessionList of AssistantSession
}

impl From<&domain::AssistantSession> for AssistantSession {
    fn from(session: &domain::AssistantSession) -> Self {
        Self {
            id: session.id.0,
            title: session.title.clone(),
            created_at: Time(session.created_at),
            updated_at: Time(session.updated_at),
        }
    }
}

/// A session with everything in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantSessionWithEntries {
    #[serde(flatten)]
    pub session: AssistantSession,
    /// In the order in which they came.
    pub entries: Vec<AssistantEntry>,
}

impl AssistantSessionWithEntries {
    /// As it was read at an instant: what has not been answered by then has expired, or is open.
    #[must_use]
    pub fn of(
        session: &domain::AssistantSession,
        entries: &[domain::AssistantEntry],
        confirmations: &[domain::Confirmation],
        read_at: Timestamp,
    ) -> Self {
        let status = |id: ConfirmationId| {
            let asked = confirmations.iter().find(|asked| asked.id == id);
            match asked.and_then(|asked| asked.settled) {
                Some(settled) => settled.answer.as_str(),
                None if asked.is_none_or(|asked| asked.expires_at <= read_at) => EXPIRED,
                None => OPEN,
            }
        };
        Self {
            entries: entries
                .iter()
                .map(|entry| AssistantEntry::with(entry, &status))
                .collect(),
            session: session.into(),
        }
    }
}

const OPEN: &str = "open";
const EXPIRED: &str = "expired";

/// One entry of a session: what `event` names. On the stream of a turn, each is the data of an event of that name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AssistantEntry {
    Message(AssistantMessage),
    ToolCall(AssistantToolCall),
    ToolResult(AssistantToolResult),
    ConfirmationRequired(AssistantConfirmation),
    Failed(AssistantFailure),
}

/// Something said: plain text or Markdown without HTML. What others wrote stands in quoted lines (`> `).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantMessage {
    #[schema(value_type = word::MessageEvent)]
    pub event: &'static str,
    pub number: u32,
    pub at: Time,
    #[schema(value_type = word::Speaker)]
    pub from: domain::Speaker,
    pub text: String,
}

/// A step about to be taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantToolCall {
    #[schema(value_type = word::ToolCallEvent)]
    pub event: &'static str,
    pub number: u32,
    pub at: Time,
    /// The same on its result.
    pub id: Uuid,
    /// Of the catalogue.
    pub tool: String,
    /// Secrets masked.
    #[schema(value_type = Object)]
    pub arguments: Value,
}

/// What came of a step, or of a confirmation (by its id).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantToolResult {
    #[schema(value_type = word::ToolResultEvent)]
    pub event: &'static str,
    pub number: u32,
    pub at: Time,
    pub id: Uuid,
    pub ok: bool,
    /// The program's own sentence.
    pub summary: String,
    pub links: Vec<AssistantLink>,
    /// Why not, where a problem says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemDocument>)]
    pub problem: Option<Value>,
}

/// Where to look at what was done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct AssistantLink {
    #[schema(value_type = word::LinkKind)]
    pub kind: domain::LinkKind,
    pub id: Uuid,
}

/// What waits for the person's own answer, and the plan it is bound to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantConfirmation {
    #[schema(value_type = word::ConfirmationRequiredEvent)]
    pub event: &'static str,
    pub number: u32,
    pub at: Time,
    pub confirmation_id: Uuid,
    #[schema(value_type = word::ConfirmationStatus)]
    pub status: &'static str,
    /// Of the catalogue.
    pub tool: String,
    /// `comment` of a submit, `reason` of a cancel or rollback may be edited.
    #[schema(value_type = Object)]
    pub arguments: Value,
    pub release: AssistantRelease,
    /// A cancel has no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<HashHex>,
    /// What the plan touches; the release's page has all of it.
    pub objects: Vec<AssistantObject>,
    /// Whether the gates were open to this person when it was asked.
    pub allowed: bool,
    #[schema(value_type = Vec<ActionReason>)]
    pub reasons: Value,
    pub expires_at: Time,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct AssistantRelease {
    pub id: Uuid,
    pub number: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantObject {
    pub key: String,
    #[schema(value_type = word::PlanAction)]
    pub action: release_domain::plan::Action,
}

/// The turn ended early; what was done before it stays and is listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssistantFailure {
    #[schema(value_type = word::FailedEvent)]
    pub event: &'static str,
    pub number: u32,
    pub at: Time,
    #[schema(value_type = ProblemDocument)]
    pub problem: Value,
}

impl AssistantEntry {
    /// As it is told on a stream: a confirmation that was just asked for is open.
    #[must_use]
    pub fn fresh(entry: &domain::AssistantEntry) -> Self {
        Self::with(entry, &|_| OPEN)
    }

    fn with(entry: &domain::AssistantEntry, status: &dyn Fn(ConfirmationId) -> &'static str) -> Self {
        let (number, at) = (entry.number, Time(entry.at));
        match &entry.content {
            domain::EntryContent::Message { from, text } => Self::Message(AssistantMessage {
                event: "message",
                number,
                at,
                from: *from,
                text: text.clone(),
            }),
            domain::EntryContent::ToolCall { id, tool, arguments } => Self::ToolCall(AssistantToolCall {
                event: "tool_call",
                number,
                at,
                id: *id,
                tool: tool.clone(),
                arguments: arguments.clone(),
            }),
            domain::EntryContent::ToolResult {
                id,
                ok,
                summary,
                links,
                problem,
            } => Self::ToolResult(AssistantToolResult {
                event: "tool_result",
                number,
                at,
                id: *id,
                ok: *ok,
                summary: summary.clone(),
                links: links.iter().map(AssistantLink::from).collect(),
                problem: problem.clone(),
            }),
            domain::EntryContent::ConfirmationRequired(card) => {
                Self::ConfirmationRequired(confirmation((number, at), card, status(card.confirmation_id)))
            }
            domain::EntryContent::Failed { problem } => Self::Failed(AssistantFailure {
                event: "failed",
                number,
                at,
                problem: problem.clone(),
            }),
        }
    }

    /// The name of its event on a stream.
    #[must_use]
    pub const fn event(&self) -> &'static str {
        match self {
            Self::Message(message) => message.event,
            Self::ToolCall(call) => call.event,
            Self::ToolResult(result) => result.event,
            Self::ConfirmationRequired(asked) => asked.event,
            Self::Failed(failed) => failed.event,
        }
    }
}

fn confirmation((number, at): (u32, Time), card: &domain::Card, status: &'static str) -> AssistantConfirmation {
    let object = |object: &domain::CardObject| AssistantObject {
        key: object.key.clone(),
        action: object.action,
    };
    AssistantConfirmation {
        event: "confirmation_required",
        number,
        at,
        confirmation_id: card.confirmation_id.0,
        status,
        tool: card.tool.clone(),
        arguments: card.arguments.clone(),
        release: AssistantRelease {
            id: card.release_id.0,
            number: card.release_number,
        },
        plan_hash: card.plan_hash.map(HashHex),
        objects: card.objects.iter().map(object).collect(),
        allowed: card.allowed,
        reasons: card.reasons.clone(),
        expires_at: Time(card.expires_at),
    }
}

impl From<&domain::Link> for AssistantLink {
    fn from(link: &domain::Link) -> Self {
        Self {
            kind: link.kind,
            id: link.id,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginAssistantSession {
    /// Left out: the first message names it.
    pub title: Option<String>,
}

impl Input for BeginAssistantSession {
    const OPTIONAL: bool = true;
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// A command, or with a model anything; at most 4,000 characters.
    pub text: String,
}

impl Input for Say {}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub confirmation_id: Uuid,
    /// False declines it.
    pub accept: bool,
    /// As edited; left out: as shown.
    #[schema(value_type = Option<Object>)]
    pub arguments: Option<Map<String, Value>>,
}

impl Input for Confirm {}
