//! One commit: on a copy of the rows, put in place when all of it went well.

use super::tables::{StoredEvent, Tables};
use super::{FakeStore, State};
use async_trait::async_trait;
use release_domain::access::User;
use release_domain::event::chain::{self, Head};
use release_domain::event::{Event, EventDraft};
use release_domain::execution::Execution;
use release_domain::ids::{ExecutionId, ProjectId, ReleaseId};
use release_domain::ports::{Commit, CommitError, Committed, Guard, Ledger, Remember, StoreError, Write};
use release_domain::release::Release;
use std::collections::BTreeMap;
use std::sync::Arc;

type Result<T = ()> = std::result::Result<T, CommitError>;

#[async_trait]
impl Ledger for FakeStore {
    async fn commit(&self, commit: Commit) -> std::result::Result<Committed, CommitError> {
        let mut state = self.call()?;
        let mut tables = state.tables.clone();
        for guard in &commit.guards {
            tables.check(guard)?;
        }
        for write in commit.writes {
            tables.write(write)?;
        }
        let events = state.seal(&mut tables, commit.events)?;
        if let Some(remember) = commit.remember {
            tables.remember(remember)?;
        }
        state.tables = tables;
        let sealed = events.iter().map(|(event, _)| event.clone()).collect();
        state.append(events)?;
        state.reply()?;
        Ok(Committed { events: sealed })
    }

    async fn next_numbers(&self, project: ProjectId, count: u32) -> std::result::Result<u64, StoreError> {
        let mut state = self.call()?;
        let last = state.tables.numbers.entry(project).or_default();
        let first = *last + 1;
        *last += u64::from(count);
        Ok(first)
    }

    async fn policy_version(&self) -> std::result::Result<u64, StoreError> {
        Ok(self.call()?.tables.policy_version)
    }
}

impl State {
    /// Gives each event its place, in order.
    fn seal(&self, tables: &mut Tables, drafts: Vec<EventDraft>) -> Result<Vec<(Event, EventDraft)>> {
        let mut global = self.head();
        let mut sealed = Vec::new();
        for draft in drafts {
            let release = draft.release.as_ref().map(|r| r.id);
            let head = release.and_then(|id| tables.heads.get(&id).copied());
            let event =
                chain::seal(draft.clone(), global, head).map_err(|e| CommitError::Store(corrupt(&e.to_string())))?;
            global = Some(Head {
                seq: event.seq,
                hash: event.hash,
            });
            if let (Some(id), Some(seq)) = (release, event.release_seq) {
                let head = Head { seq, hash: event.hash };
                tables.heads.insert(id, head);
            }
            sealed.push((event, draft));
        }
        Ok(sealed)
    }

    fn append(&mut self, events: Vec<(Event, EventDraft)>) -> Result {
        for (event, draft) in events {
            let json = serde_json::to_value(&event).map_err(|e| CommitError::Store(corrupt(&e.to_string())))?;
            self.events.push(Arc::new(StoredEvent {
                seq: event.seq,
                release: draft.release.map(|r| r.id),
                place: draft.place,
                json,
            }));
        }
        self.waiting.drain(..).for_each(std::task::Waker::wake);
        Ok(())
    }
}

fn corrupt(text: &str) -> StoreError {
    StoreError::Corrupt(text.to_owned())
}

impl Tables {
    fn check(&mut self, guard: &Guard) -> Result {
        match guard {
            Guard::PolicyVersion(version) => holds(self.policy_version == *version),
            Guard::Fence { execution, epoch } => self
                .executions
                .get(execution)
                .filter(|e| e.epoch == *epoch && e.outcome.is_none())
                .map(|_| ())
                .ok_or(CommitError::Fenced),
            Guard::Watch { target, epoch } => self.held(*target, *epoch).map(|_| ()).ok_or(CommitError::Fenced),
            Guard::Unchanged { release, version } => {
                holds(self.releases.get(release).is_some_and(|r| r.version == *version))
            }
        }
    }

