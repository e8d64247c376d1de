//! A whole policy at one version: every project's enforcer and the answers given so far.
//!
//! A snapshot never changes and is replaced as a whole. Its remembered answers go with it, unless roles and grants are
//! the same in the next one, so that none outlives the policy it came from.

use crate::enforcer::{BuildError, ProjectEnforcer};
use crate::rules::{About, ProjectRules, projects_in, roles_of, rules_for};
use release_domain::access::{Grant, Permission, RoleKey, Scope, Subject};
use release_domain::ids::ProjectId;
use release_domain::ports::{AccessPolicy, Authority};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// Remembered answers are dropped together past this number: about 4 MB, more than a busy minute asks.
const MAX_ANSWERS: usize = 20_000;

/// The same of whole authorities, which are larger.
const MAX_AUTHORITIES: usize = 1_000;

type Question = (Vec<Subject>, Permission, Scope);
/// Whose authority, and where.
type Whose = (Vec<Subject>, Scope);
type Built = (ProjectRules, Arc<ProjectEnforcer>);

pub struct Snapshot {
    version: u64,
    /// Counts the readings of the source: a slower, older reading never replaces a newer one.
    reading: u64,
    grants: Vec<Grant>,
    permissions: HashMap<RoleKey, BTreeSet<Permission>>,
    everything: Built,
    elsewhere: Built,
    projects: BTreeMap<ProjectId, Built>,
    answers: Arc<RwLock<HashMap<Question, bool>>>,
    authorities: Arc<RwLock<HashMap<Whose, Arc<Authority>>>>,
}

impl Snapshot {
    /// Builds every enforcer; those whose rules are as before are taken over.
    ///
    /// # Errors
    /// One of them cannot be built.
    pub async fn build(policy: AccessPolicy, reading: u64, before: Option<&Self>) -> Result<Self, BuildError> {
        let roles = roles_of(&policy);
        let rules = |about| rules_for(about, &roles, &policy.grants);
        let everything = built(rules(About::Everything), before.map(|s| &s.everything)).await?;
        let elsewhere = built(rules(About::Elsewhere), Some(&everything)).await?;
        let mut projects = BTreeMap::new();
        for project in projects_in(&policy.grants) {
            let known = before.and_then(|s| s.projects.get(&project));
            projects.insert(project, built(rules(About::Project(project)), known).await?);
        }
        let permissions: HashMap<RoleKey, BTreeSet<Permission>> = policy
            .roles
            .iter()
            .map(|role| (role.key.clone(), role.permissions.iter().copied().collect()))
            .collect();
        // The version also counts freezes, holds and environments: the same roles and grants give the same answers.
        let (answers, authorities) = before
            .filter(|s| s.grants == policy.grants && s.permissions == permissions)
            .map(|s| (Arc::clone(&s.answers), Arc::clone(&s.authorities)))
            .unwrap_or_default();
        Ok(Self {
            version: policy.version,
            reading,
            grants: policy.grants,
            permissions,
            everything,
            elsewhere,
            projects,
            answers,
            authorities,
        })
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn reading(&self) -> u64 {
        self.reading
    }

    pub fn allowed(&self, subjects: &[Subject], permission: Permission, scope: Scope) -> Result<bool, BuildError> {
        let question = (subjects.to_vec(), permission, scope);
        let known = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(&question) {
            return Ok(*answer);
        }
        drop(known);
        let answer = self.ask(subjects, permission, scope)?;
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_ANSWERS {
            answers.clear();
        }
        answers.insert(question, answer);
        Ok(answer)
    }

    /// The widest scopes in which any of the subjects has the permission.
    pub fn scopes(&self, subjects: &[Subject], permission: Permission) -> Result<Vec<Scope>, BuildError> {
        let mut found = BTreeSet::new();
        for grant in self.grants_of(subjects).filter(|g| self.gives(&g.role, permission)) {
            if !found.contains(&grant.scope) && self.allowed(subjects, permission, grant.scope)? {
                found.insert(grant.scope);
            }
        }
        let wider = |a: &Scope, b: &Scope| a != b && covers(*a, *b);
        Ok(found
            .iter()
            .filter(|scope| !found.iter().any(|other| wider(other, scope)))
            .copied()
            .collect())
    }

    pub fn roles(&self, subjects: &[Subject], scope: Scope) -> Vec<RoleKey> {
        let here: BTreeSet<_> = self
            .grants_of(subjects)
            .filter(|g| covers(g.scope, scope) && self.permissions.contains_key(&g.role))
            .map(|g| g.role.clone())
            .collect();
        here.into_iter().collect()
    }

    pub fn holders(&self, permission: Permission, scope: Scope) -> Vec<RoleKey> {
        let here: BTreeSet<_> = self
            .grants
            .iter()
            .filter(|g| covers(g.scope, scope) && self.gives(&g.role, permission))
            .map(|g| g.role.clone())
            .collect();
        here.into_iter().collect()
    }

    pub fn authority(&self, subjects: &[Subject], scope: Scope) -> Result<Arc<Authority>, BuildError> {
        let question = (subjects.to_vec(), scope);
        let known = self.authorities.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(authority) = known.get(&question) {
            return Ok(Arc::clone(authority));
        }
        drop(known);
        let mut authority = Authority {
            roles: self.roles(subjects, scope),
            ..Authority::default()
        };
        for permission in Permission::ALL {
            if self.allowed(subjects, *permission, scope)? {
                authority.permitted.insert(*permission);
            }
            let holders = self.holders(*permission, scope);
            if !holders.is_empty() {
                authority.holders.insert(*permission, holders);
            }
        }
        let authority = Arc::new(authority);
        let mut authorities = self.authorities.write().unwrap_or_else(PoisonError::into_inner);
        if authorities.len() >= MAX_AUTHORITIES {
            authorities.clear();
        }
        authorities.insert(question, Arc::clone(&authority));
        Ok(authority)
    }

    fn ask(&self, subjects: &[Subject], permission: Permission, scope: Scope) -> Result<bool, BuildError> {
        let Some(project) = scope.project else {
            return self.everything.1.allows(subjects, permission, scope);
        };
        if let Some((_, enforcer)) = self.projects.get(&project) {
            return enforcer.allows(subjects, permission, scope);
        }
        // Nobody was given anything in this project by name: what holds there is what was granted everywhere.
        let scope = Scope { project: None, ..scope };
        self.elsewhere.1.allows(subjects, permission, scope)
    }

    fn grants_of<'a>(&'a self, subjects: &'a [Subject]) -> impl Iterator<Item = &'a Grant> {
        self.grants.iter().filter(|g| subjects.contains(&g.subject))
    }

    fn gives(&self, role: &RoleKey, permission: Permission) -> bool {
        self.permissions.get(role).is_some_and(|all| all.contains(&permission))
    }
}

/// Whether what was granted in `granted` reaches `asked`.
fn covers(granted: Scope, asked: Scope) -> bool {
    let project = granted.project.is_none() || granted.project == asked.project;
    project && (granted.environment.is_none() || granted.environment == asked.environment)
}

async fn built(rules: ProjectRules, known: Option<&Built>) -> Result<Built, BuildError> {
    if let Some((before, enforcer)) = known
        && *before == rules
    {
        return Ok((rules, Arc::clone(enforcer)));
    }
    let enforcer = Arc::new(ProjectEnforcer::build(&rules).await?);
    Ok((rules, enforcer))
}
