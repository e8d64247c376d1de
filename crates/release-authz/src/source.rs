//! Where roles and grants come from.

use async_trait::async_trait;
use release_domain::ports::{AccessPolicy, AccessQueries, Ledger, StoreError};

/// The policy in the store and, cheaper, its version.
#[async_trait]
pub trait PolicySource: Send + Sync {
    /// # Errors
    /// The store cannot be asked.
    async fn version(&self) -> Result<u64, StoreError>;

    /// # Errors
    /// The store cannot be asked.
    async fn policy(&self) -> Result<AccessPolicy, StoreError>;
}

/// Every store is one.
#[async_trait]
impl<T: Ledger + AccessQueries + ?Sized> PolicySource for T {
    async fn version(&self) -> Result<u64, StoreError> {
        self.policy_version().await
    }

    async fn policy(&self) -> Result<AccessPolicy, StoreError> {
        self.access_policy().await
    }
}
