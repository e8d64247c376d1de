//! Roles and grants as Casbin's rules, one small set per project.
//!
//! Casbin's `g` knows a subject, a role and a project, but a grant may also name an environment. So a grant gives its
//! subject a *scoped role* (`role:approver@<project>/<environment>`) and the permissions of that role become rules of
//! the scoped one, with project and environment as literals or `*`.

use release_domain::access::{Grant, Permission, RoleKey, Scope};
use release_domain::ids::ProjectId;
use release_domain::ports::AccessPolicy;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for "all" in rules and requests.
pub const ANY: &str = "*";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    /// No role of the store denies yet; the model, and everything here, already obeys one.
    #[allow(dead_code, reason = "made by tests alone until roles can deny")]
    Deny,
}

/// What one role may, or must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRules(pub Vec<(Permission, Effect)>);

/// The rules of one project's enforcer; ordered, so that equal policies are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectRules {
    /// `sub, project, environment, resource, action, eft`.
    pub permissions: BTreeSet<[String; 6]>,
    /// `subject, role, project`.
    pub members: BTreeSet<[String; 3]>,
}

/// Roles by key, as [`ProjectRules`] are made from them.
pub type Roles = BTreeMap<RoleKey, RoleRules>;

pub fn roles_of(policy: &AccessPolicy) -> Roles {
    policy
        .roles
        .iter()
        .map(|role| {
            let allowed = role.permissions.iter().map(|p| (*p, Effect::Allow)).collect();
            (role.key.clone(), RoleRules(allowed))
        })
        .collect()
}

/// What requests are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Project(ProjectId),
    /// A project that no grant names.
    Elsewhere,
    /// All projects at once. Meets each project's denials too: a whole with a forbidden part is not had.
    Everything,
}

/// The rules for such requests: what was granted there and what was granted everywhere.
pub fn rules_for(about: About, roles: &Roles, grants: &[Grant]) -> ProjectRules {
    let project = match about {
        About::Project(project) => Some(project),
        About::Elsewhere | About::Everything => None,
    };
    let domain = text(project);
    let mut rules = ProjectRules::default();
    for grant in grants {
        let reaches = grant.scope.project.is_none() || grant.scope.project == project;
        let Some(role) = roles.get(&grant.role) else { continue };
        let scoped = scoped_role(&grant.role, grant.scope);
        for (permission, effect) in &role.0 {
            let denies_part = about == About::Everything && *effect == Effect::Deny;
            if !reaches && !denies_part {
                continue;
            }
            let (resource, action) = parts(*permission);
            let effect = match effect {
                Effect::Allow => "allow",
                Effect::Deny => "deny",
            };
            rules.permissions.insert([
                scoped.clone(),
                text(grant.scope.project),
                text(grant.scope.environment),
                resource.into(),
                action.into(),
                effect.into(),
            ]);
            rules
                .members
                .insert([grant.subject.to_string(), scoped.clone(), domain.clone()]);
        }
    }
    rules
}

/// The projects that need an enforcer of their own: those that a grant names.
pub fn projects_in(grants: &[Grant]) -> BTreeSet<ProjectId> {
    grants.iter().filter_map(|g| g.scope.project).collect()
}

/// Splits `resource:action`.
pub fn parts(permission: Permission) -> (&'static str, &'static str) {
    permission.as_str().split_once(':').unwrap_or((permission.as_str(), ""))
}

pub fn text<T: ToString>(id: Option<T>) -> String {
    id.map_or_else(|| ANY.to_owned(), |id| id.to_string())
}

/// Never the text of a subject: those begin with `user:`, `sa:` or `group:`. The scope has no `@`, so two pairs of
/// role and scope never read the same.
fn scoped_role(role: &RoleKey, scope: Scope) -> String {
    format!("role:{}@{}/{}", role.0, text(scope.project), text(scope.environment))
}
