//! Commands that only look. What targets and other people wrote stands in quoted lines.

use super::commands::{counts, links, version};
use super::texts::{Language, quoted};
use super::turn::{Over, Turn};
use crate::catalogue::Tool;
use crate::interpreter::{Number, Subject};
use release_app::releases::{diagnostics, list, timeline as events};
use release_app::view::{ActionName, ActionReason, ReleaseView};
use release_app::{approvals, releases};
use release_domain::assistant::{Link, LinkKind};
use release_domain::lifecycle::LifecycleState;
use release_domain::plan::CheckStatus;
use release_domain::ports::{Page, ReleaseFilter, TicketFilter};
use release_domain::preview::PreviewKind;
use serde_json::{Value, json};

/// So many rows are told; the pages of the web app show the rest.
const ROWS: u32 = 20;

pub(super) async fn plan(turn: &Turn, number: &Number) -> Result<(), Over> {
    let view = turn.named(turn.names().release(number).await).await?;
    let (app, id) = (&turn.app, view.release.id);
    let work = releases::plan::plan(app, &turn.assistant, id, PreviewKind::Apply);
    let shown = turn
        .step(Tool::GetPlan, json!({"release_id": id}), work, |shown| {
            (counts(turn.language, &shown.plan.summary), links(&view))
        })
        .await?;
    let changes = shown
        .plan
        .changes
        .iter()
        .filter(|change| !change.action.as_str().starts_with("un"));
    let changes = changes
        .take(ROWS as usize)
        .map(|change| format!("- {} `{}`", change.action, change.key));
    let checks = shown.checks.iter().filter(|check| check.status != CheckStatus::Passed);
    let checks = checks
        .take(ROWS as usize)
        .map(|check| format!("- {} {}\n{}", check.status, check.code, quoted(&check.message)));
    let lines: Vec<String> = changes.chain(checks).collect();
    match lines.is_empty() {
        true => {
            turn.tell(turn.language.pick("It changes nothing.", "没有任何改变。"))
                .await
        }
        false => turn.tell(lines.join("\n")).await,
    }
}

pub(super) async fn status(turn: &Turn, subject: Option<&Subject>) -> Result<(), Over> {
    let mut filter = ReleaseFilter::default();
    let named = match subject {
        Some(Subject::Release(number)) => {
            let view = turn.named(turn.names().release(number).await).await?;
            let work = releases::get::get(&turn.app, &turn.assistant, view.release.id);
            let arguments = json!({"release_id": view.release.id});
            turn.step(Tool::GetRelease, arguments, work, |view| {
                (line(turn.language, view), links(view))
            })
            .await?;
            return Ok(());
        }
        Some(Subject::Service(word)) => {
            let service = turn.named(turn.names().service(word).await).await?.service;
            filter.service = vec![service.id];
            json!({"service": [service.id]})
        }
        None => json!({}),
    };
    let page = Page {
        limit: ROWS,
        after: None,
    };
    let work = list::list(&turn.app, &turn.assistant, &filter, page);
    let found = turn
        .step(Tool::ListReleases, named, work, |found| {
            let (count, links) = (found.items.len(), found.items.iter().flat_map(links).collect());
            let text = turn.language.pick(
                format!("{count} release(s), newest first."),
                format!("{count} 个发布，最新在前。"),
            );
            (text, links)
        })
        .await?;
    let lines: Vec<_> = found
        .items
        .iter()
        .map(|view| format!("- {}", line(turn.language, view)))
        .collect();
    if !lines.is_empty() {
        turn.tell(lines.join("\n")).await?;
    }
    Ok(())
}

pub(super) async fn timeline(turn: &Turn, number: &Number) -> Result<(), Over> {
    let view = turn.named(turn.names().release(number).await).await?;
    let id = view.release.id;
    let page = Page {
        limit: 200,
        after: None,
    };
    let work = events::timeline(&turn.app, &turn.assistant, id, page);
    let found = turn
        .step(Tool::GetTimeline, json!({"release_id": id}), work, |found| {
            let count = found.items.len();
            let text = turn.language.pick(
                format!("{count} event(s), oldest first."),
                format!("{count} 个事件，最早在前。"),
            );
            (text, links(&view))
        })
        .await?;
    let lines: Vec<_> = found.items.iter().map(event).collect();
    turn.tell(lines.join("\n")).await
}

/// Words of ours and names of accounts: nothing that was written into an event.
fn event(event: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let at = text(&event["occurred_at"]);
    let at = at.split('.').next().unwrap_or_default().replace('T', " ");
    let (kind, who, channel) = (
        text(&event["event_type"]),
        text(&event["actor"]["name"]),
        text(&event["channel"]),
    );
    match event["on_behalf_of"]["name"].as_str() {
        Some(person) => format!("- {at} `{kind}` {who} ({person}), {channel}"),
        None => format!("- {at} `{kind}` {who}, {channel}"),
    }
}

/// `why N`: the diagnosis of a failed one, else what blocks it, who unblocks it, until when.
pub(super) async fn why(turn: &Turn, number: &Number) -> Result<(), Over> {
    let view = turn.named(turn.names().release(number).await).await?;
    let id = view.release.id;
    let failed = matches!(
        view.release.state(),
        LifecycleState::Failed | LifecycleState::RolledBack | LifecycleState::Rollback
    );
    if failed {
        let work = diagnostics::diagnostics(&turn.app, &turn.assistant, id);
        let found = turn
            .step(Tool::GetDiagnostics, json!({"release_id": id}), work, |found| {
                let count = found.len();
                let text = turn
                    .language
                    .pick(format!("{count} cause(s) found."), format!("找到 {count} 个原因。"));
                (text, links(&view))
            })
            .await?;
        let lines: Vec<_> = found
            .iter()
            .take(ROWS as usize)
            .map(|found| {
                let finding = &found.finding;
                format!(
                    "- `{}` {}\n{}\n{}",
                    finding.code,
                    finding.resource.kind,
                    quoted(&finding.summary),
                    quoted(&finding.hint)
                )
            })
            .collect();
        if !lines.is_empty() {
            return turn.tell(lines.join("\n")).await;
        }
    }
    let work = releases::get::get(&turn.app, &turn.person, id);
    let shown = turn
        .step(Tool::ExplainRelease, json!({"release_id": id}), work, |view| {
            (line(turn.language, view), links(view))
        })
        .await?;
    turn.tell(blocked(turn.language, &shown)).await
}

