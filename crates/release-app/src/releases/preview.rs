//! Preview a release: plan it, show it, and issue the token that apply will ask for.

use super::planning::{self, Planned};
use super::{rollback_preview, token};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::saving::{Keep, Needs, Round, Turn};
use crate::view::{self, ApprovalView};
use release_domain::access::Permission;
use release_domain::decide::{Command, Decision, Facts, Presented};
use release_domain::event::{EventData, EventDraft};
use release_domain::gates::state;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::plan::{Check, CheckStatus, Plan};
use release_domain::ports::{Dossier, PreviewBody, Purpose, TargetError, Write};
use release_domain::preview::{Preview, PreviewKind, RollbackTo};
use release_domain::refusal::{CommandName, Refusal};
use release_domain::release::Release;
use release_domain::secret::SecretText;

/// A fresh preview with its token, shown this once.
#[derive(Clone, Debug)]
pub struct PreviewView {
    pub preview: Preview,
    pub token: SecretText,
    pub plan: Plan,
    pub checks: Vec<Check>,
    pub warnings: Vec<Check>,
    pub irreversible: Vec<Check>,
    pub to: Option<RollbackTo>,
    /// What submit (or rollback) would ask for.
    pub approval: ApprovalView,
    pub lifecycle_state: LifecycleState,
}

/// # Errors
/// The state takes no preview; `InvalidManifest` or `Target` where none can be made (recorded as `preview.failed`,
/// nothing else changed).
pub async fn preview(app: &App, call: &Call<'_, PreviewView>, id: ReleaseId) -> Result<Done<PreviewView>, AppError> {
    app.authorize_release(call.caller, Permission::ReleasePreview, id)
        .await?;
    let needs = Needs::from(Permission::ReleasePreview);
    call.run(app, Box::pin(make(app, call, needs, id, Asked::Apply))).await
}

/// What a preview is asked for.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    Apply,
    /// Where a rollback goes; `None`: where it goes by default.
    Rollback(Option<RollbackTo>),
}

impl Asked {
    const fn kind(self) -> PreviewKind {
        match self {
            Self::Apply => PreviewKind::Apply,
            Self::Rollback(_) => PreviewKind::Rollback,
        }
    }

    const fn command(self) -> CommandName {
        match self {
            Self::Apply => CommandName::Preview,
            Self::Rollback(_) => CommandName::RollbackPreview,
        }
    }
}

/// Plans and issues, for either kind.
pub(super) async fn make(
    app: &App,
    call: &Call<'_, PreviewView>,
    needs: Needs,
    id: ReleaseId,
    asked: Asked,
) -> Result<PreviewView, AppError> {
    let issued = std::sync::Mutex::new(None);
    let slot = &issued;
    let saved = app
        .decide_and_save(call.caller, needs, id, |dossier| async move {
            let release = &dossier.release;
            accepts(release, asked.command())?;
            let standing = app.standing(call.caller, release).await?;
            let facts = app.facts(&dossier, call.caller.origin(), &standing, Presented::Newest);
            let to = match asked {
                Asked::Apply => None,
                Asked::Rollback(to) => match rollback_preview::destination(app, release, &facts, to).await? {
                    Ok(to) => Some(to),
                    Err(refusal) => return Ok(Turn::refuse(release, asked.command(), refusal, &facts)),
                },
            };
            let planned = match to {
                Some(to) => planning::rollback(app, &dossier, to, Purpose::Preview).await,
                None => planning::apply(app, &dossier).await,
            };
            let planned = match planned {
                Ok(planned) => planned,
                Err(error) => return failed(app, release, &facts, asked.kind(), error),
            };
            // Planning took its time: the preview is issued now.
            let facts = app.facts(&dossier, facts.origin, &standing, Presented::Newest);
            let draft = Issued::of(app, &dossier, &facts, asked.kind(), to, planned)?;
            let preview = Box::new(draft.preview.clone());
            let command = match asked {
                Asked::Apply => Command::Preview(preview),
                Asked::Rollback(_) => Command::RollbackPreview(preview),
            };
            let body = Write::PreviewBody(Box::new(draft.body.clone()));
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(draft.clone());
            }
            let for_keep = facts.clone();
            let keep: Keep<'_> = Box::new(move |decision| call.remember(app, &shown(decision, &for_keep, &draft)));
            let round = Round {
                writes: vec![body],
                remember: Some(keep),
                ..Round::new(command, facts)
            };
            Ok(round.into())
        })
        .await?;
    let draft = issued
        .into_inner()
        .ok()
        .flatten()
        .ok_or_else(|| AppError::Internal("no preview was made".into()))?;
    Ok(shown(&saved.decision, &saved.facts, &draft))
}

