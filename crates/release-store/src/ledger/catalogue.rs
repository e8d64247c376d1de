//! Projects, environments, services, targets, freezes and holds.

use super::one;
use crate::column::{At, Doc, Id, count};
use crate::connection::AnyConnection;
use crate::failure::{Failure, taken};
use crate::per_backend::PerBackend;
use crate::query::search;
use crate::schema::{
    environments, freezes, holds, policy_revisions, projects, service_revisions, services, targets, watches,
};
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::catalogue::{Environment, PolicyRevision, Project, Service, ServiceRevision, Target, TargetStatus};
use release_domain::decide::Hold;
use release_domain::freeze::Freeze;
use release_domain::ids::TargetId;
use release_domain::timestamp::Timestamp;

/// Inserts version 1 with all columns; replaces exactly the version before with those that change. That the id is
/// there already is told from a key that is taken: the former is a conflict.
macro_rules! save_versioned {
    ($conn:expr, $table:ident, $word:literal, $row:expr, fixed: ($($fixed:expr),+ $(,)?), name: $name:expr) => {{
        let row = $row;
        let text = search::text(&[&row.key, $name]);
        let changed = (
            $table::search.eq(&text),
            $table::version.eq(count(row.version)),
            $table::doc.eq(Doc::of(row)?),
        );
        if row.version == 1 {
            let fixed = ($table::id.eq(Id(row.id.0)), $table::key.eq(&row.key), $($fixed),+);
            let insert = diesel::insert_into($table::table).values((fixed, changed));
            let insert = PerBackend(insert.on_conflict($table::id).do_nothing());
            one(insert.execute($conn).map_err(|e| taken(e, $word))?)
        } else {
            let before = $table::table.find(Id(row.id.0)).filter($table::version.eq(count(row.version.saturating_sub(1))));
            one(diesel::update(before).set(changed).execute($conn)?)
        }
    }};
}

pub(super) fn save_project(conn: &mut AnyConnection, project: &Project) -> Result<(), Failure> {
    let text = search::text(&[&project.key, &project.name]);
    let changed = (
        projects::search.eq(&text),
        projects::version.eq(count(project.version)),
        projects::doc.eq(Doc::of(project)?),
    );
    if project.version == 1 {
        let fixed = (projects::id.eq(Id(project.id.0)), projects::key.eq(&project.key));
        let insert = diesel::insert_into(projects::table).values((fixed, changed));
        let insert = PerBackend(insert.on_conflict(projects::id).do_nothing());
        return one(insert.execute(conn).map_err(|e| taken(e, "project"))?);
    }
    let before = projects::table
        .find(Id(project.id.0))
        .filter(projects::version.eq(count(project.version.saturating_sub(1))));
    one(diesel::update(before).set(changed).execute(conn)?)
}

pub(super) fn save_environment(conn: &mut AnyConnection, environment: &Environment) -> Result<(), Failure> {
    save_versioned!(conn, environments, "environment", environment,
        fixed: (environments::project_id.eq(Id(environment.project_id.0))),
        name: &environment.name)
}

pub(super) fn save_service(conn: &mut AnyConnection, service: &Service) -> Result<(), Failure> {
    save_versioned!(conn, services, "service", service,
        fixed: (
            services::project_id.eq(Id(service.project_id.0)),
            services::runtime_type.eq(service.runtime_type.as_str()),
        ),
        name: &service.name)
}

/// What is read here cannot change before it is written: commits go one after the other.
pub(super) fn save_target(conn: &mut AnyConnection, target: &Target) -> Result<(), Failure> {
    let mut target = target.clone();
    if let Some(before) = stored_target(conn, target.id)?
        && before.context_number == target.context_number
    {
        target.status = before.status;
    }
    let target = &target;
    save_versioned!(conn, targets, "target", target,
        fixed: (
            targets::project_id.eq(Id(target.project_id.0)),
            targets::environment_id.eq(Id(target.environment_id.0)),
            targets::runtime_type.eq(target.runtime_type.as_str()),
        ),
        name: &target.name)?;
    match target.version {
        1 => watch(conn, target),
        _ => Ok(()),
    }
}

