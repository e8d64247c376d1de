//! The in-memory store passes the contract of every store.

use release_testkit::store::{Contender, FakeStore};

release_testkit::store_contract!("fake", || async { Contender::new(FakeStore::new(), ()) });
