//! The person's own act: one answer to one confirmation, then the use case, with every gate of its own.

use super::card::{action_of, token_row, unknown_tool};
use super::texts::Language;
use super::{Conversations, person, problem_of};
use crate::catalogue::Tool;
use release_app::releases::{apply, cancel, rollback, submit};
use release_app::view::{ActionName, ReleaseView};
use release_app::{AppError, Call, Caller, Done, FieldError};
use release_domain::approval::TicketStatus;
use release_domain::assistant::{Answer, AssistantEntry, Confirmation, EntryContent, Link, LinkKind, Settled, Speaker};
use release_domain::ids::{AssistantSessionId, ConfirmationId};
use release_domain::lifecycle::LifecycleState;
use release_domain::refusal::Refusal;
use release_domain::secret::SecretText;
use serde_json::{Map, Value};

/// A reason is a sentence, not a document; as the use cases have it.
const MAX_REASON_CHARS: usize = 2_000;

/// A person's answer to a confirmation.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub confirmation_id: ConfirmationId,
    pub accept: bool,
    /// As edited on the sheet; left out: as shown.
    pub arguments: Option<Map<String, Value>>,
}

impl Conversations {
    /// Answers a confirmation. Accepted, it is carried out as the person's own act, once, with the token of the plan
    /// that was shown; the entry yielded says what came of it. What a gate refuses is such an entry too.
    ///
    /// # Errors
    /// As [`Conversations::get`]; `Invalid` for arguments that do not fit (the confirmation stays open);
    /// `ticket_closed` for one that was answered, or whose time is over.
    pub async fn confirm(
        &self,
        caller: &Caller,
        id: AssistantSessionId,
        given: Confirmed,
    ) -> Result<AssistantEntry, AppError> {
        self.own(caller, id).await?;
        let found = self.app.store.confirmation(given.confirmation_id).await?;
        let Some(asked) = found.filter(|asked| asked.session == id) else {
            let message = "this session asked for no such confirmation";
            return Err(AppError::invalid("/confirmation_id", "not_found", message));
        };
        let now = self.app.now();
        if let Some(settled) = asked.settled {
            return Err(closed(answered(settled.answer)));
        }
        if asked.expires_at <= now {
            return Err(closed(TicketStatus::Expired));
        }
        let tool = Tool::named(&asked.tool).ok_or_else(|| unknown_tool(&asked.tool))?;
        let action = action_of(tool).ok_or_else(|| unknown_tool(&asked.tool))?;
        let arguments = edited(action, &asked, given.arguments)?;
        let settled = Settled {
            answer: if given.accept {
                Answer::Accepted
            } else {
                Answer::Declined
            },
            at: now,
        };
        // Before anything is done: whoever comes second does nothing.
        if !self.app.store.settle_confirmation(asked.id, settled).await? {
            let other = self
                .app
                .store
                .confirmation(asked.id)
                .await?
                .and_then(|asked| asked.settled);
            return Err(closed(
                other.map_or(TicketStatus::Withdrawn, |other| answered(other.answer)),
            ));
        }
        let language = self.language(id).await?;
        if !given.accept {
            let text = language.pick("Declined: nothing was done.", "已拒绝：什么也没有做。");
            return self.result(&asked, false, text, Vec::new(), None).await;
        }
        let call = EntryContent::ToolCall {
            id: asked.id.0,
            tool: asked.tool.clone(),
            arguments: Value::Object(arguments.clone()),
        };
        self.app
            .store
            .add_assistant_entry(id, self.app.now(), &call, None)
            .await?;
        let release = Link {
            kind: LinkKind::Release,
            id: asked.release.0,
        };
        match Box::pin(self.act(&person(caller), action, &asked, &arguments)).await {
            Ok(view) => {
                let links = [release].into_iter().chain(ticket_of(&view)).collect();
                self.result(&asked, true, done(language, action, &view), links, None)
                    .await
            }
            Err(error) => {
                let ticket = match &error {
                    AppError::Refused(Refusal::ApprovalRequired { ticket, .. }) => *ticket,
                    _ => None,
                };
                let ticket = ticket.map(|ticket| Link {
                    kind: LinkKind::Ticket,
                    id: ticket.0,
                });
                let links = [release].into_iter().chain(ticket).collect();
                let problem = problem_of(&error);
                self.result(&asked, false, error.to_string(), links, Some(problem))
                    .await
            }
        }
    }

