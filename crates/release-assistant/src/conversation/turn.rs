//! One turn: a person's text, and everything that comes of it, told as it happens and kept.
//!
//! Invariant: an entry is kept before it is told, and every step is preceded by a look whether the turn still stands. A
//! turn whose listener has gone runs on: what it does is in the session.

use super::texts::{Language, title};
use super::{Conversations, MAX_ENTRIES, MAX_TEXT_CHARS, TURN_SECS, assistant, person, problem_of};
use crate::catalogue::Tool;
use crate::interpreter;
use crate::model::ModelError;
use futures::future::BoxFuture;
use release_app::{App, AppError, Caller};
use release_contract::problem::{Problem, ProblemCode, ProblemDocument};
use release_domain::assistant::{AssistantEntry, Confirmation, EntryContent, Link, Speaker};
use release_domain::ids::AssistantSessionId;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;

/// A turn that has begun: what it tells until it is over, and the work that must be driven to its end.
pub struct Begun {
    pub entries: mpsc::UnboundedReceiver<AssistantEntry>,
    pub work: BoxFuture<'static, ()>,
}

/// Why a turn ends before its time.
pub(super) enum Over {
    /// Somebody stopped it, or its session is gone.
    Stopped,
    /// It has been told already.
    Told,
    Failed(AppError),
    /// The model gave no answer.
    Model(ModelError),
}

impl From<AppError> for Over {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

impl Conversations {
    /// Begins a turn with what the person says.
    ///
    /// # Errors
    /// As [`Conversations::get`]; `Invalid` for a text that is empty or too long, or a session that is full; `InUse`
    /// while another turn runs in it.
    pub async fn say(&self, caller: &Caller, id: AssistantSessionId, text: String) -> Result<Begun, AppError> {
        let session = self.own(caller, id).await?;
        let chars = text.trim().chars().count();
        if chars == 0 || chars > MAX_TEXT_CHARS {
            let (code, message) = match chars {
                0 => ("required", "say something".to_owned()),
                _ => ("too_long", format!("at most {MAX_TEXT_CHARS} characters")),
            };
            return Err(AppError::invalid("/text", code, message));
        }
        if self.app.store.assistant_entries(id).await?.len() >= MAX_ENTRIES {
            let message = "this session is full: begin another".to_owned();
            return Err(AppError::invalid("", "out_of_range", message));
        }
        let (turn, now) = (self.app.ids.next(), self.app.now());
        if !self
            .app
            .store
            .claim_turn(id, turn, now, now.plus_secs(TURN_SECS))
            .await?
        {
            return Err(AppError::InUse(
                "another turn of this session is running; stop it first".into(),
            ));
        }
        let (told, entries) = mpsc::unbounded_channel();
        let turn = Turn {
            id: turn,
            session: id,
            app: self.app.clone(),
            person: person(caller),
            assistant: assistant(caller),
            language: Language::of(&text),
            untitled: session.title.is_empty(),
            told,
        };
        let conversations = self.clone();
        Ok(Begun {
            entries,
            work: Box::pin(async move { conversations.run(turn, text).await }),
        })
    }

    async fn run(&self, turn: Turn, text: String) {
        let outcome = match (&self.model, interpreter::read(&text)) {
            // A whole command is carried out as one, whoever else could answer.
            (Some(model), Err(_)) => self.converse(&turn, model, &text).await,
            (Some(_), Ok(_)) | (None, _) => self.command(&turn, &text).await,
        };
        let told = match outcome {
            Ok(()) | Err(Over::Told) => Ok(()),
            Err(Over::Stopped) => turn.tell_stopped().await,
            Err(Over::Model(error)) => {
                let problem = unanswered(&error);
                turn.keep(EntryContent::Failed { problem }, None).await
            }
            Err(Over::Failed(error)) => {
                let problem = problem_of(&error);
                turn.keep(EntryContent::Failed { problem }, None).await
            }
        };
        if let Err(Over::Failed(error)) = told {
            tracing::error!(%error, session = %turn.session, "an entry of a session could not be kept");
        }
        turn.end().await;
    }
}

/// The problem of a model that gave no answer.
fn unanswered(error: &ModelError) -> Value {
    let code = match error {
        ModelError::SessionSpent | ModelError::DaySpent => ProblemCode::RateLimited,
        ModelError::Unreachable
        | ModelError::Status(_)
        | ModelError::Cut
        | ModelError::Slow
        | ModelError::TooLarge
        | ModelError::Malformed => ProblemCode::Unavailable,
    };
    let detail = format!("{error}: nothing more was done, and nothing of that answer");
    let document = ProblemDocument::of(&Problem::new(code, detail), None, None);
    serde_json::to_value(document).unwrap_or_default()
}

/// What the steps of a turn work with.
pub(super) struct Turn {
    id: Uuid,
    pub session: AssistantSessionId,
    pub app: Arc<App>,
    /// The person by their own hand: what cards show is open to them.
    pub person: Caller,
    /// The assistant for the person: who reads, drafts, previews and submits.
    pub assistant: Caller,
    pub language: Language,
    untitled: bool,
    told: mpsc::UnboundedSender<AssistantEntry>,
}

impl Turn {
    /// # Errors
    /// The turn was stopped.
    pub async fn stands(&self) -> Result<(), Over> {
        let holds = self.app.store.holds_turn(self.session, self.id).await;
        match holds.map_err(AppError::from)? {
            true => Ok(()),
            false => Err(Over::Stopped),
        }
    }

