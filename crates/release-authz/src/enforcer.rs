//! One project's rules in one Casbin enforcer that never changes.
//!
//! `keyMatch`, `globMatch` and `regexMatch` mis-match or panic on what users type, so the matcher compares literals
//! only, the cheap ones first and `g()` last. `CachedEnforcer` is not used: it still answers the old "yes" after a
//! reload.

use crate::rules::{ANY, ProjectRules, parts, text};
use casbin::{Adapter, CoreApi, DefaultModel, EnforceContext, Enforcer, Filter, Model};
use release_domain::access::{Permission, Scope, Subject};

const MODEL: &str = include_str!("model.conf");

/// Why a policy was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error("casbin refuses the policy: {0}")]
    Casbin(String),
    #[error("the enforcer holds {found} rules where there are {expected}")]
    Incomplete { expected: usize, found: usize },
    #[error("the enforcer permits somebody whom no grant names")]
    OpenToAll,
}

impl From<casbin::Error> for BuildError {
    fn from(error: casbin::Error) -> Self {
        Self::Casbin(error.to_string())
    }
}

/// An immutable enforcer.
pub struct ProjectEnforcer {
    enforcer: Enforcer,
    denies: bool,
}

impl ProjectEnforcer {
    /// Builds and validates.
    ///
    /// # Errors
    /// The enforcer cannot be built, lost a rule, or permits a subject that nobody was given.
    pub async fn build(rules: &ProjectRules) -> Result<Self, BuildError> {
        let denies = rules.permissions.iter().any(|rule| rule[5] == "deny");
        let model = DefaultModel::from_str(MODEL).await?;
        let enforcer = Enforcer::new(model, Rules(rules.clone())).await?;
        let built = Self { enforcer, denies };
        built.validate(rules)?;
        Ok(built)
    }