/// What blocks a release's next command.
fn blocked(language: Language, view: &ReleaseView) -> String {
    let next = [ActionName::Submit, ActionName::Apply, ActionName::Rollback];
    let steps = view.actions.iter().filter(|action| next.contains(&action.name));
    let lines = steps.map(|action| match action.allowed {
        true => language.pick(
            format!("- `{}`: open to you now", action.name.as_str()),
            format!("- `{}`：你现在可以执行", action.name.as_str()),
        ),
        false => {
            let reasons: Vec<_> = action
                .reasons
                .iter()
                .map(|reason| reason_line(language, reason))
                .collect();
            format!("- `{}`: {}", action.name.as_str(), reasons.join("; "))
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn reason_line(language: Language, reason: &ActionReason) -> String {
    let message: String = reason.message.chars().filter(|c| !c.is_control()).collect();
    let who: Vec<_> = reason.who.iter().map(|who| who.name.as_str()).collect();
    let mut line = message;
    if !who.is_empty() {
        line.push_str(&language.pick(
            format!(" (unblocked by {})", who.join(", ")),
            format!("（可由 {} 解除）", who.join("、")),
        ));
    }
    if let Some(until) = reason.until {
        line.push_str(&language.pick(format!(" until {until}"), format!("，直到 {until}")));
    }
    line
}

/// `pending`: tickets the person can decide, and what of theirs they can confirm.
pub(super) async fn pending(turn: &Turn) -> Result<(), Over> {
    let filter = TicketFilter::default();
    let page = Page {
        limit: ROWS,
        after: None,
    };
    // Asked as the person: what waits for them to decide never waits for an assistant.
    let decider = release_app::Caller {
        channel: release_domain::actor::Channel::Ui,
        ..turn.person.clone()
    };
    let work = approvals::list::list(&turn.app, &decider, &filter, true, page);
    let tickets = turn
        .step(
            Tool::ListApprovals,
            json!({"mine": true, "status": ["pending"]}),
            work,
            |found| {
                let count = found.items.len();
                let text = turn.language.pick(
                    format!("{count} ticket(s) wait for your decision."),
                    format!("{count} 个审批等待你决定。"),
                );
                let link = |id: uuid::Uuid| Link {
                    kind: LinkKind::Ticket,
                    id,
                };
                (text, found.items.iter().map(|view| link(view.ticket.id.0)).collect())
            },
        )
        .await?;
    let filter = ReleaseFilter {
        lifecycle_state: vec![LifecycleState::Approved],
        ..ReleaseFilter::default()
    };
    let page = Page {
        limit: ROWS,
        after: None,
    };
    let work = list::list(&turn.app, &turn.person, &filter, page);
    let ready = turn
        .step(
            Tool::ListReleases,
            json!({"lifecycle_state": ["approved"]}),
            work,
            |found| {
                let count = found.items.len();
                let text = turn.language.pick(
                    format!("{count} release(s) are approved."),
                    format!("{count} 个发布已获批准。"),
                );
                (text, found.items.iter().flat_map(links).collect())
            },
        )
        .await?;
    let decide = tickets.items.iter().map(|view| {
        let (number, service) = (view.release.number, &view.release.service.key);
        let place = &view.release.environment.key;
        turn.language.pick(
            format!("- decide on release {number}: `{service}` in `{place}`"),
            format!("- 审批发布 {number}：`{service}`，环境 `{place}`"),
        )
    });
    let open = |view: &&ReleaseView| {
        view.actions
            .iter()
            .any(|action| action.name == ActionName::Apply && action.allowed)
    };
    let apply = ready.items.iter().filter(open).map(|view| {
        let (number, service) = (view.release.number, &view.release.service.key);
        let place = &view.release.environment.key;
        turn.language.pick(
            format!("- `apply {number}`: `{service}` in `{place}`"),
            format!("- `应用 {number}`：`{service}`，环境 `{place}`"),
        )
    });
    let lines: Vec<String> = decide.chain(apply).collect();
    match lines.is_empty() {
        true => {
            turn.tell(turn.language.pick("Nothing waits for you.", "没有等待你处理的事项。"))
                .await
        }
        false => turn.tell(lines.join("\n")).await,
    }
}

/// A release in one line.
fn line(language: Language, view: &ReleaseView) -> String {
    let release = &view.release;
    let (number, state, service, version) = (release.number, release.state(), &release.service.key, version(view));
    let (place, target) = (&release.environment.key, &release.target.key);
    let mut line = language.pick(
        format!("Release {number} of `{service}` {version} in `{place}` on `{target}` is {state}"),
        format!("发布 {number}：`{service}` {version}，环境 `{place}`，目标 `{target}`，状态 {state}"),
    );
    if matches!(release.state(), LifecycleState::Applying | LifecycleState::Rollback) {
        let stage = &release.stage;
        line.push_str(&format!(
            " ({} {}/{})",
            stage.name, stage.objects_done, stage.objects_total
        ));
    }
    if release.is_current {
        line.push_str(&language.pick(", current", "，当前运行"));
    }
    line.push_str(&language.pick(".", "。"));
    line
}
