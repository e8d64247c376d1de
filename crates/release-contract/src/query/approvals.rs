//! What the approval queue is asked.

use crate::asked;
use crate::cursor;
use crate::problem::Problem;
use crate::query::people;
use crate::word;
use release_app::Caller;
use release_domain::approval::{TicketPurpose, TicketStatus};
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, TicketId};
use release_domain::ports::{Page, TicketFilter};

/// The list that a cursor of tickets belongs to.
pub const APPROVALS: &str = "approvals";

asked! {
    ApprovalsQuery {
        #[param(inline, value_type = Vec<word::TicketStatus>)]
        pub status: Vec<TicketStatus>,
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        #[param(value_type = Vec<Uuid>)]
        pub environment: Vec<EnvironmentId>,
        /// Only pending ones that the caller can decide.
        pub mine: Option<bool>,
        /// A user's id, or `me`.
        pub requested_by: Vec<String>,
        #[param(value_type = Vec<Uuid>)]
        pub release: Vec<ReleaseId>,
        #[param(inline, value_type = Vec<word::TicketPurpose>)]
        pub purpose: Vec<TicketPurpose>,
    }
}

impl ApprovalsQuery {
    /// The filter and the page.
    ///
    /// # Errors
    /// A person or a cursor that is none.
    pub fn read(self, caller: &Caller) -> Result<(TicketFilter, Page<TicketId>), Problem> {
        let page = cursor::page(APPROVALS, &self.limits())?;
        let filter = TicketFilter {
            requested_by: people(caller, "requested_by", &self.requested_by)?,
            status: self.status,
            project: self.project,
            environment: self.environment,
            release: self.release,
            purpose: self.purpose,
        };
        Ok((filter, page))
    }
}