    async fn act(
        &self,
        person: &Caller,
        action: ActionName,
        asked: &Confirmation,
        arguments: &Map<String, Value>,
    ) -> Result<ReleaseView, AppError> {
        let (app, id) = (self.app.as_ref(), asked.release);
        let call = Call::plain(person);
        let token = self.token(asked)?;
        let token = token.as_ref().map(SecretText::expose);
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(str::to_owned);
        let done = match action {
            ActionName::Submit => submit::submit(app, &call, id, token, text("comment")).await?,
            ActionName::Apply => {
                if is_open(&app.view_of(person, id).await?, ActionName::Submit) {
                    let submitted = fresh(submit::submit(app, &call, id, token, None).await?)?;
                    // The policy has come to ask for an approval since the card was shown.
                    if submitted.release.state() == LifecycleState::PendingApproval {
                        return Ok(submitted);
                    }
                }
                apply::apply(app, &call, id, token, None).await?
            }
            ActionName::Cancel => cancel::cancel(app, &call, id, text("reason").unwrap_or_default()).await?,
            ActionName::Rollback => {
                rollback::rollback(app, &call, id, token, text("reason").unwrap_or_default()).await?
            }
            ActionName::Edit
            | ActionName::Preview
            | ActionName::BreakGlass
            | ActionName::Observe
            | ActionName::Copy => {
                return Err(unknown_tool(&asked.tool));
            }
        };
        fresh(done)
    }

    fn token(&self, asked: &Confirmation) -> Result<Option<SecretText>, AppError> {
        let opened = asked
            .token
            .as_ref()
            .map(|sealed| self.app.sealer.open(&token_row(asked.id), sealed));
        opened
            .transpose()
            .map_err(|error| AppError::Internal(error.to_string()))
    }

    /// That of the person's newest text.
    async fn language(&self, id: AssistantSessionId) -> Result<Language, AppError> {
        let entries = self.app.store.assistant_entries(id).await?;
        let newest = entries.iter().rev().find_map(|entry| match &entry.content {
            EntryContent::Message {
                from: Speaker::Person,
                text,
            } => Some(text),
            EntryContent::Message { .. }
            | EntryContent::ToolCall { .. }
            | EntryContent::ToolResult { .. }
            | EntryContent::ConfirmationRequired(_)
            | EntryContent::Failed { .. } => None,
        });
        Ok(newest.map_or(Language::English, |text| Language::of(text)))
    }

    /// Keeps what came of it. A session that was deleted meanwhile keeps nothing, and the person is told all the same.
    async fn result(
        &self,
        asked: &Confirmation,
        ok: bool,
        summary: String,
        links: Vec<Link>,
        problem: Option<Value>,
    ) -> Result<AssistantEntry, AppError> {
        let content = EntryContent::ToolResult {
            id: asked.id.0,
            ok,
            summary,
            links,
            problem,
        };
        let at = self.app.now();
        let number = self
            .app
            .store
            .add_assistant_entry(asked.session, at, &content, None)
            .await?;
        Ok(AssistantEntry {
            number: number.unwrap_or_default(),
            at,
            content,
        })
    }
}

fn closed(status: TicketStatus) -> AppError {
    AppError::Refused(Refusal::TicketClosed(status))
}

fn answered(answer: Answer) -> TicketStatus {
    match answer {
        Answer::Accepted => TicketStatus::Approved,
        Answer::Declined => TicketStatus::Rejected,
    }
}

