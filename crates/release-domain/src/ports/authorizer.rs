//! Who may do what, where.

use crate::access::{Permission, RoleKey, Scope, Subject};
use async_trait::async_trait;

/// The answer could not be found out. Never read as "no", nor as "yes".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("permissions cannot be checked now: {0}")]
pub struct AuthorizerError(pub String);

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

    /// The version of the policy the last answers came from, reloaded first where the store has a newer one.
    async fn policy_version(&self) -> Result<u64, AuthorizerError>;
}
