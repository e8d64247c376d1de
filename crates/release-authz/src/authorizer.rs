//! [`Authorizer`] over the policy in a store, kept up to date.

use crate::enforcer::BuildError;
use crate::snapshot::Snapshot;
use crate::source::PolicySource;
use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use release_domain::access::{Permission, RoleKey, Scope, Subject};
use release_domain::ports::{Authority, Authorizer, AuthorizerError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer may rest on a version that was not asked for again.
pub const CHECK_EVERY: Duration = Duration::from_millis(500);
/// A policy whose version could not be confirmed for so long answers nothing: replicas follow within 1 s or not at all.
pub const STALE_AFTER: Duration = Duration::from_secs(1);

/// Checks permissions with Casbin, from roles and grants in a store.
pub struct CasbinAuthorizer<S: ?Sized> {
    source: Arc<S>,
    current: ArcSwapOption<Snapshot>,
    readings: AtomicU64,
    checks: Mutex<Checks>,
}

/// When the version was last asked for, and when it was last known to be the store's.
#[derive(Default)]
struct Checks {
    begun: Option<Instant>,
    confirmed: Option<Instant>,
}

impl<S: PolicySource + ?Sized> CasbinAuthorizer<S> {
    #[must_use]
    pub fn new(source: Arc<S>) -> Self {
        Self {
            source,
            current: ArcSwapOption::empty(),
            readings: AtomicU64::new(0),
            checks: Mutex::default(),
        }
    }

    /// The policy to answer from; asks the source for its version where that is due.
    async fn snapshot(&self) -> Result<Arc<Snapshot>, AuthorizerError> {
        match self.current.load_full() {
            Some(snapshot) if !self.check_is_due() => Ok(snapshot),
            Some(snapshot) => match self.checked().await {
                Ok(newest) => Ok(newest),
                Err(error) if self.is_stale() => Err(error),
                Err(error) => {
                    tracing::warn!(%error, "permissions are answered from the last known policy");
                    Ok(snapshot)
                }
            },
            None => self.checked().await,
        }
    }

    /// Compares with the store's version now and loads the policy where it differs.
    async fn checked(&self) -> Result<Arc<Snapshot>, AuthorizerError> {
        let reading = self.readings.fetch_add(1, Ordering::SeqCst) + 1;
        let version = self.source.version().await.map_err(unavailable)?;
        let known = self.current.load_full();
        if let Some(known) = known.filter(|known| known.version() == version) {
            self.confirm();
            return Ok(known);
        }
        let policy = self.source.policy().await.map_err(unavailable)?;
        let before = self.current.load_full();
        self.take(version, Snapshot::build(policy, reading, before.as_deref()).await)
    }

    /// Goes on with what was built; where it could not be, with what is there.
    fn take(&self, version: u64, built: Result<Snapshot, BuildError>) -> Result<Arc<Snapshot>, AuthorizerError> {
        match (built, self.current.load_full()) {
            (Ok(built), _) => self.swap_in(Arc::new(built)),
            (Err(error), Some(good)) => {
                tracing::error!(%error, version, kept = good.version(), "the access policy is not usable; the last good one stays");
            }
            (Err(error), None) => return Err(AuthorizerError(error.to_string())),
        }
        self.confirm();
        self.current
            .load_full()
            .ok_or_else(|| AuthorizerError("no policy has been read yet".into()))
    }

    fn swap_in(&self, built: Arc<Snapshot>) {
        self.current.rcu(|now| match now {
            Some(now) if now.reading() > built.reading() => Some(Arc::clone(now)),
            Some(_) | None => Some(Arc::clone(&built)),
        });
    }

    /// One caller at a time finds a check due, the others go on; all do while nothing is confirmed.
    fn check_is_due(&self) -> bool {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        let older = |at: Option<Instant>, than: Duration| at.is_none_or(|at| at.elapsed() >= than);
        let due = older(checks.confirmed, STALE_AFTER)
            || (older(checks.confirmed, CHECK_EVERY) && older(checks.begun, CHECK_EVERY));
        if due {
            checks.begun = Some(Instant::now());
        }
        due
    }

    fn confirm(&self) {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.confirmed = Some(Instant::now());
    }

    fn is_stale(&self) -> bool {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.confirmed.is_none_or(|at| at.elapsed() >= STALE_AFTER)
    }
}

#[async_trait]
impl<S: PolicySource + ?Sized> Authorizer for CasbinAuthorizer<S> {
    async fn allowed(
        &self,
        subjects: &[Subject],
        permission: Permission,
        scope: Scope,
    ) -> Result<bool, AuthorizerError> {
        let snapshot = self.snapshot().await?;
        snapshot
            .allowed(subjects, permission, scope)
            .map_err(|error| AuthorizerError(error.to_string()))
    }

    async fn scopes(&self, subjects: &[Subject], permission: Permission) -> Result<Vec<Scope>, AuthorizerError> {
        let snapshot = self.snapshot().await?;
        snapshot
            .scopes(subjects, permission)
            .map_err(|error| AuthorizerError(error.to_string()))
    }

    async fn roles(&self, subjects: &[Subject], scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        Ok(self.snapshot().await?.roles(subjects, scope))
    }

    async fn holders(&self, permission: Permission, scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        Ok(self.snapshot().await?.holders(permission, scope))
    }

    async fn authority(&self, subjects: &[Subject], scope: Scope) -> Result<Arc<Authority>, AuthorizerError> {
        let snapshot = self.snapshot().await?;
        snapshot
            .authority(subjects, scope)
            .map_err(|error| AuthorizerError(error.to_string()))
    }

    async fn policy_version(&self) -> Result<u64, AuthorizerError> {
        Ok(self.checked().await?.version())
    }
}

fn unavailable(error: release_domain::ports::StoreError) -> AuthorizerError {
    AuthorizerError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use release_domain::ports::{Commit, Ledger, Store, Write};
    use release_testkit::fixtures::{grant, role, user};
    use release_testkit::store::FakeStore;

    const READ: Permission = Permission::ReleaseRead;

    /// What would make Casbin refuse cannot be stored: no source holds it, so it is handed over here.
    fn unusable() -> Result<Snapshot, BuildError> {
        Err(BuildError::OpenToAll)
    }

    #[tokio::test]
    async fn a_policy_that_cannot_be_built_leaves_the_last_good_one_in_force() {
        let store = FakeStore::new();
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let authorizer = CasbinAuthorizer::new(shared);
        let anne = user("anne");
        let grant = grant(&anne, "reader", Scope::ALL);
        let writes = vec![
            Write::User(anne.clone()),
            Write::Role(role("reader", &[READ])),
            Write::Grant(grant),
        ];
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
        assert!(authorizer.take(1, unusable()).is_err(), "there is none to go on with");
        let version = authorizer.policy_version().await.unwrap();
        let kept = authorizer.take(version + 1, unusable()).unwrap();
        assert_eq!(kept.version(), version);
        for (permission, may) in [(READ, true), (Permission::ReleaseApply, false)] {
            let answer = authorizer.allowed(&[anne.subject()], permission, Scope::ALL).await;
            assert_eq!(answer, Ok(may), "{permission:?}");
        }
    }
}