    fn write(&mut self, write: Write) -> Result {
        match write {
            Write::Release(release) => self.release(*release)?,
            Write::History(rows) => rows.iter().try_for_each(|row| self.release(row.release()))?,
            Write::PreviewBody(body) => {
                holds(self.releases.contains_key(&body.release_id))?;
                insert(&mut self.bodies, body.preview_id, *body)?;
            }
            Write::StartExecution(execution) => self.start(*execution)?,
            Write::StopExecution(id) => self.open(id)?.cancel_requested = true,
            Write::ExecutionProgress { id, at, started, wrote } => {
                let execution = self.open(id)?;
                execution.progress_at = at;
                execution.wrote |= wrote;
                if started && execution.started_at.is_none() {
                    execution.started_at = Some(at);
                }
            }
            Write::EndExecution { id, outcome, at } => {
                let execution = self.open(id)?;
                execution.outcome = Some(outcome);
                execution.ended_at = Some(at);
                execution.lease = None;
            }
            Write::ObjectStates { execution, states } => {
                holds(self.executions.contains_key(&execution))?;
                let objects = self.objects.entry(execution).or_default();
                objects.extend(states.into_iter().map(|state| (state.key.clone(), state)));
            }
            Write::Diagnostics {
                release,
                execution,
                items,
            } => {
                holds(self.releases.contains_key(&release))?;
                holds(execution.is_none_or(|id| self.executions.contains_key(&id)))?;
                let items = items.into_iter().map(|d| (release, execution, Arc::new(d)));
                self.diagnostics.extend(items);
            }
            Write::Current {
                service,
                target,
                release,
            } => self.set_current(service, target, release)?,
            Write::Hold(hold) => {
                holds(self.services.contains_key(&hold.service) && self.targets.contains_key(&hold.target))?;
                holds(self.releases.contains_key(&hold.release))?;
                self.holds.insert((hold.target, hold.service), hold);
                self.policy_version += 1;
            }
            Write::Project(project) => {
                let taken = self
                    .projects
                    .values()
                    .any(|p| p.key == project.key && p.id != project.id);
                free(!taken, "project")?;
                versioned(&mut self.projects, project.id, project.version, project, |p| p.version)?;
            }
            Write::Environment(environment) => {
                holds(self.projects.contains_key(&environment.project_id))?;
                let mut others = self.environments.values().filter(|e| e.id != environment.id);
                free(
                    !others.any(|e| e.project_id == environment.project_id && e.key == environment.key),
                    "environment",
                )?;
                let (id, version) = (environment.id, environment.version);
                versioned(&mut self.environments, id, version, environment, |e| e.version)?;
                self.policy_version += 1;
            }
            Write::PolicyRevision(revision) => {
                holds(self.environments.contains_key(&revision.environment_id))?;
                insert(
                    &mut self.policy_revisions,
                    (revision.environment_id, revision.number),
                    revision,
                )?;
            }
            Write::Service(service) => {
                holds(self.projects.contains_key(&service.project_id))?;
                let mut others = self.services.values().filter(|s| s.id != service.id);
                free(
                    !others.any(|s| s.project_id == service.project_id && s.key == service.key),
                    "service",
                )?;
                versioned(&mut self.services, service.id, service.version, service, |s| s.version)?;
            }
            Write::ServiceRevision(revision) => {
                holds(self.services.contains_key(&revision.service_id))?;
                insert(
                    &mut self.service_revisions,
                    (revision.service_id, revision.number),
                    revision,
                )?;
            }
            Write::Target(target) => {
                holds(self.projects.contains_key(&target.project_id))?;
                holds(self.environments.contains_key(&target.environment_id))?;
                let mut others = self.targets.values().filter(|t| t.id != target.id);
                free(
                    !others.any(|t| t.project_id == target.project_id && t.key == target.key),
                    "target",
                )?;
                let mut target = target;
                if let Some(before) = self.targets.get(&target.id)
                    && before.context_number == target.context_number
                {
                    target.status = before.status.clone();
                }
                self.watch(&target);
                versioned(&mut self.targets, target.id, target.version, target, |t| t.version)?;
            }
            Write::TargetStatus {
                target,
                context_number,
                after,
                status,
            } => self.target_status(target, context_number, after, status)?,
            Write::Observation {
                service,
                target,
                after,
                seen,
                objects,
            } => self.observe((service, target), after, *seen, objects)?,
            Write::Freeze(freeze) => {
                self.freezes.insert(freeze.id, Arc::new(freeze));
                self.policy_version += 1;
            }
            Write::User(user) => self.user(user)?,
            Write::Role(role) => {
                let taken = self.roles.values().any(|r| r.key == role.key && r.id != role.id);
                free(!taken, "role")?;
                self.roles.insert(role.id, Arc::new(role));
                self.policy_version += 1;
            }
            Write::Grant(grant) => self.grant(grant)?,
            Write::Token(token) => {
                holds(self.users.contains_key(&token.owner))?;
                holds(!self.tokens.values().any(|t| t.hash == token.hash && t.id != token.id))?;
                self.tokens.insert(token.id, Arc::new(token));
            }
            Write::Session(session) => {
                holds(self.users.contains_key(&session.user))?;
                holds(
                    !self
                        .sessions
                        .values()
                        .any(|s| s.hash == session.hash && s.id != session.id),
                )?;
                self.sessions.insert(session.id, Arc::new(session));
            }
            Write::Delete(deletion) => self.delete(&deletion)?,
        }
        Ok(())
    }

