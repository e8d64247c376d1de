//! Deleting: nothing that something still refers to, and nothing that has changed since.

use super::commit::holds;
use super::tables::Tables;
use release_domain::access::Subject;
use release_domain::ids::UserId;
use release_domain::ports::{CommitError, Deletion};
use std::collections::BTreeMap;
use std::sync::Arc;

type Result<T = ()> = std::result::Result<T, CommitError>;

impl Tables {
    pub(super) fn delete(&mut self, deletion: &Deletion) -> Result {
        let raises = match deletion {
            Deletion::Project { id, version } => {
                let used = self.environments.values().any(|e| e.project_id == *id)
                    || self.services.values().any(|s| s.project_id == *id)
                    || self.targets.values().any(|t| t.project_id == *id)
                    || self.grants.values().any(|g| g.scope.project == Some(*id));
                remove(&mut self.projects, id, *version, used, |p| p.version)?;
                false
            }
            Deletion::Environment { id, version } => {
                let used = self.targets.values().any(|t| t.environment_id == *id)
                    || self.releases.values().any(|r| r.environment.id == *id)
                    || self.grants.values().any(|g| g.scope.environment == Some(*id));
                let removed = remove(&mut self.environments, id, *version, used, |e| e.version)?;
                if removed {
                    self.policy_revisions.retain(|(environment, _), _| environment != id);
                }
                removed
            }
            Deletion::Service { id, version } => {
                let used = self.releases.values().any(|r| r.service.id == *id);
                if remove(&mut self.services, id, *version, used, |s| s.version)? {
                    self.service_revisions.retain(|(service, _), _| service != id);
                    self.observations.retain(|(_, service), _| service != id);
                }
                false
            }
            Deletion::Target { id, version } => {
                let used = self.releases.values().any(|r| r.target.id == *id);
                if remove(&mut self.targets, id, *version, used, |t| t.version)? {
                    self.watches.remove(id);
                    self.observations.retain(|(target, _), _| target != id);
                }
                false
            }
            Deletion::Hold { service, target } => self.holds.remove(&(*target, *service)).is_some(),
            Deletion::User(id) => self.delete_user(*id),
            Deletion::Role(key) => {
                if self.grants.values().any(|g| g.role == *key) {
                    return Err(CommitError::InUse);
                }
                retain(&mut self.roles, |role| role.key != *key)
            }
            Deletion::Grant(id) => self.grants.remove(id).is_some(),
            Deletion::Token(id) => {
                self.tokens.remove(id);
                false
            }
            Deletion::Session(id) => {
                self.sessions.remove(id);
                false
            }
            Deletion::Sessions { user, but } => {
                self.sessions
                    .retain(|id, session| session.user != *user || Some(*id) == *but);
                false
            }
        };
        if raises {
            self.policy_version += 1;
        }
        Ok(())
    }

    fn delete_user(&mut self, id: UserId) -> bool {
        let of_user = [Subject::User(id), Subject::ServiceAccount(id)];
        self.grants.retain(|_, grant| !of_user.contains(&grant.subject));
        self.tokens.retain(|_, token| token.owner != id);
        self.sessions.retain(|_, session| session.user != id);
        self.assistant_sessions.retain(|_, row| row.session.owner != id);
        self.tokens_spent.retain(|(owner, _), _| *owner != id);
        self.users.remove(&id).is_some()
    }
}

/// Removes a row of that very version; says whether there was one.
fn remove<K: Ord, V>(
    rows: &mut BTreeMap<K, Arc<V>>,
    key: &K,
    version: u64,
    used: bool,
    version_of: impl Fn(&V) -> u64,
) -> Result<bool> {
    let Some(row) = rows.get(key) else { return Ok(false) };
    holds(version_of(row) == version)?;
    if used {
        return Err(CommitError::InUse);
    }
    Ok(rows.remove(key).is_some())
}

/// Keeps what fits; says whether anything went.
fn retain<K: Ord, V>(rows: &mut BTreeMap<K, Arc<V>>, keep: impl Fn(&V) -> bool) -> bool {
    let before = rows.len();
    rows.retain(|_, row| keep(row));
    rows.len() != before
}
