//! A policy to answer from, changed by the test.

use release_domain::access::{Grant, Role};
use release_domain::ports::{AccessPolicy, StoreError};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Roles and grants with a version that every change raises.
pub struct PolicyShelf(Mutex<Shelf>);

struct Shelf {
    policy: AccessPolicy,
    unavailable: bool,
}

impl PolicyShelf {
    #[must_use]
    pub fn new() -> Self {
        let policy = AccessPolicy {
            version: 1,
            roles: Vec::new(),
            grants: Vec::new(),
        };
        Self(Mutex::new(Shelf {
            policy,
            unavailable: false,
        }))
    }

    /// Replaces the policy.
    pub fn set(&self, roles: Vec<Role>, grants: Vec<Grant>) {
        let mut shelf = self.lock();
        shelf.policy = AccessPolicy {
            version: shelf.policy.version + 1,
            roles,
            grants,
        };
    }

    /// Every reading fails until it is set back.
    pub fn set_unavailable(&self, unavailable: bool) {
        self.lock().unavailable = unavailable;
    }

    /// # Errors
    /// It was told to fail.
    pub fn policy(&self) -> Result<AccessPolicy, StoreError> {
        let shelf = self.lock();
        if shelf.unavailable {
            return Err(StoreError::Unavailable("told to fail".into()));
        }
        Ok(shelf.policy.clone())
    }

    /// # Errors
    /// It was told to fail.
    pub fn version(&self) -> Result<u64, StoreError> {
        self.policy().map(|policy| policy.version)
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for PolicyShelf {
    fn default() -> Self {
        Self::new()
    }
}
