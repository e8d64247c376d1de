//! [`FakeAuthorizer`]: permissions looked up the plainest way, from the policy as it is at each call.

use super::PolicyShelf;
use async_trait::async_trait;
use release_domain::access::{Grant, Permission, RoleKey, Scope, Subject};
use release_domain::ports::{AccessPolicy, AccessQueries, Authority, Authorizer, AuthorizerError, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An authorizer in memory, without a cache.
pub struct FakeAuthorizer(Source);

enum Source {
    Shelf(Arc<PolicyShelf>),
    Store(Arc<dyn AccessQueries>),
}

impl FakeAuthorizer {
    #[must_use]
    pub fn of_shelf(shelf: Arc<PolicyShelf>) -> Self {
        Self(Source::Shelf(shelf))
    }

    /// Roles and grants of a store: what use cases write there holds at once.
    #[must_use]
    pub fn of_store(store: Arc<dyn AccessQueries>) -> Self {
        Self(Source::Store(store))
    }

    async fn policy(&self) -> Result<AccessPolicy, AuthorizerError> {
        let policy = match &self.0 {
            Source::Shelf(shelf) => shelf.policy(),
            Source::Store(store) => store.access_policy().await,
        };
        policy.map_err(|error: StoreError| AuthorizerError(error.to_string()))
    }
}

#[async_trait]
impl Authorizer for FakeAuthorizer {
    async fn allowed(
        &self,
        subjects: &[Subject],
        permission: Permission,
        scope: Scope,
    ) -> Result<bool, AuthorizerError> {
        Ok(allowed(&self.policy().await?, subjects, permission, scope))
    }

    async fn scopes(&self, subjects: &[Subject], permission: Permission) -> Result<Vec<Scope>, AuthorizerError> {
        let policy = self.policy().await?;
        let found: BTreeSet<Scope> = grants_of(&policy, subjects)
            .filter(|g| gives(&policy, &g.role, permission))
            .map(|g| g.scope)
            .collect();
        let within = |scope: &Scope| found.iter().any(|other| other != scope && covers(*other, *scope));
        Ok(found.iter().filter(|scope| !within(scope)).copied().collect())
    }

    async fn roles(&self, subjects: &[Subject], scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        Ok(roles(&self.policy().await?, subjects, scope))
    }

    async fn holders(&self, permission: Permission, scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        Ok(holders(&self.policy().await?, permission, scope))
    }

    async fn authority(&self, subjects: &[Subject], scope: Scope) -> Result<Arc<Authority>, AuthorizerError> {
        let policy = self.policy().await?;
        let holders = Permission::ALL.iter().map(|p| (*p, holders(&policy, *p, scope)));
        Ok(Arc::new(Authority {
            roles: roles(&policy, subjects, scope),
            permitted: Permission::ALL
                .iter()
                .copied()
                .filter(|p| allowed(&policy, subjects, *p, scope))
                .collect(),
            holders: holders.filter(|(_, roles)| !roles.is_empty()).collect(),
        }))
    }

    async fn policy_version(&self) -> Result<u64, AuthorizerError> {
        Ok(self.policy().await?.version)
    }
}

fn allowed(policy: &AccessPolicy, subjects: &[Subject], permission: Permission, scope: Scope) -> bool {
    grants_of(policy, subjects).any(|g| covers(g.scope, scope) && gives(policy, &g.role, permission))
}

fn roles(policy: &AccessPolicy, subjects: &[Subject], scope: Scope) -> Vec<RoleKey> {
    let known = |key: &RoleKey| policy.roles.iter().any(|r| r.key == *key);
    let here: BTreeSet<_> = grants_of(policy, subjects)
        .filter(|g| covers(g.scope, scope) && known(&g.role))
        .map(|g| g.role.clone())
        .collect();
    here.into_iter().collect()
}

fn holders(policy: &AccessPolicy, permission: Permission, scope: Scope) -> Vec<RoleKey> {
    let reaching = policy.grants.iter().filter(|g| covers(g.scope, scope));
    let here: BTreeSet<_> = reaching
        .filter(|g| gives(policy, &g.role, permission))
        .map(|g| g.role.clone())
        .collect();
    here.into_iter().collect()
}

fn grants_of<'a>(policy: &'a AccessPolicy, subjects: &'a [Subject]) -> impl Iterator<Item = &'a Grant> {
    policy.grants.iter().filter(|g| subjects.contains(&g.subject))
}

fn gives(policy: &AccessPolicy, role: &RoleKey, permission: Permission) -> bool {
    let role = policy.roles.iter().find(|r| r.key == *role);
    role.is_some_and(|r| r.permissions.contains(&permission))
}

fn covers(granted: Scope, asked: Scope) -> bool {
    let project = granted.project.is_none() || granted.project == asked.project;
    project && (granted.environment.is_none() || granted.environment == asked.environment)
}