/// Whether the state takes the command, before the target is looked at.
pub(super) fn accepts(release: &Release, command: CommandName) -> Result<(), AppError> {
    let historical = release.compat.is_some();
    if !historical && state::accepts(release.state(), command) {
        return Ok(());
    }
    Err(AppError::Refused(Refusal::InvalidTransition {
        state: release.state(),
        command,
        historical,
    }))
}

/// A preview ready to be saved.
#[derive(Clone)]
pub(crate) struct Issued {
    pub preview: Preview,
    pub token: SecretText,
    pub body: PreviewBody,
}

impl Issued {
    /// # Errors
    /// The desired state cannot be written as JSON.
    pub(crate) fn of(
        app: &App,
        dossier: &Dossier,
        facts: &Facts,
        kind: PreviewKind,
        to: Option<RollbackTo>,
        planned: Planned,
    ) -> Result<Self, AppError> {
        let made = planned.made;
        let (token, token_hash) = token::issue(app.sealer.as_ref(), app.ids.secret());
        let preview = Preview {
            id: app.id(),
            kind,
            token_hash,
            context_hash: planned.context_hash,
            plan_hash: planned.plan_hash,
            draft_number: dossier.release.draft.number,
            target_context: dossier.target.context_number,
            issued_by: facts.origin.actor.clone(),
            issued_at: facts.now,
            expires_at: facts.now.plus_secs(i64::from(facts.policy.preview_ttl_secs)),
            consumed_at: None,
            checks_failed: made.checks.iter().any(|c| c.status == CheckStatus::Failed),
            summary: made.plan.summary,
            risks: made.plan.risk_codes(),
            to,
        };
        let desired = match &made.desired {
            Some(desired) => {
                let clear = planning::desired_text(desired)?;
                Some(app.sealer.seal(&planning::desired_row(preview.id), &clear))
            }
            None => None,
        };
        let body = PreviewBody {
            preview_id: preview.id,
            release_id: dossier.release.id,
            kind,
            plan: made.plan,
            checks: made.checks,
            warnings: made.warnings,
            irreversible: made.irreversible,
            texts: made.texts,
            desired,
        };
        Ok(Self {
            preview,
            token: SecretText::new(token),
            body,
        })
    }
}

/// Tells that a preview could not be made; state, ticket and last token stay as they were.
fn failed<'a>(
    app: &App,
    release: &Release,
    facts: &Facts,
    kind: PreviewKind,
    error: AppError,
) -> Result<Turn<'a>, AppError> {
    let code = match &error {
        AppError::InvalidManifest(_) => "invalid_manifest",
        AppError::Target(TargetError::Unreachable(_)) => "target_unreachable",
        AppError::Target(TargetError::AuthFailed(_)) => "target_auth_failed",
        AppError::Target(TargetError::TooOld(_)) => "engine_too_old",
        AppError::Target(TargetError::Fenced | TargetError::Refused(_)) => "target_refused",
        _ => return Err(error),
    };
    let data = EventData::PreviewFailed {
        kind,
        code: code.into(),
        message: error.to_string(),
    };
    let told = EventDraft::of_release(release, &facts.origin, app.now(), data);
    Ok(Turn::Fail {
        told: Some(told),
        error,
    })
}

fn shown(decision: &Decision, facts: &Facts, issued: &Issued) -> PreviewView {
    let release = &decision.release;
    let facts = Facts {
        token: Presented::Newest,
        ..facts.clone()
    };
    let approval = match issued.preview.kind {
        PreviewKind::Apply => view::preview_approval(release, &facts),
        PreviewKind::Rollback => view::rollback_approval(release, &facts, &issued.preview),
    };
    PreviewView {
        preview: issued.preview.clone(),
        token: issued.token.clone(),
        plan: issued.body.plan.clone(),
        checks: issued.body.checks.clone(),
        warnings: issued.body.warnings.clone(),
        irreversible: issued.body.irreversible.clone(),
        to: issued.preview.to,
        approval,
        lifecycle_state: release.state(),
    }
}
