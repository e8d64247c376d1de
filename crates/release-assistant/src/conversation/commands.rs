//! What a command does: reads, drafts, previews, and asks. Nothing here touches a target.

use super::card::action_of;
use super::names::{Ask, Asked, Names, Place};
use super::texts::{self, Language};
use super::turn::{Over, Turn};
use super::{Conversations, reading};
use crate::catalogue::Tool;
use crate::interpreter::{self, Intent, NewRelease, Number, Rollback};
use release_app::catalogue::services;
use release_app::releases::create::NewDraft;
use release_app::releases::draft::DraftEdit;
use release_app::releases::preview::PreviewView;
use release_app::releases::{create, get, preview, rollback_preview};
use release_app::view::{ActionName, ReleaseView};
use release_app::{AppError, Call, Done};
use release_domain::assistant::{Link, LinkKind};
use release_domain::catalogue::ServiceRevision;
use release_domain::ids::ReleaseId;
use release_domain::plan::{CheckStatus, PlanSummary};
use release_domain::preview::RollbackTo;
use release_domain::secret::{MASK, name_looks_secret};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

impl Conversations {
    /// Carries a text out as a command, or says why it is none.
    pub(super) async fn command(&self, turn: &Turn, text: &str) -> Result<(), Over> {
        let read = interpreter::read(text);
        if let Ok(Intent::Release(new)) = &read {
            return turn.release(text, new).await;
        }
        turn.heard(&texts::without_secrets(text, None, |_| true)).await?;
        let intent = match read {
            Ok(intent) => intent,
            Err(misread) => return turn.tell(texts::misread(turn.language, text, &misread)).await,
        };
        match intent {
            Intent::Release(_) => Ok(()),
            Intent::Preview(number) => turn.preview(&number).await,
            Intent::Plan(number) => reading::plan(turn, &number).await,
            Intent::Submit(number) => turn.confirm_plan(&number, Tool::SubmitRelease).await,
            Intent::Apply(number) => turn.confirm_plan(&number, Tool::ApplyRelease).await,
            Intent::Cancel(number) => turn.confirm_cancel(&number).await,
            Intent::Status(subject) => reading::status(turn, subject.as_ref()).await,
            Intent::Timeline(number) => reading::timeline(turn, &number).await,
            Intent::Why(number) => reading::why(turn, &number).await,
            Intent::Rollback(what) => turn.confirm_rollback(&what).await,
            Intent::Pending => reading::pending(turn).await,
            Intent::Help => turn.tell(texts::help(turn.language)).await,
        }
    }
}

