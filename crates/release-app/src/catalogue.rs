//! Projects, environments and their policies, services, targets, freezes and holds.

pub(crate) mod changed;
pub mod environments;
pub mod freezes;
pub mod holds;
pub(crate) mod masking;
pub mod policy;
pub mod projects;
mod references;
pub mod services;
pub mod target_access;
pub mod targets;

pub use target_access::open_target;

use release_domain::ports::{CatalogueFilter, Page};
use uuid::Uuid;

/// The keyset of catalogue lists: by key, then id.
pub type CatalogueKey = (String, Uuid);

/// What a catalogue list is asked: filters (`project`, `environment`, `runtime_type`, `q`) and a page.
#[derive(Clone, Debug)]
pub struct CatalogueQuery {
    pub filter: CatalogueFilter,
    pub page: Page<CatalogueKey>,
}

/// A member of a PATCH that may also be taken away (`null`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The member was left out.
    #[default]
    Keep,
    /// The member was `null`.
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// What stands after the change.
    #[must_use]
    pub fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}
