//! Casbin keeps the contract of every authorizer.

use crate::shelf_source::ShelfSource;
use release_authz::CasbinAuthorizer;
use release_domain::ports::Authorizer;
use release_testkit::authorizer::PolicyShelf;
use release_testkit::authorizer_contract;
use std::sync::Arc;

async fn casbin(shelf: Arc<PolicyShelf>) -> Arc<dyn Authorizer> {
    Arc::new(CasbinAuthorizer::new(Arc::new(ShelfSource(shelf))))
}

authorizer_contract!("casbin", casbin);
