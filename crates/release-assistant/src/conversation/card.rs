//! What a person is asked to confirm: the plan they see is the plan their answer is bound to.

use super::turn::{Over, Turn};
use crate::catalogue::Tool;
use release_app::AppError;
use release_app::releases::preview::PreviewView;
use release_app::view::{ActionName, ActionReason, Blocker, ReleaseView};
use release_contract::common::ActionReason as ContractReason;
use release_domain::assistant::{Card, CardObject, Confirmation, EntryContent};
use release_domain::ids::{ConfirmationId, ReleaseId};
use release_domain::plan::Action;
use release_domain::refusal::{ApprovalReason, Refusal};
use serde_json::Value;

/// More objects than this are read on the release's own page.
const MAX_OBJECTS: usize = 100;
/// A confirmation without a preview, which would say how long it holds.
const HOLDS_SECS: i64 = 1_800;

/// The row that a confirmation's token is sealed for.
pub(super) fn token_row(id: ConfirmationId) -> String {
    format!("assistant_confirmations/token/{id}")
}

impl Turn {
    /// Opens a confirmation for a release as it is now. `arguments` are what may be edited, with the `release_id`.
    pub async fn ask(
        &self,
        tool: Tool,
        id: ReleaseId,
        arguments: Value,
        preview: Option<&PreviewView>,
    ) -> Result<(), Over> {
        self.stands().await?;
        let view = self.app.view_of(&self.person, id).await?;
        let reasons = closed(tool, &view);
        let confirmation_id: ConfirmationId = self.app.id();
        let plan_hash = preview.map(|shown| shown.preview.plan_hash);
        let expires_at = match preview {
            Some(shown) => shown.preview.expires_at,
            None => self.app.now().plus_secs(HOLDS_SECS),
        };
        let token = preview.map(|shown| self.app.sealer.seal(&token_row(confirmation_id), &shown.token));
        let confirmation = Confirmation {
            id: confirmation_id,
            session: self.session,
            tool: tool.as_str().to_owned(),
            arguments: arguments.clone(),
            release: id,
            plan_hash,
            token,
            expires_at,
            settled: None,
        };
        let card = Card {
            confirmation_id,
            tool: tool.as_str().to_owned(),
            arguments,
            release_id: id,
            release_number: view.release.number,
            plan_hash,
            objects: preview.map(objects).unwrap_or_default(),
            allowed: reasons.is_empty(),
            reasons: shaped(&reasons),
            expires_at,
        };
        self.keep(EntryContent::ConfirmationRequired(card), Some(&confirmation))
            .await
    }
}

/// Shaped as on a release.
fn shaped(reasons: &[ActionReason]) -> Value {
    let reasons: Vec<_> = reasons.iter().cloned().map(ContractReason::from).collect();
    serde_json::to_value(reasons).unwrap_or_default()
}

fn objects(shown: &PreviewView) -> Vec<CardObject> {
    let touched = shown
        .plan
        .changes
        .iter()
        .filter(|change| change.action != Action::Unchanged);
    touched
        .take(MAX_OBJECTS)
        .map(|change| CardObject {
            key: change.key.clone(),
            action: change.action,
        })
        .collect()
}

/// Why it would be refused now; empty: it would pass.
fn closed(tool: Tool, view: &ReleaseView) -> Vec<ActionReason> {
    let of = |name: ActionName| {
        let action = view.actions.iter().find(|action| action.name == name);
        action.map(|action| action.reasons.clone()).unwrap_or_default()
    };
    match action_of(tool) {
        // Where no approval is asked, one confirmation submits and applies.
        Some(ActionName::Apply) => {
            let mut reasons = of(ActionName::Apply);
            let unsubmitted = reasons.iter().any(is_unsubmitted);
            if unsubmitted {
                reasons.retain(|reason| !is_unsubmitted(reason));
                reasons.extend(of(ActionName::Submit));
            }
            reasons
        }
        Some(name) => of(name),
        None => Vec::new(),
    }
}

fn is_unsubmitted(reason: &ActionReason) -> bool {
    matches!(
        &reason.blocker,
        Blocker::Gate(Refusal::ApprovalRequired {
            reason: ApprovalReason::NotSubmitted,
            ..
        })
    )
}

/// The action of a release that a confirmed tool is.
pub(super) fn action_of(tool: Tool) -> Option<ActionName> {
    match tool {
        Tool::SubmitRelease => Some(ActionName::Submit),
        Tool::ApplyRelease => Some(ActionName::Apply),
        Tool::CancelRelease => Some(ActionName::Cancel),
        Tool::RollbackRelease => Some(ActionName::Rollback),
        Tool::ListServices
        | Tool::GetService
        | Tool::ListEnvironments
        | Tool::ListTargets
        | Tool::ListReleases
        | Tool::GetRelease
        | Tool::ExplainRelease
        | Tool::GetPlan
        | Tool::GetPlanObject
        | Tool::GetManifest
        | Tool::GetObjects
        | Tool::GetTimeline
        | Tool::GetDiagnostics
        | Tool::ListApprovals
        | Tool::GetApproval
        | Tool::RenderManifest
        | Tool::CreateRelease
        | Tool::EditRelease
        | Tool::PreviewRelease
        | Tool::PreviewRollback
        | Tool::WaitForRelease => None,
    }
}

/// An action that is not on the release's list of actions cannot be asked about.
pub(super) fn unknown_tool(name: &str) -> AppError {
    AppError::Internal(format!("a confirmation of `{name}`, which nobody confirms"))
}
