//! The preview gate: nothing runs that was not shown (lifecycle.md, *The preview gate*).

use crate::decide::{Facts, Presented};
use crate::preview::{Preview, PreviewKind};
use crate::refusal::{PreviewReason, Refusal};
use crate::release::Release;

/// Looks for each reason in the order of the contract's table; drift alone is looked for later, at the target.
///
/// # Errors
/// `preview_required` with the first reason that fits.
pub fn check(release: &Release, kind: PreviewKind, facts: &Facts) -> Result<(), Refusal> {
    let newest = release.preview(kind);
    let (preview, of) = match &facts.token {
        Presented::Missing => return refuse(PreviewReason::Missing),
        Presented::Malformed => return refuse(PreviewReason::Malformed),
        Presented::Known { preview, release } => (preview.as_ref(), *release),
        Presented::Newest => match newest {
            Some(preview) => (preview, release.id),
            None => return refuse(PreviewReason::Missing),
        },
    };
    // The release's own copy of it is the fresher one: the token's was read before.
    let preview = newest
        .filter(|n| of == release.id && n.id == preview.id)
        .unwrap_or(preview);
    if preview.expires_at <= facts.now {
        return refuse(PreviewReason::Expired);
    }
    if of != release.id || preview.kind != kind || !same_context(release, preview, facts) {
        return refuse(PreviewReason::Mismatch);
    }
    if preview.consumed_at.is_some() {
        return refuse(PreviewReason::Consumed);
    }
    if newest.is_none_or(|n| n.id != preview.id) {
        return refuse(PreviewReason::Superseded);
    }
    if preview.checks_failed {
        return refuse(PreviewReason::ChecksFailed);
    }
    Ok(())
}

/// Whether a preview that was just made is of that kind, and of the draft and the place as they are now: it may have
/// been planned while somebody edited.
///
/// # Errors
/// `preview_required`, `preview_mismatch`.
pub fn fits(release: &Release, kind: PreviewKind, made: &Preview, facts: &Facts) -> Result<(), Refusal> {
    let goes_somewhere = match kind {
        PreviewKind::Apply => made.to.is_none(),
        PreviewKind::Rollback => made.to.is_some(),
    };
    if made.kind == kind && goes_somewhere && same_context(release, made, facts) {
        Ok(())
    } else {
        refuse(PreviewReason::Mismatch)
    }
}

/// Whether the draft and the place it goes to are still those that were planned.
fn same_context(release: &Release, preview: &Preview, facts: &Facts) -> bool {
    preview.draft_number == release.draft.number && preview.target_context == facts.target_context
}

fn refuse(reason: PreviewReason) -> Result<(), Refusal> {
    Err(Refusal::PreviewRequired(reason))
}
