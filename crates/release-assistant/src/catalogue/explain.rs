//! `explain_release`: what may be done to a release now, and what blocks the rest.

use release_app::view::ReleaseView;
use release_contract::common::ReleaseAction;
use release_contract::word;
use release_domain::lifecycle::LifecycleState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A release's `actions` alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Explanation {
    pub id: Uuid,
    pub number: u64,
    #[schema(value_type = word::LifecycleState)]
    pub lifecycle_state: LifecycleState,
    pub actions: Vec<ReleaseAction>,
}

impl From<ReleaseView> for Explanation {
    fn from(view: ReleaseView) -> Self {
        Self {
            id: view.release.id.0,
            number: view.release.number,
            lifecycle_state: view.release.state(),
            actions: view.actions.into_iter().map(ReleaseAction::from).collect(),
        }
    }
}
