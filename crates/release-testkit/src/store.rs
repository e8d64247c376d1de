//! The storage ports: the contract suite that every store passes, and an in-memory store that passes it too.
//!
//! ```ignore
//! release_testkit::store_contract!("sqlite", || async { contender_on_a_new_store().await });
//! ```
//! makes one `#[tokio::test]` of each case, each on a store of its own, and one that prints how many there are.

pub mod contract;
mod fake;

pub use fake::FakeStore;

use release_domain::ports::Store;
use std::any::Any;
use std::sync::Arc;

/// A store under test, empty and migrated.
pub struct Contender {
    pub store: Arc<dyn Store>,
    /// What must live as long as the test and be cleaned up after it: a folder, a database.
    pub keep: Box<dyn Any + Send>,
}

impl Contender {
    #[must_use]
    pub fn new(store: impl Store + 'static, keep: impl Any + Send) -> Self {
        Self {
            store: Arc::new(store),
            keep: Box::new(keep),
        }
    }
}
