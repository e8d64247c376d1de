//! What was seen of a service on a target.

use super::one;
use crate::column::{Doc, Id, count};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::per_backend::PerBackend;
use crate::schema::observations;
use diesel::prelude::*;
use release_domain::ids::{ServiceId, TargetId};
use release_domain::observation::{Seen, SeenObject};

/// Replaces exactly the version it rests on; the first one is inserted.
pub(super) fn save(
    conn: &mut AnyConnection,
    place: (ServiceId, TargetId),
    after: u64,
    seen: &Seen,
    objects: Option<&[SeenObject]>,
) -> Result<(), Failure> {
    let (service, target) = place;
    let key = (
        observations::target_id.eq(Id(target.0)),
        observations::service_id.eq(Id(service.0)),
    );
    let row = (
        observations::version.eq(count(after + 1)),
        observations::stands.eq(true),
        observations::doc.eq(Some(Doc::of(seen)?)),
    );
    if after == 0 {
        let objects = observations::objects.eq(Some(Doc::of(&objects.unwrap_or_default())?));
        let insert = diesel::insert_into(observations::table).values((key, row, objects));
        let insert = PerBackend(
            insert
                .on_conflict((observations::target_id, observations::service_id))
                .do_nothing(),
        );
        return one(insert.execute(conn)?);
    }
    let before = observations::table
        .find((Id(target.0), Id(service.0)))
        .filter(observations::version.eq(count(after)));
    one(match objects {
        Some(objects) => diesel::update(before)
            .set((row, observations::objects.eq(Some(Doc::of(&objects)?))))
            .execute(conn)?,
        None => diesel::update(before).set(row).execute(conn)?,
    })
}

/// An execution starts there: what was seen is of the time before.
pub(super) fn over(conn: &mut AnyConnection, service: ServiceId, target: TargetId) -> Result<(), Failure> {
    let row = (
        observations::target_id.eq(Id(target.0)),
        observations::service_id.eq(Id(service.0)),
        observations::version.eq(1),
        observations::stands.eq(false),
    );
    let upsert = diesel::insert_into(observations::table)
        .values(row)
        .on_conflict((observations::target_id, observations::service_id))
        .do_update()
        .set((
            observations::version.eq(observations::version + 1),
            observations::stands.eq(false),
        ));
    PerBackend(upsert).execute(conn)?;
    Ok(())
}