    /// What the person said, without its secrets; it names a session that has no title.
    pub async fn heard(&self, text: &str) -> Result<(), Over> {
        if self.untitled {
            let named = self.app.store.name_assistant_session(self.session, &title(text)).await;
            named.map_err(AppError::from)?;
        }
        let content = EntryContent::Message {
            from: Speaker::Person,
            text: text.to_owned(),
        };
        let added = self
            .app
            .store
            .add_assistant_entry(self.session, self.app.now(), &content, None)
            .await;
        match added.map_err(AppError::from)? {
            Some(_) => Ok(()),
            None => Err(Over::Stopped),
        }
    }

    /// Says something to the person.
    pub async fn tell(&self, text: impl Into<String>) -> Result<(), Over> {
        let content = EntryContent::Message {
            from: Speaker::Assistant,
            text: text.into(),
        };
        self.keep(content, None).await
    }

    /// Keeps an entry, with the confirmation it asks for, and tells it.
    pub async fn keep(&self, content: EntryContent, confirmation: Option<&Confirmation>) -> Result<(), Over> {
        let at = self.app.now();
        let added = self
            .app
            .store
            .add_assistant_entry(self.session, at, &content, confirmation)
            .await;
        let Some(number) = added.map_err(AppError::from)? else {
            return Err(Over::Stopped);
        };
        // Whoever listened may have gone; the entry is kept.
        let _ = self.told.send(AssistantEntry { number, at, content });
        Ok(())
    }

    /// One step: told before it is taken, and with its outcome after.
    pub async fn step<T>(
        &self,
        tool: Tool,
        arguments: Value,
        work: impl Future<Output = Result<T, AppError>> + Send,
        tell: impl FnOnce(&T) -> (String, Vec<Link>),
    ) -> Result<T, Over> {
        self.stands().await?;
        let id = self.app.ids.next();
        let call = EntryContent::ToolCall {
            id,
            tool: tool.as_str().to_owned(),
            arguments,
        };
        self.keep(call, None).await?;
        match work.await {
            Ok(outcome) => {
                let (summary, links) = tell(&outcome);
                let result = EntryContent::ToolResult {
                    id,
                    ok: true,
                    summary,
                    links,
                    problem: None,
                };
                self.keep(result, None).await?;
                Ok(outcome)
            }
            Err(error) => {
                let result = EntryContent::ToolResult {
                    id,
                    ok: false,
                    summary: error.to_string(),
                    links: Vec::new(),
                    problem: Some(problem_of(&error)),
                };
                self.keep(result, None).await?;
                Err(Over::Told)
            }
        }
    }

    async fn tell_stopped(&self) -> Result<(), Over> {
        let text = self.language.pick(
            "Stopped. What was done before stays, and is listed above.",
            "已停止。此前完成的操作保留，并列在上面。",
        );
        match self.tell(text).await {
            // Its session is gone: nobody is left to tell.
            Err(Over::Stopped) => Ok(()),
            told => told,
        }
    }

    async fn end(self) {
        // A turn that was stopped and followed by another must not end that one.
        if self.stands().await.is_ok()
            && let Err(error) = self.app.store.end_turn(self.session).await
        {
            tracing::warn!(%error, session = %self.session, "a turn lapses by itself");
        }
    }
}
