//! What every authorizer answers, a case a function.

mod granting;
mod policy;
mod subjects;

pub use granting::*;
pub use policy::*;
pub use subjects::*;

use super::PolicyShelf;
use crate::fixtures::{id, now, role};
use release_domain::access::{Grant, Permission, Role, RoleKey, Scope, Subject, User};
use release_domain::ports::Authorizer;

const APPLY: Permission = Permission::ReleaseApply;
const READ: Permission = Permission::ReleaseRead;

fn releaser() -> Role {
    role("releaser", &[READ, APPLY])
}

fn to_group(name: &str, role: &str, scope: Scope) -> Grant {
    Grant {
        id: id(),
        subject: Subject::Group(name.into()),
        role: RoleKey(role.into()),
        scope,
        created_at: now(),
    }
}

fn keys(roles: &[&str]) -> Vec<RoleKey> {
    roles.iter().map(|key| RoleKey((*key).into())).collect()
}

/// Puts the policy on the shelf and has it taken.
async fn put(authorizer: &dyn Authorizer, shelf: &PolicyShelf, roles: Vec<Role>, grants: Vec<Grant>) {
    shelf.set(roles, grants);
    authorizer.policy_version().await.unwrap();
}

async fn may(authorizer: &dyn Authorizer, user: &User, permission: Permission, scope: Scope) -> bool {
    subject_may(authorizer, user.subject(), permission, scope).await
}

async fn subject_may(authorizer: &dyn Authorizer, subject: Subject, permission: Permission, scope: Scope) -> bool {
    authorizer.allowed(&[subject], permission, scope).await.unwrap()
}
