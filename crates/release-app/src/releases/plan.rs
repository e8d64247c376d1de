//! Read the newest plan of a release, and one object's two sides.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view::{self, ApprovalView};
use release_domain::access::Permission;
use release_domain::decide::Presented;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::plan::{Check, Plan};
use release_domain::ports::PreviewBody;
use release_domain::preview::{Preview, PreviewKind};

/// A preview without its token.
#[derive(Clone, Debug)]
pub struct PlanView {
    pub preview: Preview,
    pub plan: Plan,
    pub checks: Vec<Check>,
    pub warnings: Vec<Check>,
    pub irreversible: Vec<Check>,
    pub approval: ApprovalView,
    pub lifecycle_state: LifecycleState,
}

/// One object's two sides as YAML, secrets masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectTextView {
    pub key: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub bytes: u64,
    pub lines: u64,
}

/// # Errors
/// `Forbidden`, or `NotFound` where no preview of that kind was made.
pub async fn plan(app: &App, caller: &Caller, id: ReleaseId, kind: PreviewKind) -> Result<PlanView, AppError> {
    app.authorize_release(caller, Permission::ReleaseRead, id).await?;
    let dossier = app.settled(id).await?;
    let (preview, body) = newest(app, &dossier.release, kind).await?;
    let standing = app.standing(caller, &dossier.release).await?;
    let facts = app.facts(&dossier, caller.origin(), &standing, Presented::Newest);
    let approval = match kind {
        PreviewKind::Apply => view::preview_approval(&dossier.release, &facts),
        PreviewKind::Rollback => view::rollback_approval(&dossier.release, &facts, &preview),
    };
    Ok(PlanView {
        preview,
        plan: body.plan,
        checks: body.checks,
        warnings: body.warnings,
        irreversible: body.irreversible,
        approval,
        lifecycle_state: dossier.release.state(),
    })
}

/// # Errors
/// As [`plan`]; `NotFound` too where the plan has no such object.
pub async fn object(
    app: &App,
    caller: &Caller,
    id: ReleaseId,
    kind: PreviewKind,
    key: &str,
) -> Result<ObjectTextView, AppError> {
    let release = app
        .authorize_release(caller, Permission::ReleaseRead, id)
        .await?
        .into_inner();
    let (_, mut body) = newest(app, &release, kind).await?;
    let text = body.texts.remove(key).ok_or(AppError::NotFound)?;
    let sides = [&text.before, &text.after];
    let count = |of: fn(&str) -> usize| {
        sides
            .iter()
            .filter_map(|s| s.as_deref())
            .map(|s| u64::try_from(of(s)).unwrap_or(u64::MAX))
            .max()
            .unwrap_or(0)
    };
    Ok(ObjectTextView {
        key: key.to_owned(),
        bytes: count(str::len),
        lines: count(|s| s.lines().count()),
        before: text.before,
        after: text.after,
    })
}

pub(super) async fn newest(
    app: &App,
    release: &release_domain::release::Release,
    kind: PreviewKind,
) -> Result<(Preview, PreviewBody), AppError> {
    let preview = release.preview(kind).ok_or(AppError::NotFound)?.clone();
    let body = app.store.preview_body(preview.id).await?.ok_or(AppError::NotFound)?;
    Ok((preview, body))
}
