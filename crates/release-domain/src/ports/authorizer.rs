//! Who may do what, where.

use crate::access::{Permission, RoleKey, Scope, Subject};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The answer could not be found out. Never read as "no", nor as "yes".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("permissions cannot be checked now: {0}")]
pub struct AuthorizerError(pub String);

/// What one caller may in one scope, and which roles may there: all of one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// As [`Authorizer::roles`].
    pub roles: Vec<RoleKey>,
    /// What [`Authorizer::allowed`] says yes to.
    pub permitted: BTreeSet<Permission>,
    /// As [`Authorizer::holders`]; a permission that no role has there is left out.
    pub holders: BTreeMap<Permission, Vec<RoleKey>>,
}

/// Checks permissions against the roles and grants in the store; deny overrides.
///
/// A caller is a set of subjects: a person and the groups a sign-in brought.
#[async_trait]
pub trait Authorizer: Send + Sync {
    /// Whether any of the subjects has the permission in this scope. A scope with `None` asks for the whole: a
    /// permission on one project is none on all.
    async fn allowed(
        &self,
        subjects: &[Subject],
        permission: Permission,
        scope: Scope,
    ) -> Result<bool, AuthorizerError>;

    /// The scopes in which any of the subjects has the permission, as granted (`*` stays open): what lists filter by.
    async fn scopes(&self, subjects: &[Subject], permission: Permission) -> Result<Vec<Scope>, AuthorizerError>;

    /// The roles of the subjects in a scope, granted there or above.
    async fn roles(&self, subjects: &[Subject], scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError>;

    /// The subjects that have the permission in a scope, as far as grants name them: `who` in `actions`.
    async fn holders(&self, permission: Permission, scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError>;

    /// All of the above at once: what is shown of a release asks for most of it.
    async fn authority(&self, subjects: &[Subject], scope: Scope) -> Result<Arc<Authority>, AuthorizerError> {
        let mut authority = Authority {
            roles: self.roles(subjects, scope).await?,
            ..Authority::default()
        };
        for permission in Permission::ALL {
            if self.allowed(subjects, *permission, scope).await? {
                authority.permitted.insert(*permission);
            }
            let holders = self.holders(*permission, scope).await?;
            if !holders.is_empty() {
                authority.holders.insert(*permission, holders);
            }
        }
        Ok(Arc::new(authority))
    }

    /// The version of the policy the last answers came from, reloaded first where the store has a newer one.
    async fn policy_version(&self) -> Result<u64, AuthorizerError>;
}
