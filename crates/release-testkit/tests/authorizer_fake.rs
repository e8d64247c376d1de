//! The in-memory authorizer keeps the contract of the real one.

use release_domain::ports::Authorizer;
use release_testkit::authorizer::{FakeAuthorizer, PolicyShelf};
use release_testkit::authorizer_contract;
use std::sync::Arc;

async fn fake(shelf: Arc<PolicyShelf>) -> Arc<dyn Authorizer> {
    Arc::new(FakeAuthorizer::of_shelf(shelf))
}

authorizer_contract!("fake", fake);