    /// Whether any of the subjects has the permission in this scope and none of them is denied it.
    ///
    /// # Errors
    /// Casbin cannot tell.
    pub fn allows(&self, subjects: &[Subject], permission: Permission, scope: Scope) -> Result<bool, BuildError> {
        let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
        if self.denies {
            for name in &names {
                if self.denied(name, permission, scope)? {
                    return Ok(false);
                }
            }
        }
        for name in &names {
            if self.enforce(name, permission, scope)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn enforce(&self, subject: &str, permission: Permission, scope: Scope) -> Result<bool, BuildError> {
        Ok(self.enforcer.enforce(request(subject, permission, scope))?)
    }

    /// Whether a rule denies it: one denied subject of a caller is enough, whatever their others may.
    fn denied(&self, subject: &str, permission: Permission, scope: Scope) -> Result<bool, BuildError> {
        let denials = EnforceContext {
            r_type: "r".into(),
            p_type: "p".into(),
            e_type: "e2".into(),
            m_type: "m".into(),
        };
        let none = self
            .enforcer
            .enforce_with_context(denials, request(subject, permission, scope))?;
        Ok(!none)
    }

    fn validate(&self, rules: &ProjectRules) -> Result<(), BuildError> {
        let expected = rules.permissions.len() + rules.members.len();
        let model = self.enforcer.get_model();
        let found = model.get_policy("p", "p").len() + model.get_policy("g", "g").len();
        if expected != found {
            return Err(BuildError::Incomplete { expected, found });
        }
        for permission in Permission::ALL {
            if self.enforce("nobody:", *permission, Scope::ALL)? || self.enforce(ANY, *permission, Scope::ALL)? {
                return Err(BuildError::OpenToAll);
            }
        }
        Ok(())
    }
}

fn request(subject: &str, permission: Permission, scope: Scope) -> Vec<String> {
    let (resource, action) = parts(permission);
    vec![
        subject.to_owned(),
        text(scope.project),
        text(scope.environment),
        resource.to_owned(),
        action.to_owned(),
    ]
}

/// Hands the rules over as values: no text is parsed on the way.
struct Rules(ProjectRules);

#[async_trait::async_trait]
impl Adapter for Rules {
    async fn load_policy(&mut self, model: &mut dyn Model) -> casbin::Result<()> {
        for rule in &self.0.permissions {
            model.add_policy("p", "p", rule.to_vec());
        }
        for rule in &self.0.members {
            model.add_policy("g", "g", rule.to_vec());
        }
        Ok(())
    }

    async fn load_filtered_policy<'a>(&mut self, model: &mut dyn Model, _: Filter<'a>) -> casbin::Result<()> {
        self.load_policy(model).await
    }

    // An enforcer here never changes, so there is nothing to save.
    async fn save_policy(&mut self, _: &mut dyn Model) -> casbin::Result<()> {
        Ok(())
    }

    async fn clear_policy(&mut self) -> casbin::Result<()> {
        Ok(())
    }

    fn is_filtered(&self) -> bool {
        false
    }

    async fn add_policy(&mut self, _: &str, _: &str, _: Vec<String>) -> casbin::Result<bool> {
        Ok(false)
    }

    async fn add_policies(&mut self, _: &str, _: &str, _: Vec<Vec<String>>) -> casbin::Result<bool> {
        Ok(false)
    }

    async fn remove_policy(&mut self, _: &str, _: &str, _: Vec<String>) -> casbin::Result<bool> {
        Ok(false)
    }

    async fn remove_policies(&mut self, _: &str, _: &str, _: Vec<Vec<String>>) -> casbin::Result<bool> {
        Ok(false)
    }

    async fn remove_filtered_policy(&mut self, _: &str, _: &str, _: usize, _: Vec<String>) -> casbin::Result<bool> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{About, Effect, RoleRules, Roles, rules_for};
    use release_domain::access::{Grant, RoleKey};
    use release_domain::ids::{EnvironmentId, GrantId, ProjectId, UserId};
    use release_domain::timestamp::Timestamp;
    use uuid::Uuid;

    const APPLY: Permission = Permission::ReleaseApply;

    fn subject(n: u128) -> Subject {
        Subject::User(UserId(Uuid::from_u128(n)))
    }

    fn grant(subject: Subject, role: &str, scope: Scope) -> Grant {
        Grant {
            id: GrantId(Uuid::nil()),
            subject,
            role: RoleKey(role.into()),
            scope,
            created_at: Timestamp::from_unix_micros(0),
        }
    }

    /// `allows` may apply, `denies` must not.
    fn roles() -> Roles {
        [("allows", Effect::Allow), ("denies", Effect::Deny)]
            .into_iter()
            .map(|(key, effect)| (RoleKey(key.into()), RoleRules(vec![(APPLY, effect)])))
            .collect()
    }

    async fn enforcer(about: About, grants: &[Grant]) -> ProjectEnforcer {
        ProjectEnforcer::build(&rules_for(about, &roles(), grants))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_denial_overrides_every_allowance() {
        let project = ProjectId(Uuid::from_u128(7));
        let scope = Scope::project(project);
        let grants = [
            grant(subject(1), "allows", Scope::ALL),
            grant(subject(1), "denies", scope),
        ];
        let here = enforcer(About::Project(project), &grants).await;
        assert!(!here.allows(&[subject(1)], APPLY, scope).unwrap());
    }

    #[tokio::test]
    async fn a_denial_of_a_group_overrides_what_its_member_may() {
        let project = ProjectId(Uuid::from_u128(7));
        let scope = Scope::project(project);
        let group = Subject::Group("contractors".into());
        let grants = [
            grant(subject(1), "allows", scope),
            grant(group.clone(), "denies", scope),
        ];
        let here = enforcer(About::Project(project), &grants).await;
        assert!(here.allows(&[subject(1)], APPLY, scope).unwrap());
        assert!(!here.allows(&[subject(1), group], APPLY, scope).unwrap());
    }

    #[tokio::test]
    async fn a_denial_in_one_environment_leaves_the_others_but_not_the_whole() {
        let project = ProjectId(Uuid::from_u128(7));
        let [dev, production] = [1, 2].map(|n| EnvironmentId(Uuid::from_u128(n)));
        let grants = [
            grant(subject(1), "allows", Scope::project(project)),
            grant(subject(1), "denies", Scope::environment(project, production)),
        ];
        let here = enforcer(About::Project(project), &grants).await;
        let may = |scope| here.allows(&[subject(1)], APPLY, scope).unwrap();
        assert!(may(Scope::environment(project, dev)));
        assert!(!may(Scope::environment(project, production)));
        assert!(!may(Scope::project(project)));
    }

    #[tokio::test]
    async fn a_denial_in_one_project_takes_the_permission_on_all_but_not_on_the_others() {
        let project = ProjectId(Uuid::from_u128(7));
        let grants = [
            grant(subject(1), "allows", Scope::ALL),
            grant(subject(1), "denies", Scope::project(project)),
        ];
        let everything = enforcer(About::Everything, &grants).await;
        assert!(!everything.allows(&[subject(1)], APPLY, Scope::ALL).unwrap());
        let elsewhere = enforcer(About::Elsewhere, &grants).await;
        assert!(elsewhere.allows(&[subject(1)], APPLY, Scope::ALL).unwrap());
    }

    #[tokio::test]
    async fn an_enforcer_without_rules_permits_nothing() {
        let empty = enforcer(About::Everything, &[]).await;
        for permission in Permission::ALL {
            assert!(!empty.allows(&[subject(1)], *permission, Scope::ALL).unwrap());
        }
    }
}
