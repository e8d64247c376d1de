//! What is asked of releases in a query.

use crate::asked;
use crate::cursor;
use crate::problem::Problem;
use crate::query::{Asked, people, words};
use crate::scalar::Time;
use crate::word;
use release_app::Caller;
use release_domain::actor::Channel;
use release_domain::catalogue::RuntimeType;
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId};
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{Page, ReleaseFilter};
use release_domain::preview::PreviewKind;
use serde::Deserialize;
use utoipa::IntoParams;

/// The list that a cursor of releases belongs to.
pub const RELEASES: &str = "releases";
/// The list that a cursor of a timeline belongs to.
pub const TIMELINE: &str = "timeline";

asked! {
    ReleasesQuery {
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        #[param(value_type = Vec<Uuid>)]
        pub service: Vec<ServiceId>,
        #[param(value_type = Vec<Uuid>)]
        pub target: Vec<TargetId>,
        #[param(value_type = Vec<Uuid>)]
        pub environment: Vec<EnvironmentId>,
        #[param(inline, value_type = Vec<word::RuntimeType>)]
        pub runtime_type: Vec<RuntimeType>,
        #[param(inline, value_type = Vec<word::LifecycleState>)]
        pub lifecycle_state: Vec<LifecycleState>,
        /// A user's id, or `me`.
        pub created_by: Vec<String>,
        #[param(inline, value_type = Vec<word::Channel>)]
        pub channel: Vec<Channel>,
        pub is_current: Option<bool>,
        /// Created at or after.
        #[param(value_type = Option<String>, format = DateTime)]
        pub since: Option<Time>,
        /// Created before.
        #[param(value_type = Option<String>, format = DateTime)]
        pub until: Option<Time>,
        /// Words, each the start of a word in number, service, target, app version or reason.
        pub q: Option<String>,
    }
}

impl ReleasesQuery {
    /// The filter and the page.
    ///
    /// # Errors
    /// A person or a cursor that is none.
    pub fn read(self, caller: &Caller) -> Result<(ReleaseFilter, Page<ReleaseId>), Problem> {
        let page = cursor::page(RELEASES, &self.limits())?;
        let filter = ReleaseFilter {
            created_by: people(caller, "created_by", &self.created_by)?,
            project: self.project,
            service: self.service,
            target: self.target,
            environment: self.environment,
            runtime_type: self.runtime_type,
            lifecycle_state: self.lifecycle_state,
            channel: self.channel,
            is_current: self.is_current,
            since: self.since.map(|at| at.0),
            until: self.until.map(|at| at.0),
            q: words(self.q.as_deref()),
        };
        Ok((filter, page))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// `apply` where left out.
    #[param(inline, value_type = Option<word::PreviewKind>)]
    kind: Option<PreviewKind>,
}

impl Asked for PlanQuery {}

impl PlanQuery {
    #[must_use]
    pub fn kind(&self) -> PreviewKind {
        self.kind.unwrap_or(PreviewKind::Apply)
    }
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ObjectQuery {
    /// `apply` where left out.
    #[serde(default)]
    #[param(inline, value_type = Option<word::PreviewKind>)]
    kind: Option<PreviewKind>,
    /// As the plan names the object.
    pub key: String,
}

impl Asked for ObjectQuery {}

impl ObjectQuery {
    #[must_use]
    pub fn kind(&self) -> PreviewKind {
        self.kind.unwrap_or(PreviewKind::Apply)
    }
}

asked! {
    TimelineQuery {
        /// Only events past this `seq`.
        #[param(minimum = 0)]
        pub after_seq: Option<u64>,
    }
}

impl TimelineQuery {
    /// The page.
    ///
    /// # Errors
    /// The cursor is none of a timeline.
    pub fn read(self) -> Result<Page<u64>, Problem> {
        let mut page = cursor::page(TIMELINE, &self.limits())?;
        page.after = page.after.or(self.after_seq);
        Ok(page)
    }
}