impl Turn {
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            app: &self.app,
            caller: &self.assistant,
            language: self.language,
        }
    }

    /// What was asked for, or the question that has been put to the person.
    pub(super) async fn named<T>(&self, asked: Asked<T>) -> Result<T, Over> {
        match asked? {
            Ok(found) => Ok(found),
            Err(Ask(question)) => {
                self.tell(question).await?;
                Err(Over::Told)
            }
        }
    }

    /// `release …`: a draft, its preview, and the card.
    async fn release(&self, text: &str, new: &NewRelease) -> Result<(), Over> {
        let placed = self.names().place(new).await;
        let revision = match &placed {
            Ok(Ok(place)) => services::get(&self.app, &self.assistant, place.service.service.id).await,
            // Without the service nobody knows which of its variables are secret: all are taken for it.
            Ok(Err(_)) | Err(_) => Err(AppError::NotFound),
        };
        let revision = revision.ok().and_then(|view| view.revision);
        let secret = |name: &str| match &revision {
            Some(revision) => revision.variables.iter().any(|spec| spec.name == name && spec.secret),
            None => true,
        };
        self.heard(&texts::without_secrets(text, Some(new), secret)).await?;
        let place = self.named(placed).await?;
        let revision = revision
            .as_ref()
            .ok_or_else(|| AppError::Internal("a service without a revision".into()))?;
        let variables = match variables(self.language, new, &place, revision) {
            Ok(variables) => variables,
            Err(Ask(question)) => return self.tell(question).await,
        };
        let view = self.draft(new, &place, variables, &secret).await?;
        let shown = self.plan(&view).await?;
        let tool = match shown.approval.required {
            0 => Tool::ApplyRelease,
            _ => Tool::SubmitRelease,
        };
        self.ask(
            tool,
            view.release.id,
            json!({"release_id": view.release.id}),
            Some(&shown),
        )
        .await
    }

    async fn draft(
        &self,
        new: &NewRelease,
        place: &Place,
        variables: BTreeMap<String, Option<String>>,
        secret: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<ReleaseView, Over> {
        let reason = new.reason.as_ref().map(|reason| reason.text.clone());
        let shown: Map<String, Value> = variables
            .iter()
            .map(|(name, value)| match secret(name) || name_looks_secret(name) {
                true => (name.clone(), MASK.into()),
                false => (name.clone(), json!(value)),
            })
            .collect();
        let mut arguments = json!({
            "service_id": place.service.service.id,
            "target_id": place.target.id,
            "variables": shown,
        });
        if let Some(reason) = &reason {
            arguments["reason"] = release_domain::secret::text::masked(reason).into();
        }
        let draft = NewDraft {
            service_id: Some(place.service.service.id),
            target_id: Some(place.target.id),
            copy_of: None,
            draft: DraftEdit {
                variables: Some(variables),
                reason,
                ..DraftEdit::default()
            },
        };
        let call = Call::plain(&self.assistant);
        let work = async { fresh(Box::pin(create::create(&self.app, &call, draft)).await?) };
        self.step(Tool::CreateRelease, arguments, work, |view| {
            let (number, service, target) = (view.release.number, &view.release.service.key, &view.release.target.key);
            let text = self.language.pick(
                format!(
                    "Release {number} is a draft of `{service}` {} for `{target}`.",
                    version(view)
                ),
                format!("发布 {number} 是 `{service}` {} 到 `{target}` 的草稿。", version(view)),
            );
            (text, links(view))
        })
        .await
    }

    /// Plans a release against its target, now.
    async fn plan(&self, view: &ReleaseView) -> Result<PreviewView, Over> {
        let id = view.release.id;
        let call = Call::plain(&self.assistant);
        let work = async { fresh(Box::pin(preview::preview(&self.app, &call, id)).await?) };
        self.step(Tool::PreviewRelease, json!({"release_id": id}), work, |shown| {
            (previewed(self.language, view.release.number, shown), links(view))
        })
        .await
    }

    async fn preview(&self, number: &Number) -> Result<(), Over> {
        let view = self.named(self.names().release(number).await).await?;
        self.plan(&view).await?;
        Ok(())
    }

    /// `submit N`, `apply N`: a fresh preview of the same draft, and the card for its plan.
    async fn confirm_plan(&self, number: &Number, tool: Tool) -> Result<(), Over> {
        let view = self.named(self.names().release(number).await).await?;
        self.confirm_tool(tool, view.release.id, None, None).await
    }

    async fn confirm_cancel(&self, number: &Number) -> Result<(), Over> {
        let view = self.named(self.names().release(number).await).await?;
        self.confirm_tool(Tool::CancelRelease, view.release.id, None, None)
            .await
    }

    async fn confirm_rollback(&self, what: &Rollback) -> Result<(), Over> {
        let view = match what {
            Rollback::Release(number) => self.named(self.names().release(number).await).await?,
            Rollback::Current { service, environment } => {
                let names = self.names();
                let (found, stage) = self.named(names.service_in(service, environment).await).await?;
                let current = names
                    .current(found.service.id, stage.environment.id, &service.text)
                    .await;
                self.named(current).await?
            }
        };
        self.confirm_tool(Tool::RollbackRelease, view.release.id, None, None)
            .await
    }

    /// Opens the card of a tool that a person confirms, for the plan as it is now.
    pub(super) async fn confirm_tool(
        &self,
        tool: Tool,
        id: ReleaseId,
        reason: Option<&str>,
        to: Option<RollbackTo>,
    ) -> Result<(), Over> {
        let view = get::get(&self.app, &self.assistant, id).await?;
        let mut arguments = json!({"release_id": id});
        let shown = match action_of(tool) {
            Some(ActionName::Cancel) => {
                let usual = self.language.pick("Cancelled in the command center", "在指挥中心取消");
                arguments["reason"] = reason.map_or(usual, str::to_owned).into();
                None
            }
            Some(ActionName::Rollback) => {
                let usual = self
                    .language
                    .pick("Rolled back in the command center", "在指挥中心回滚");
                arguments["reason"] = reason.map_or(usual, str::to_owned).into();
                Some(self.plan_rollback(&view, to).await?)
            }
            Some(_) | None => Some(self.plan(&view).await?),
        };
        self.ask(tool, id, arguments, shown.as_ref()).await
    }

    async fn plan_rollback(&self, view: &ReleaseView, to: Option<RollbackTo>) -> Result<PreviewView, Over> {
        let id = view.release.id;
        let call = Call::plain(&self.assistant);
        let work = async { fresh(Box::pin(rollback_preview::rollback_preview(&self.app, &call, id, to)).await?) };
        self.step(Tool::PreviewRollback, json!({"release_id": id}), work, |shown| {
            (previewed(self.language, view.release.number, shown), links(view))
        })
        .await
    }
}

