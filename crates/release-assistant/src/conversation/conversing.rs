//! A turn with a model: it reads, drafts, previews and submits through the catalogue; what would touch a target becomes a
//! card for the person.
//!
//! Invariant: the model is told nothing that was not masked, and never a preview token: it is given a handle, which
//! stands for the token within its turn. What others wrote reaches it marked as data. What it says is shown and never
//! carried out.

use super::Conversations;
use super::prompt::{self, Fence};
use super::texts::without_secrets;
use super::turn::{Over, Turn};
use crate::catalogue::{Catalogue, Outcome, Tool};
use crate::model::{Answer, Call, Message, Model, ModelError, ToolSpec};
use release_app::AppError;
use release_contract::problem::{Problem, ProblemDocument};
use release_domain::assistant::{EntryContent, Link};
use release_domain::ids::ReleaseId;
use release_domain::preview::RollbackTo;
use release_domain::secret::text::masked;
use serde_json::{Map, Value};
use std::time::Duration;

/// How often a turn that waits for its model looks whether it was stopped.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// A saying of the model that is longer is cut.
const MAX_SAID_CHARS: usize = 16_000;
const SECS_A_DAY: i64 = 86_400;
/// What a character costs where the endpoint does not say: models count about four to a token.
const BYTES_A_TOKEN: u64 = 4;

impl Conversations {
    pub(super) async fn converse(&self, turn: &Turn, model: &Model, text: &str) -> Result<(), Over> {
        let earlier = self
            .app
            .store
            .assistant_entries(turn.session)
            .await
            .map_err(AppError::from)?;
        let said = without_secrets(text, None, |_| true);
        turn.heard(&said).await?;
        let tools = self.catalogue.list(&turn.assistant).await?;
        let specs = specs(&tools)?;
        let fence = Fence::new(&self.app.ids.secret());
        let mut messages = vec![Message::System(prompt::system(&fence))];
        messages.extend(prompt::history(&earlier, &fence));
        messages.push(Message::User(said));
        let mut talk = Talk {
            turn,
            catalogue: &self.catalogue,
            fence,
            tokens: Vec::new(),
            asked: false,
        };
        for _ in 0..model.limits().rounds {
            let answer = talk.ask(model, &messages, &specs).await?;
            if !answer.text.trim().is_empty() {
                turn.tell(shown(&answer.text)).await?;
            }
            if answer.calls.is_empty() {
                return Ok(());
            }
            let calls = answer.calls.clone();
            messages.push(Message::Assistant {
                text: masked(&answer.text),
                calls: answer.calls,
            });
            for call in calls {
                let text = talk.call(&call, &tools).await?;
                messages.push(Message::Tool { call: call.id, text });
            }
            if talk.asked {
                return Ok(());
            }
            prompt::shorten(&mut messages);
        }
        turn.tell(turn.language.pick(
            "The model went on asking for more, so this turn ends here. What was done is listed above.",
            "模型不断继续请求，本轮到此结束。已完成的操作列在上面。",
        ))
        .await
    }
}

/// What a model said, as people are shown it: text without control characters, in bounds, without secrets.
fn shown(text: &str) -> String {
    let clean = text
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .take(MAX_SAID_CHARS);
    masked(clean.collect::<String>().trim())
}

fn specs(tools: &[Tool]) -> Result<Vec<ToolSpec>, Over> {
    let spec = |tool: &Tool| -> Result<ToolSpec, Problem> {
        let described = Catalogue::describe(*tool)?;
        Ok(ToolSpec {
            name: tool.as_str(),
            description: tool.description(),
            parameters: Value::Object(described.input.clone()),
        })
    };
    let specs: Result<Vec<_>, Problem> = tools.iter().map(spec).collect();
    specs.map_err(|problem| Over::Failed(AppError::Internal(problem.detail)))
}

/// What one turn with a model has at hand.
struct Talk<'t> {
    turn: &'t Turn,
    catalogue: &'t Catalogue,
    fence: Fence,
    /// Preview tokens by their handle's number.
    tokens: Vec<String>,
    /// A card was opened: the person is next.
    asked: bool,
}

