//! Saving: guards, rows in the order given, events, the answer, in one transaction ([`crate::committer`]).
//!
//! Every commit holds the lock of the timeline's head, so nothing that only commits change (releases, the catalogue,
//! the policy version) needs a lock of its own. Executions do: workers claim and renew them beside commits.

mod access;
mod catalogue;
mod delete;
mod events;
mod executions;
mod guards;
mod observations;
mod releases;

pub(crate) use catalogue::ordinal;
pub(crate) use events::{Heads, append, head, lock_head};

use crate::column::{Doc, Id, count, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::per_backend::PerBackend;
use crate::schema::{counters, idempotency_keys, release_numbers};
use crate::store::SqlStore;
use async_trait::async_trait;
use diesel::prelude::*;
use release_domain::event::Event;
use release_domain::ids::ProjectId;
use release_domain::ports::{Commit, CommitError, Committed, Ledger, Remember, StoreError, Write};

/// The counter raised by every change of access, policies, freezes and holds.
pub(crate) const POLICY_VERSION: &str = "policy_version";

#[async_trait]
impl Ledger for SqlStore {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.committer().commit(commit).await
    }

    async fn next_numbers(&self, project: ProjectId, many: u32) -> Result<u64, StoreError> {
        let taken = count(u64::from(many));
        self.keep(move |conn| {
            let first = (
                release_numbers::project_id.eq(Id(project.0)),
                release_numbers::last.eq(taken),
            );
            let next = diesel::insert_into(release_numbers::table)
                .values(first)
                .on_conflict(release_numbers::project_id)
                .do_update()
                .set(release_numbers::last.eq(release_numbers::last + taken))
                .returning(release_numbers::last);
            let last: i64 = PerBackend(next).get_result(conn)?;
            Ok(uncount(last - taken + 1))
        })
        .await
    }

    async fn policy_version(&self) -> Result<u64, StoreError> {
        self.read(policy_version).await
    }
}

pub(crate) fn policy_version(conn: &mut AnyConnection) -> Result<u64, Failure> {
    let value: i64 = counters::table
        .find(POLICY_VERSION)
        .select(counters::value)
        .first(conn)?;
    Ok(uncount(value))
}

/// Everything of one commit, inside its transaction, with the head of the timeline locked.
pub(crate) fn run(conn: &mut AnyConnection, commit: Commit, heads: &mut Heads) -> Result<Vec<Event>, Failure> {
    guards::check(conn, &commit.guards)?;
    let mut raises = false;
    for write in &commit.writes {
        raises |= save(conn, write)?;
    }
    if raises {
        let raised = counters::value.eq(counters::value + 1);
        diesel::update(counters::table.find(POLICY_VERSION))
            .set(raised)
            .execute(conn)?;
    }
    let events = events::append(conn, heads, commit.events)?;
    if let Some(answer) = commit.remember {
        remember(conn, &answer)?;
    }
    Ok(events)
}

/// Writes one row; says whether that raises the policy version.
fn save(conn: &mut AnyConnection, write: &Write) -> Result<bool, Failure> {
    match write {
        Write::Release(release) => releases::save(conn, release).map(|()| false),
        Write::History(rows) => releases::save_history(conn, rows).map(|()| false),
        Write::PreviewBody(body) => releases::save_body(conn, body).map(|()| false),
        Write::Current {
            service,
            target,
            release,
        } => releases::set_current(conn, *service, *target, *release).map(|()| false),
        Write::Diagnostics {
            release,
            execution,
            items,
        } => releases::add_diagnostics(conn, *release, *execution, items).map(|()| false),
        Write::StartExecution(execution) => executions::start(conn, execution).map(|()| false),
        Write::StopExecution(id) => executions::stop(conn, *id).map(|()| false),
        Write::ExecutionProgress { id, at, started, wrote } => {
            executions::progress(conn, *id, *at, *started, *wrote).map(|()| false)
        }
        Write::EndExecution { id, outcome, at } => executions::end(conn, *id, *outcome, *at).map(|()| false),
        Write::ObjectStates { execution, states } => executions::save_objects(conn, *execution, states).map(|()| false),
        Write::Project(project) => catalogue::save_project(conn, project).map(|()| false),
        Write::Environment(environment) => catalogue::save_environment(conn, environment).map(|()| true),
        Write::PolicyRevision(revision) => catalogue::add_policy_revision(conn, revision).map(|()| false),
        Write::Service(service) => catalogue::save_service(conn, service).map(|()| false),
        Write::ServiceRevision(revision) => catalogue::add_service_revision(conn, revision).map(|()| false),
        Write::Target(target) => catalogue::save_target(conn, target).map(|()| false),
        Write::TargetStatus {
            target,
            context_number,
            after,
            status,
        } => catalogue::save_target_status(conn, *target, *context_number, *after, status).map(|()| false),
        Write::Observation {
            service,
            target,
            after,
            seen,
            objects,
        } => observations::save(conn, (*service, *target), *after, seen, objects.as_deref()).map(|()| false),
        Write::Freeze(freeze) => catalogue::save_freeze(conn, freeze).map(|()| true),
        Write::Hold(hold) => catalogue::save_hold(conn, hold).map(|()| true),
        Write::User(user) => access::save_user(conn, user).map(|()| user.version > 1),
        Write::Role(role) => access::save_role(conn, role).map(|()| true),
        Write::Grant(grant) => access::save_grant(conn, grant).map(|()| true),
        Write::Token(token) => access::save_token(conn, token).map(|()| false),
        Write::Session(session) => access::save_session(conn, session).map(|()| false),
        Write::Delete(deletion) => delete::delete(conn, deletion),
    }
}

/// Answers a reserved key. Without an unanswered reservation there is nothing to answer: it lapsed, and a retry of the
/// same request may be at work, or done.
fn remember(conn: &mut AnyConnection, remember: &Remember) -> Result<(), Failure> {
    let open = idempotency_keys::table
        .find((Id(remember.actor.0), &remember.key))
        .filter(idempotency_keys::answer.is_null());
    let answer = idempotency_keys::answer.eq(Some(Doc::of(&remember.answer)?));
    one(diesel::update(open).set(answer).execute(conn)?)
}

/// Exactly one row was there to change; else something changed in between.
fn one(rows: usize) -> Result<(), Failure> {
    if rows == 1 { Ok(()) } else { Err(Failure::conflict()) }
}
