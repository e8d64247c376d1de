//! What the lists of the catalogue are asked.

use crate::asked;
use crate::cursor;
use crate::problem::Problem;
use crate::query::words;
use crate::word;
use release_app::catalogue::CatalogueQuery;
use release_domain::catalogue::RuntimeType;
use release_domain::ids::{EnvironmentId, ProjectId};
use release_domain::ports::CatalogueFilter;

/// The lists that a cursor may belong to.
pub const SERVICES: &str = "services";
pub const ENVIRONMENTS: &str = "environments";
pub const TARGETS: &str = "targets";

asked! {
    ServicesQuery {
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        #[param(inline, value_type = Vec<word::RuntimeType>)]
        pub runtime_type: Vec<RuntimeType>,
        /// Words, each the start of a word in key or name.
        pub q: Option<String>,
    }
}

impl ServicesQuery {
    /// The filter and the page.
    ///
    /// # Errors
    /// The cursor is none of this list.
    pub fn read(self) -> Result<CatalogueQuery, Problem> {
        Ok(CatalogueQuery {
            page: cursor::page(SERVICES, &self.limits())?,
            filter: CatalogueFilter {
                project: self.project,
                runtime_type: self.runtime_type,
                q: words(self.q.as_deref()),
                ..CatalogueFilter::default()
            },
        })
    }
}

asked! {
    EnvironmentsQuery {
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        /// Only these.
        #[param(value_type = Vec<Uuid>)]
        pub environment: Vec<EnvironmentId>,
        /// Words, each the start of a word in key or name.
        pub q: Option<String>,
    }
}

impl EnvironmentsQuery {
    /// The filter and the page.
    ///
    /// # Errors
    /// The cursor is none of this list.
    pub fn read(self) -> Result<CatalogueQuery, Problem> {
        Ok(CatalogueQuery {
            page: cursor::page(ENVIRONMENTS, &self.limits())?,
            filter: CatalogueFilter {
                project: self.project,
                environment: self.environment,
                q: words(self.q.as_deref()),
                ..CatalogueFilter::default()
            },
        })
    }
}

asked! {
    TargetsQuery {
        #[param(value_type = Vec<Uuid>)]
        pub project: Vec<ProjectId>,
        #[param(value_type = Vec<Uuid>)]
        pub environment: Vec<EnvironmentId>,
        #[param(inline, value_type = Vec<word::RuntimeType>)]
        pub runtime_type: Vec<RuntimeType>,
        /// Words, each the start of a word in key or name.
        pub q: Option<String>,
    }
}

impl TargetsQuery {
    /// The filter and the page.
    ///
    /// # Errors
    /// The cursor is none of this list.
    pub fn read(self) -> Result<CatalogueQuery, Problem> {
        Ok(CatalogueQuery {
            page: cursor::page(TARGETS, &self.limits())?,
            filter: CatalogueFilter {
                project: self.project,
                environment: self.environment,
                runtime_type: self.runtime_type,
                q: words(self.q.as_deref()),
            },
        })
    }
}