impl Talk<'_> {
    /// One question to the model, within what it may cost, until the turn is stopped.
    async fn ask(&self, model: &Model, messages: &[Message], specs: &[ToolSpec]) -> Result<Answer, Over> {
        let (store, session) = (&self.turn.app.store, self.turn.session);
        let day = self.turn.app.now().unix_micros().div_euclid(SECS_A_DAY * 1_000_000);
        let day = u32::try_from(day).unwrap_or(0);
        let spent = store.spent_tokens(session, day).await.map_err(AppError::from)?;
        if spent.in_session >= model.limits().session_tokens {
            return Err(Over::Model(ModelError::SessionSpent));
        }
        if spent.in_day >= model.limits().day_tokens {
            return Err(Over::Model(ModelError::DaySpent));
        }
        let answering = model.answer(messages, specs);
        tokio::pin!(answering);
        let answer = loop {
            tokio::select! {
                answer = &mut answering => break answer.map_err(Over::Model)?,
                () = tokio::time::sleep(LOOK_EVERY) => self.turn.stands().await?,
            }
        };
        let bytes: usize = messages.iter().map(Message::bytes).sum::<usize>() + answer.text.len();
        let tokens = answer.tokens.unwrap_or(bytes as u64 / BYTES_A_TOKEN);
        store.spend_tokens(session, day, tokens).await.map_err(AppError::from)?;
        self.turn.stands().await?;
        Ok(answer)
    }

    /// Carries out what the model asked for, and yields what it is told.
    async fn call(&mut self, call: &Call, tools: &[Tool]) -> Result<String, Over> {
        self.turn.stands().await?;
        let Some(tool) = Tool::named(&call.name).filter(|tool| tools.contains(tool)) else {
            return Ok("There is no tool of that name.".into());
        };
        if self.asked {
            return Ok("The person was asked to confirm something first; nothing more is done in this turn.".into());
        }
        let Ok(arguments) = serde_json::from_str::<Map<String, Value>>(arguments_of(call)) else {
            return Ok("The arguments are not a JSON object.".into());
        };
        let id = self.turn.app.ids.next();
        let content = EntryContent::ToolCall {
            id,
            tool: tool.as_str().to_owned(),
            arguments: without_values(&arguments),
        };
        self.turn.keep(content, None).await?;
        let arguments = self.with_tokens(arguments);
        let outcome = Box::pin(self.catalogue.call(&self.turn.assistant, tool, arguments.clone())).await;
        let (content, text) = match outcome {
            Ok(Outcome::Done(answer)) => {
                let links = answer.links.iter().filter_map(|link| {
                    let kind = link.kind.parse().ok()?;
                    Some(Link { kind, id: link.id })
                });
                let result = EntryContent::ToolResult {
                    id,
                    ok: true,
                    summary: masked(&answer.text),
                    links: links.collect(),
                    problem: None,
                };
                let mut structured = answer.structured;
                let handle = self.handled(&mut structured);
                let mut text = self.fence.around(&structured.to_string());
                if let Some(handle) = handle {
                    text.push_str(&format!("\nGive `{handle}` where its preview token is asked for."));
                }
                (result, text)
            }
            Ok(Outcome::Confirm(_)) => {
                let summary = self
                    .turn
                    .language
                    .pick("This is the person's own to confirm.", "这需要你本人确认。");
                let result = EntryContent::ToolResult {
                    id,
                    ok: true,
                    summary,
                    links: Vec::new(),
                    problem: None,
                };
                self.turn.keep(result, None).await?;
                self.confirm(tool, &arguments).await?;
                return Ok("The person is asked to confirm this plan. Nothing has run.".into());
            }
            Err(refused) => {
                let document = ProblemDocument::of(&refused.problem, None, None);
                let result = EntryContent::ToolResult {
                    id,
                    ok: false,
                    summary: masked(&refused.text()),
                    links: Vec::new(),
                    problem: serde_json::to_value(document).ok(),
                };
                (result, self.fence.around(&refused.structured(None, None).to_string()))
            }
        };
        self.turn.keep(content, None).await?;
        Ok(text)
    }

    /// Opens the card that the command of the same name opens.
    async fn confirm(&mut self, tool: Tool, arguments: &Map<String, Value>) -> Result<(), Over> {
        let text = |name: &str| arguments.get(name).and_then(Value::as_str);
        let release: Option<ReleaseId> = text("release_id").and_then(|id| id.parse().ok());
        let Some(release) = release else {
            return Ok(());
        };
        self.asked = true;
        let to = match text("to") {
            None => None,
            Some("uninstall") => Some(RollbackTo::Uninstall),
            Some(id) => id.parse().ok().map(RollbackTo::Release),
        };
        self.turn.confirm_tool(tool, release, text("reason"), to).await
    }

    /// The arguments with the tokens that their handles stand for.
    fn with_tokens(&self, mut arguments: Map<String, Value>) -> Map<String, Value> {
        if let Some(given) = arguments.get_mut("preview_token") {
            let number = given
                .as_str()
                .and_then(|handle| handle.strip_prefix(HANDLE)?.parse::<usize>().ok());
            if let Some(token) = number.and_then(|number| self.tokens.get(number)) {
                *given = Value::String(token.clone());
            }
        }
        arguments
    }

    /// Keeps the token of an answer, and yields what the model is told of it: its handle.
    fn handled(&mut self, answer: &mut Value) -> Option<String> {
        let Value::String(token) = answer.as_object_mut()?.remove("preview_token")? else {
            return None;
        };
        self.tokens.push(token);
        Some(format!("{HANDLE}{}", self.tokens.len() - 1))
    }
}

/// What a model is given for a preview token.
const HANDLE: &str = "preview-";

/// Nothing is an empty object.
fn arguments_of(call: &Call) -> &str {
    match call.arguments.trim() {
        "" => "{}",
        given => given,
    }
}

/// Arguments as they are kept and shown: whatever looks like a secret masked, values of variables too, since nobody here
/// knows which of them are.
fn without_values(arguments: &Map<String, Value>) -> Value {
    let mut kept = arguments.clone();
    if let Some(Value::Object(variables)) = kept.get_mut("variables") {
        for (name, value) in variables.iter_mut() {
            if release_domain::secret::name_looks_secret(name) {
                *value = release_domain::secret::MASK.into();
            }
        }
    }
    masked_value(Value::Object(kept))
}

fn masked_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(masked(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(masked_value).collect()),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| (name, masked_value(value)))
                .collect(),
        ),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}