    fn release(&mut self, release: Release) -> Result {
        holds(self.projects.contains_key(&release.project.id) && self.services.contains_key(&release.service.id))?;
        holds(self.targets.contains_key(&release.target.id))?;
        holds(self.environments.contains_key(&release.environment.id))?;
        let mut others = self.releases.values().filter(|r| r.id != release.id);
        free(
            !others.any(|r| r.project.id == release.project.id && r.number == release.number),
            "number",
        )?;
        let id = release.id;
        let is_current = self.releases.get(&id).is_some_and(|before| before.is_current);
        for preview in [&release.apply_preview, &release.rollback_preview]
            .into_iter()
            .flatten()
        {
            self.previews.insert(preview.id, (Arc::new(preview.clone()), id));
        }
        for ticket in [&release.ticket, &release.review].into_iter().flatten() {
            self.tickets.insert(ticket.id, (Arc::new(ticket.clone()), id));
        }
        let version = release.version;
        let saved = Release { is_current, ..release };
        versioned(&mut self.releases, id, version, saved, |r| r.version)
    }

    fn start(&mut self, execution: Execution) -> Result {
        holds(self.releases.contains_key(&execution.release_id))?;
        holds(execution.outcome.is_some() || self.open_execution(execution.service_id, execution.target_id).is_none())?;
        self.observation_over(execution.service_id, execution.target_id);
        insert(&mut self.executions, execution.id, execution)
    }

    /// The execution, which has not ended.
    fn open(&mut self, id: ExecutionId) -> Result<&mut Execution> {
        let found = self.executions.get_mut(&id).filter(|e| e.outcome.is_none());
        found.map(Arc::make_mut).ok_or(CommitError::Conflict)
    }

    fn set_current(
        &mut self,
        service: release_domain::ids::ServiceId,
        target: release_domain::ids::TargetId,
        release: Option<ReleaseId>,
    ) -> Result {
        if let Some(before) = self.current(service, target).map(|r| r.id) {
            self.flag(before, false)?;
        }
        release.map_or(Ok(()), |id| {
            let fits = self
                .releases
                .get(&id)
                .is_some_and(|r| r.service.id == service && r.target.id == target);
            holds(fits)?;
            self.flag(id, true)
        })
    }

    fn flag(&mut self, id: ReleaseId, is_current: bool) -> Result {
        let release = self.releases.get_mut(&id).ok_or(CommitError::Conflict)?;
        Arc::make_mut(release).is_current = is_current;
        Ok(())
    }

    fn user(&mut self, user: User) -> Result {
        let taken = self
            .users
            .values()
            .any(|u| u.username == user.username && u.id != user.id);
        free(!taken, "user")?;
        if user.version > 1 {
            self.policy_version += 1;
        }
        versioned(&mut self.users, user.id, user.version, user, |u| u.version)
    }

    fn grant(&mut self, grant: release_domain::access::Grant) -> Result {
        use release_domain::access::Subject;
        holds(self.roles.values().any(|r| r.key == grant.role))?;
        holds(match &grant.subject {
            Subject::User(id) | Subject::ServiceAccount(id) => self.users.contains_key(id),
            Subject::Group(_) => true,
        })?;
        holds(grant.scope.project.is_none_or(|id| self.projects.contains_key(&id)))?;
        holds(
            grant
                .scope
                .environment
                .is_none_or(|id| self.environments.contains_key(&id)),
        )?;
        self.grants.insert(grant.id, Arc::new(grant));
        self.policy_version += 1;
        Ok(())
    }

    fn remember(&mut self, remember: Remember) -> Result {
        let key = self
            .keys
            .get_mut(&(remember.actor, remember.key))
            .filter(|k| k.answer.is_none());
        key.ok_or(CommitError::Conflict)?.answer = Some(remember.answer);
        Ok(())
    }
}

/// Something that must be so for this commit to be taken.
pub(super) fn holds(so: bool) -> Result {
    if so { Ok(()) } else { Err(CommitError::Conflict) }
}

fn free(so: bool, word: &'static str) -> Result {
    if so {
        Ok(())
    } else {
        Err(CommitError::AlreadyExists(word))
    }
}

/// A row that must not be there yet.
fn insert<K: Ord, V>(rows: &mut BTreeMap<K, Arc<V>>, key: K, row: V) -> Result {
    holds(!rows.contains_key(&key))?;
    rows.insert(key, Arc::new(row));
    Ok(())
}

/// A row that is new at version 1, and else replaces exactly the version before.
fn versioned<K: Ord, V>(
    rows: &mut BTreeMap<K, Arc<V>>,
    key: K,
    version: u64,
    row: V,
    version_of: impl Fn(&V) -> u64,
) -> Result {
    let before = rows.get(&key).map_or(0, |row| version_of(row));
    holds(before + 1 == version)?;
    rows.insert(key, Arc::new(row));
    Ok(())
}