/// The variables a command sets; a version is the value of the service's version variable.
fn variables(
    language: Language,
    new: &NewRelease,
    place: &Place,
    revision: &ServiceRevision,
) -> Result<BTreeMap<String, Option<String>>, Ask> {
    let mut variables: BTreeMap<_, _> = new
        .variables
        .iter()
        .map(|given| (given.name.text.clone(), Some(given.value.text.clone())))
        .collect();
    let Some(version) = &new.version else {
        return Ok(variables);
    };
    let Some(name) = &revision.version_variable else {
        let service = &place.service.service.key;
        let known: Vec<_> = revision
            .variables
            .iter()
            .map(|spec| format!("`{}=…`", spec.name))
            .collect();
        return Err(Ask(match known.is_empty() {
            true => language.pick(
                format!("`{service}` has no variables, so it has no version to set."),
                format!("`{service}` 没有变量，因此没有可设置的版本。"),
            ),
            false => language.pick(
                format!(
                    "`{service}` says of no variable that it is its version. Give one by name: {}.",
                    known.join(", ")
                ),
                format!("`{service}` 没有指定版本变量。请按名称给出：{}。", known.join("、")),
            ),
        }));
    };
    variables.insert(name.clone(), Some(version.text.clone()));
    Ok(variables)
}

/// The use case was called without an idempotency key: nothing is replayed.
fn fresh<T>(done: Done<T>) -> Result<T, AppError> {
    match done {
        Done::Fresh(outcome) => Ok(outcome),
        Done::Replayed(_) => Err(AppError::Internal("a stored answer to a call that has no key".into())),
    }
}

pub(super) fn links(view: &ReleaseView) -> Vec<Link> {
    vec![Link {
        kind: LinkKind::Release,
        id: view.release.id.0,
    }]
}

pub(super) fn version(view: &ReleaseView) -> String {
    let version = view
        .release
        .draft
        .app_version
        .chars()
        .filter(|c| !c.is_control() && *c != '`');
    format!("`{}`", version.collect::<String>())
}

fn previewed(language: Language, number: u64, shown: &PreviewView) -> String {
    let failed = shown
        .checks
        .iter()
        .filter(|check| check.status == CheckStatus::Failed)
        .count();
    let counts = counts(language, &shown.plan.summary);
    let mut text = language.pick(
        format!("Release {number} would change: {counts}."),
        format!("发布 {number} 将改变：{counts}。"),
    );
    if failed > 0 {
        text.push_str(&language.pick(
            format!(" {failed} check(s) failed, so this plan cannot run."),
            format!(" {failed} 项检查未通过，此计划不能执行。"),
        ));
    }
    text
}

/// A plan in figures.
pub(super) fn counts(language: Language, summary: &PlanSummary) -> String {
    let parts = [
        (summary.create, "to create", "新建"),
        (summary.update, "to update", "更新"),
        (summary.replace, "to replace", "替换"),
        (summary.delete, "to delete", "删除"),
        (summary.unverified, "unverified", "未验证"),
        (summary.unchanged, "unchanged", "不变"),
    ];
    let told = parts.into_iter().filter(|(count, ..)| *count > 0);
    let told: Vec<_> = told
        .map(|(count, english, chinese)| language.pick(format!("{count} {english}"), format!("{chinese} {count}")))
        .collect();
    match told.is_empty() {
        true => language.pick("nothing", "无"),
        false => told.join(", "),
    }
}