/// A target is looked at from the moment it is made.
fn watch(conn: &mut AnyConnection, target: &Target) -> Result<(), Failure> {
    let row = (
        watches::target_id.eq(Id(target.id.0)),
        watches::epoch.eq(0),
        watches::health_at.eq(At(target.created_at)),
        watches::drift_at.eq(At(target.created_at)),
    );
    diesel::insert_into(watches::table).values(row).execute(conn)?;
    Ok(())
}

pub(super) fn save_target_status(
    conn: &mut AnyConnection,
    id: TargetId,
    context_number: u32,
    after: Option<Timestamp>,
    status: &TargetStatus,
) -> Result<(), Failure> {
    let stands = |target: &Target| target.context_number == context_number && target.status.checked_at == after;
    let Some(mut target) = stored_target(conn, id)?.filter(stands) else {
        return Err(Failure::conflict());
    };
    target.status = status.clone();
    let kept = targets::doc.eq(Doc::of(&target)?);
    one(diesel::update(targets::table.find(Id(id.0))).set(kept).execute(conn)?)
}

fn stored_target(conn: &mut AnyConnection, id: TargetId) -> Result<Option<Target>, Failure> {
    let stored = targets::table.find(Id(id.0)).select(targets::doc);
    let doc: Option<Doc> = stored.first(conn).optional()?;
    doc.map(|doc| doc.read()).transpose()
}

pub(super) fn add_policy_revision(conn: &mut AnyConnection, revision: &PolicyRevision) -> Result<(), Failure> {
    let row = (
        policy_revisions::environment_id.eq(Id(revision.environment_id.0)),
        policy_revisions::number.eq(ordinal(revision.number)),
        policy_revisions::doc.eq(Doc::of(revision)?),
    );
    diesel::insert_into(policy_revisions::table).values(row).execute(conn)?;
    Ok(())
}

pub(super) fn add_service_revision(conn: &mut AnyConnection, revision: &ServiceRevision) -> Result<(), Failure> {
    let row = (
        service_revisions::service_id.eq(Id(revision.service_id.0)),
        service_revisions::number.eq(ordinal(revision.number)),
        service_revisions::doc.eq(Doc::of(revision)?),
    );
    diesel::insert_into(service_revisions::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

pub(super) fn save_freeze(conn: &mut AnyConnection, freeze: &Freeze) -> Result<(), Failure> {
    let row = (
        freezes::id.eq(Id(freeze.id.0)),
        freezes::ends_at.eq(freeze.ends_at.map(At)),
        freezes::lifted_at.eq(freeze.lifted_at.map(At)),
        freezes::doc.eq(Doc::of(freeze)?),
    );
    let upsert = diesel::insert_into(freezes::table)
        .values(row)
        .on_conflict(freezes::id)
        .do_update()
        .set((
            freezes::ends_at.eq(excluded(freezes::ends_at)),
            freezes::lifted_at.eq(excluded(freezes::lifted_at)),
            freezes::doc.eq(excluded(freezes::doc)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}

pub(super) fn save_hold(conn: &mut AnyConnection, hold: &Hold) -> Result<(), Failure> {
    let row = (
        holds::target_id.eq(Id(hold.target.0)),
        holds::service_id.eq(Id(hold.service.0)),
        holds::release_id.eq(Id(hold.release.0)),
        holds::since.eq(At(hold.since)),
    );
    let insert = diesel::insert_into(holds::table).values(row);
    let upsert = insert
        .on_conflict((holds::target_id, holds::service_id))
        .do_update()
        .set((
            holds::release_id.eq(excluded(holds::release_id)),
            holds::since.eq(excluded(holds::since)),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}

/// A revision's number as its column keeps it.
pub(crate) fn ordinal(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
