//! A policy source that reads from the testkit's shelf.

use async_trait::async_trait;
use release_authz::PolicySource;
use release_domain::ports::{AccessPolicy, StoreError};
use release_testkit::authorizer::PolicyShelf;
use std::sync::Arc;

pub struct ShelfSource(pub Arc<PolicyShelf>);

#[async_trait]
impl PolicySource for ShelfSource {
    async fn version(&self) -> Result<u64, StoreError> {
        self.0.version()
    }

    async fn policy(&self) -> Result<AccessPolicy, StoreError> {
        self.0.policy()
    }
}