/// The use case was called without an idempotency key: nothing is replayed.
fn fresh(done: Done<ReleaseView>) -> Result<ReleaseView, AppError> {
    match done {
        Done::Fresh(view) => Ok(view),
        Done::Replayed(_) => Err(AppError::Internal("a stored answer to a call that has no key".into())),
    }
}

fn is_open(view: &ReleaseView, name: ActionName) -> bool {
    view.actions.iter().any(|action| action.name == name && action.allowed)
}

/// The arguments that are carried out. What was shown with the plan stays as it was shown; words may be edited.
fn edited(
    action: ActionName,
    asked: &Confirmation,
    given: Option<Map<String, Value>>,
) -> Result<Map<String, Value>, AppError> {
    let mut arguments = asked.arguments.as_object().cloned().unwrap_or_default();
    let (word, needed) = match action {
        ActionName::Submit => ("comment", false),
        ActionName::Cancel | ActionName::Rollback => ("reason", true),
        ActionName::Apply
        | ActionName::Edit
        | ActionName::Preview
        | ActionName::BreakGlass
        | ActionName::Observe
        | ActionName::Copy => ("", false),
    };
    let mut wrong = Vec::new();
    for (name, value) in given.unwrap_or_default() {
        let pointer = format!("/arguments/{}", name.replace('~', "~0").replace('/', "~1"));
        let mut refuse = |code, message: String| wrong.push(FieldError::new(pointer.clone(), code, message));
        match (&value, arguments.get(&name)) {
            (Value::String(text), _) if name == word => match text.chars().count() {
                chars if chars > MAX_REASON_CHARS => {
                    refuse("too_long", format!("at most {MAX_REASON_CHARS} characters"))
                }
                _ if needed && text.trim().is_empty() => refuse("required", "say why".into()),
                _ => {
                    arguments.insert(name, value);
                }
            },
            (_, _) if name == word => refuse("invalid_type", "this is not text".into()),
            (_, Some(shown)) if *shown == value => {}
            (_, Some(_)) => refuse("fixed", "another one has another plan: ask for it anew".into()),
            (_, None) => refuse("unknown_field", "there is no such argument".into()),
        }
    }
    match wrong.is_empty() {
        true => Ok(arguments),
        false => Err(AppError::Invalid(wrong)),
    }
}

fn ticket_of(view: &ReleaseView) -> Option<Link> {
    view.approval.ticket_id.map(|id| Link {
        kind: LinkKind::Ticket,
        id: id.0,
    })
}

fn done(language: Language, action: ActionName, view: &ReleaseView) -> String {
    let number = view.release.number;
    let state = view.release.state();
    let waits = state == LifecycleState::PendingApproval;
    match action {
        ActionName::Submit | ActionName::Apply if waits => language.pick(
            format!(
                "Release {number} is submitted and waits for {} approval(s).",
                view.approval.required
            ),
            format!("发布 {number} 已提交，等待 {} 个批准。", view.approval.required),
        ),
        ActionName::Submit => language.pick(
            format!("Release {number} is submitted; it needs no approval. `apply {number}` runs it."),
            format!("发布 {number} 已提交，无需批准。`应用 {number}` 即可执行。"),
        ),
        ActionName::Apply => language.pick(
            format!("Release {number} is being applied. `status {number}` says how far it is."),
            format!("发布 {number} 正在应用。`状态 {number}` 查看进度。"),
        ),
        ActionName::Rollback => language.pick(
            format!("Release {number} is being rolled back. `status {number}` says how far it is."),
            format!("发布 {number} 正在回滚。`状态 {number}` 查看进度。"),
        ),
        ActionName::Cancel if state == LifecycleState::Applying => language.pick(
            format!("Release {number} was told to stop; it ends once its step has."),
            format!("已要求发布 {number} 停止，当前步骤结束后生效。"),
        ),
        ActionName::Cancel
        | ActionName::Edit
        | ActionName::Preview
        | ActionName::BreakGlass
        | ActionName::Observe
        | ActionName::Copy => language.pick(
            format!("Release {number} is {state}."),
            format!("发布 {number} 的状态是 {state}。"),
        ),
    }
}
