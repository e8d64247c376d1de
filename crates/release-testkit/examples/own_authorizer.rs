//! How another service answers "who may do what" from a table of its own, and proves that it does so as this project
//! expects: the contract suite is run against it.
//!
//! `cargo test -p release-testkit --example own_authorizer`

use async_trait::async_trait;
use release_domain::access::{Grant, Permission, RoleKey, Scope, Subject};
use release_domain::ports::{AccessPolicy, Authorizer, AuthorizerError};
use release_testkit::authorizer::PolicyShelf;
use std::collections::BTreeSet;
use std::sync::Arc;

fn main() {
    println!("run its contract: cargo test -p release-testkit --example own_authorizer");
}

/// Answers by walking the grants. Where a real one keeps them is its own affair; here they lie on the suite's shelf.
pub struct Walking {
    pub shelf: Arc<PolicyShelf>,
}

impl Walking {
    fn policy(&self) -> Result<AccessPolicy, AuthorizerError> {
        self.shelf.policy().map_err(|error| AuthorizerError(error.to_string()))
    }
}

/// The grants that reach one of these subjects.
fn theirs<'a>(policy: &'a AccessPolicy, subjects: &'a [Subject]) -> impl Iterator<Item = &'a Grant> {
    policy.grants.iter().filter(|grant| subjects.contains(&grant.subject))
}

fn has(policy: &AccessPolicy, grant: &Grant, permission: Permission) -> bool {
    policy
        .roles
        .iter()
        .any(|role| role.key == grant.role && role.permissions.contains(&permission))
}

/// A grant on everything reaches everywhere; one in an environment reaches that environment alone.
fn reaches(grant: &Grant, asked: Scope) -> bool {
    let covers = |granted: Option<_>, asked: Option<_>| granted.is_none() || granted == asked;
    covers(grant.scope.project.map(|p| p.0), asked.project.map(|p| p.0))
        && covers(grant.scope.environment.map(|e| e.0), asked.environment.map(|e| e.0))
}

#[async_trait]
impl Authorizer for Walking {
    async fn allowed(
        &self,
        subjects: &[Subject],
        permission: Permission,
        scope: Scope,
    ) -> Result<bool, AuthorizerError> {
        let policy = self.policy()?;
        Ok(theirs(&policy, subjects).any(|grant| reaches(grant, scope) && has(&policy, grant, permission)))
    }

    async fn scopes(&self, subjects: &[Subject], permission: Permission) -> Result<Vec<Scope>, AuthorizerError> {
        let policy = self.policy()?;
        let granted: Vec<&Grant> = theirs(&policy, subjects)
            .filter(|grant| has(&policy, grant, permission))
            .collect();
        let widest = granted.iter().filter(|grant| {
            let wider = |other: &&&Grant| other.scope != grant.scope && reaches(other, grant.scope);
            !granted.iter().any(|other| wider(&other))
        });
        let scopes: BTreeSet<Scope> = widest.map(|grant| grant.scope).collect();
        Ok(scopes.into_iter().collect())
    }

    async fn roles(&self, subjects: &[Subject], scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        let policy = self.policy()?;
        let known = |grant: &&Grant| policy.roles.iter().any(|role| role.key == grant.role);
        let roles: BTreeSet<RoleKey> = theirs(&policy, subjects)
            .filter(|grant| reaches(grant, scope))
            .filter(known)
            .map(|grant| grant.role.clone())
            .collect();
        Ok(roles.into_iter().collect())
    }

    async fn holders(&self, permission: Permission, scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        let policy = self.policy()?;
        let holding = policy.grants.iter().filter(|grant| reaches(grant, scope));
        let roles: BTreeSet<RoleKey> = holding
            .filter(|grant| has(&policy, grant, permission))
            .map(|grant| grant.role.clone())
            .collect();
        Ok(roles.into_iter().collect())
    }

    async fn policy_version(&self) -> Result<u64, AuthorizerError> {
        Ok(self.policy()?.version)
    }
}

#[cfg(test)]
mod contract {
    use super::{Arc, Authorizer, PolicyShelf, Walking};

    async fn own_authorizer(shelf: Arc<PolicyShelf>) -> Arc<dyn Authorizer> {
        Arc::new(Walking { shelf })
    }

    release_testkit::authorizer_contract!("own authorizer", own_authorizer);
}
